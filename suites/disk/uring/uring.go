// Package uring reads and writes files by io_uring(7), with its three system calls alone: requests are put into a ring that the kernel
// shares with this process, and their answers are taken from another one. It needs Linux 5.6.
package uring

import (
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Op is what a request does; the numbers are the kernel's.
type Op uint8

const (
	Fsync Op = 3
	Read  Op = 22
	Write Op = 23
)

// Request is one operation.
type Request struct {
	Op     Op
	FD     int
	Buffer []byte // nil for Fsync
	At     int64  // offset in the file
	Tag    int    // below the ring's number of entries, and of no other request under way
	Linked bool   // the next request begins when this one has ended, and is cancelled if it has failed or done less than was asked
}

// Answer is what became of a request.
type Answer struct {
	Tag int
	N   int   // bytes
	Err error // a unix.Errno
}

// Ring has requests under way. One goroutine may use it at a time.
type Ring struct {
	fd      int
	entries uint32
	memory  [][]byte // that the kernel shares
	queue   []entry

	tail, answered, answers *uint32 // requests queued; answers taken, and given
	mask                    uint32
	list                    []answer

	queued uint32   // and not given to the kernel
	held   [][]byte // buffers of requests under way, by tag
	used   []bool
}

// Refused reports whether an error of Open says that the kernel has no io_uring, or does not let this process use it.
func Refused(err error) bool {
	for _, one := range []error{unix.ENOSYS, unix.EPERM, unix.EACCES, unix.ENOMEM} {
		if errors.Is(err, one) {
			return true
		}
	}
	return false
}

// Open makes a ring for a number of requests at once, which the kernel rounds up to a power of two. The caller must close it. The error
// is the kernel's answer; see Refused.
func Open(requests int) (*Ring, error) {
	if requests < 1 || requests > 4096 {
		return nil, fmt.Errorf("uring: %d requests at once: 1 to 4096 are possible", requests)
	}
	var p parameters
	fd, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, uintptr(requests), uintptr(unsafe.Pointer(&p)), 0)
	if errno != 0 {
		return nil, os.NewSyscallError("io_uring_setup", errno)
	}
	r := &Ring{fd: int(fd), entries: p.Entries, held: make([][]byte, p.Entries), used: make([]bool, p.Entries)}
	if err := r.share(&p); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// share maps what the kernel shares with this process.
func (r *Ring) share(p *parameters) error {
	requests, err := r.mapped(offsetRequests, p.Requests.Array+4*p.Entries)
	if err != nil {
		return err
	}
	answers, err := r.mapped(offsetAnswers, p.Answers.List+uint32(unsafe.Sizeof(answer{}))*p.AnswerEntries)
	if err != nil {
		return err
	}
	entries, err := r.mapped(offsetEntries, uint32(unsafe.Sizeof(entry{}))*p.Entries)
	if err != nil {
		return err
	}
	r.tail = number(requests, p.Requests.Tail)
	r.answered, r.answers, r.mask = number(answers, p.Answers.Head), number(answers, p.Answers.Tail), *number(answers, p.Answers.Mask)
	r.queue = unsafe.Slice((*entry)(unsafe.Pointer(&entries[0])), p.Entries)
	r.list = unsafe.Slice((*answer)(unsafe.Pointer(&answers[p.Answers.List])), p.AnswerEntries)
	for i := range p.Entries { // the ring of requests has the numbers of their entries; here each has its own
		*number(requests, p.Requests.Array+4*i) = i
	}
	return nil
}

func (r *Ring) mapped(offset int64, bytes uint32) ([]byte, error) {
	memory, err := unix.Mmap(r.fd, offset, int(bytes), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_POPULATE)
	if err != nil {
		return nil, os.NewSyscallError("mmap", err)
	}
	r.memory = append(r.memory, memory)
	return memory, nil
}

// number returns the address of a number of 32 bits in shared memory.
func number(memory []byte, offset uint32) *uint32 { return (*uint32)(unsafe.Pointer(&memory[offset])) }

// Queue puts a request into the ring; Wait gives it to the kernel. It returns an error if the tag is taken or too high.
func (r *Ring) Queue(q Request) error {
	if q.Tag < 0 || q.Tag >= len(r.used) || r.used[q.Tag] {
		return fmt.Errorf("uring: the tag %d is under way, or is not below %d", q.Tag, len(r.used))
	}
	tail := *r.tail // this process alone writes it
	e := entry{Op: q.Op, FD: int32(q.FD), At: uint64(q.At), Length: uint32(len(q.Buffer)), Tag: uint64(q.Tag)}
	if q.Linked {
		e.Flags = flagLink
	}
	if len(q.Buffer) > 0 {
		e.Address = uint64(uintptr(unsafe.Pointer(&q.Buffer[0])))
	}
	r.held[q.Tag], r.used[q.Tag] = q.Buffer, true // the buffer is reachable, and on the heap, until the answer is taken
	r.queue[tail&(r.entries-1)] = e
	atomic.StoreUint32(r.tail, tail+1) // the entry is written before
	r.queued++
	return nil
}

// Wait gives the kernel what is queued, and returns when n answers or more can be taken.
func (r *Ring) Wait(n int) error {
	for {
		submitted, _, errno := unix.Syscall6(unix.SYS_IO_URING_ENTER, uintptr(r.fd), uintptr(r.queued), uintptr(n), flagGetEvents, 0, 0)
		switch errno {
		case 0:
			r.queued -= uint32(submitted)
		case unix.EINTR: // a signal of the Go runtime, before anything was taken
		default:
			return os.NewSyscallError("io_uring_enter", errno)
		}
		if r.queued == 0 && int(atomic.LoadUint32(r.answers)-*r.answered) >= n {
			return nil
		}
	}
}

// Next takes one answer; false if there is none.
func (r *Ring) Next() (Answer, bool) {
	head := *r.answered // this process alone writes it
	if head == atomic.LoadUint32(r.answers) {
		return Answer{}, false
	}
	given := r.list[head&r.mask]
	atomic.StoreUint32(r.answered, head+1) // the answer is read before
	a := Answer{Tag: int(given.Tag), N: int(given.Result)}
	if given.Result < 0 {
		a.N, a.Err = 0, unix.Errno(-given.Result)
	}
	r.held[a.Tag], r.used[a.Tag] = nil, false
	return a, true
}

// Close ends the ring. Requests must not be under way.
func (r *Ring) Close() error {
	var errs []error
	for _, memory := range r.memory {
		errs = append(errs, unix.Munmap(memory))
	}
	r.memory = nil
	return errors.Join(append(errs, unix.Close(r.fd))...)
}
