// Package load reads and writes a file for some time, from several threads at once or by io_uring, and reports how long each operation took.
package load

import (
	"errors"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Job says what is done. The file must have Size bytes.
type Job struct {
	Path   string
	Size   int64
	Block  int           // bytes of an operation
	Depth  int           // operations under way at once, each on a thread of its own
	Ring   bool          // they are under way by io_uring, from one thread
	Write  bool          // else it reads
	Random bool          // at random blocks, else one after the other
	Direct bool          // past the page cache
	Sync   bool          // fsync after each write, whose time alone is reported
	Time   time.Duration // how long; at least one operation for each thread is done
}

// Result is what was measured.
type Result struct {
	Bytes   int64
	Elapsed time.Duration
	Took    []time.Duration // of each operation, the shortest first
	CPU     time.Duration   // of this process meanwhile
}

// alignment is a multiple of the block size of every disk.
const alignment = 4096

// Run does the job.
func (j Job) Run() (*Result, error) {
	if j.Block <= 0 || j.Depth <= 0 || j.Size < int64(j.Block) {
		return nil, errors.New("load: a job has a block, a depth, and a file of one block or more")
	}
	flags := os.O_RDONLY
	if j.Write {
		flags = os.O_RDWR
	}
	if j.Direct {
		flags |= unix.O_DIRECT
	}
	f, err := os.OpenFile(j.Path, flags, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	do := func(end time.Time) ([]time.Duration, error) { return j.threads(int(f.Fd()), end) }
	if j.Ring {
		w, err := newRingWork(j, int(f.Fd()))
		if err != nil {
			return nil, err
		}
		defer func() { _ = w.close() }()
		do = w.do
	}
	cpu, began := cpuTime(), time.Now()
	took, err := do(began.Add(j.Time))
	r := &Result{Elapsed: time.Since(began), CPU: cpuTime() - cpu, Took: took}
	r.Bytes = int64(len(r.Took)) * int64(j.Block)
	slices.Sort(r.Took)
	return r, err
}

// threads does the job until a time by read(2) and write(2), from as many threads as it has operations at once.
func (j Job) threads(fd int, end time.Time) ([]time.Duration, error) {
	took, failed := make([][]time.Duration, j.Depth), make([]error, j.Depth)
	var next atomic.Int64
	var workers sync.WaitGroup
	for i := range j.Depth {
		workers.Go(func() { took[i], failed[i] = j.work(fd, uint64(i), &next, end) })
	}
	workers.Wait()
	return slices.Concat(took...), errors.Join(failed...)
}

// work is one thread's part of the job, until a time.
func (j Job) work(fd int, seed uint64, next *atomic.Int64, end time.Time) (took []time.Duration, err error) {
	random := rand.New(rand.NewPCG(seed, 1))
	buffer := aligned(j.Block)
	for i := range buffer {
		buffer[i] = byte(random.Uint32())
	}
	for {
		block := j.at(next.Add(1)-1, random)
		began := time.Now()
		if err := j.once(fd, buffer, block*int64(j.Block)); err != nil {
			return took, err
		}
		if j.Sync {
			began = time.Now()
			if err := unix.Fsync(fd); err != nil {
				return took, err
			}
		}
		now := time.Now()
		took = append(took, now.Sub(began))
		if !now.Before(end) {
			return took, nil
		}
	}
}

// at returns the block of the n-th operation.
func (j Job) at(n int64, random *rand.Rand) int64 {
	blocks := j.Size / int64(j.Block)
	if j.Random {
		return random.Int64N(blocks)
	}
	return n % blocks
}

var errShort = errors.New("load: the file is shorter than the job says")

// once reads or writes one block.
func (j Job) once(fd int, buffer []byte, at int64) error {
	for {
		var n int
		var err error
		if j.Write {
			n, err = unix.Pwrite(fd, buffer, at)
		} else {
			n, err = unix.Pread(fd, buffer, at)
		}
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err == nil && n != len(buffer):
			return errShort
		}
		return err
	}
}

// Percentile returns the time within which a share of the operations was done, by the nearest rank.
func (r *Result) Percentile(share float64) time.Duration {
	if len(r.Took) == 0 {
		return 0
	}
	rank := int(share*float64(len(r.Took))+0.999999) - 1
	return r.Took[min(max(rank, 0), len(r.Took)-1)]
}

// PerSecond returns the bytes in a second.
func (r *Result) PerSecond() float64 { return float64(r.Bytes) / r.Elapsed.Seconds() }

// aligned returns n bytes at an address that O_DIRECT takes.
func aligned(n int) []byte {
	all := make([]byte, n+alignment)
	skip := -int(uintptr(unsafe.Pointer(&all[0]))) & (alignment - 1)
	return all[skip : skip+n]
}

// cpuTime returns the time that this process has used.
func cpuTime() time.Duration {
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
