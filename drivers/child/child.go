// Package child starts child processes, keeps their output, watches their memory, and ends what they leave behind.
package child

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
)

const (
	headKept = 32 << 10
	tailKept = 96 << 10
)

// Output keeps the head and the tail of a child's output, and counts the bytes between them. Several goroutines may write to
// it at the same time.
type Output struct {
	mu   sync.Mutex
	head []byte
	tail []byte // the newest, up to twice tailKept
	lost int64
}

func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := len(p)
	room := min(len(p), headKept-len(o.head))
	o.head, p = append(o.head, p[:room]...), p[room:]
	if over := len(p) - tailKept; over > 0 {
		o.lost, p = o.lost+int64(over), p[over:]
	}
	o.tail = append(o.tail, p...)
	if over := len(o.tail) - tailKept; over > tailKept {
		o.lost += int64(over)
		o.tail = append(o.tail[:0], o.tail[over:]...)
	}
	return n, nil
}

// Bytes returns the head and the tail, with a line between them that says how many bytes are missing.
func (o *Output) Bytes() []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	out := bytes.Clone(o.head)
	if o.lost > 0 {
		out = fmt.Appendf(out, "\n… %d bytes not kept …\n", o.lost)
	}
	return append(out, o.tail...)
}

// CheckMemory compares the resident memory of a process with limit bytes; 0 is no limit. The sentence exceeded is nil if the
// process is within the limit. The memory should be checked again after the duration next.
func CheckMemory(pid int, limit uint64) (exceeded *record.Sentence, next time.Duration) {
	used := residentMemory(pid)
	if limit > 0 && used > limit {
		reason := record.Sayf("it took %d MiB of memory, more than the %d MiB it may",
			"占用内存 %d MiB，超出上限 %d MiB", used>>20, limit>>20)
		exceeded = &reason
	}
	return exceeded, NextMemoryCheck(used, limit)
}

// residentMemory returns the resident memory of a process in bytes; 0 if it cannot be read.
func residentMemory(pid int) uint64 {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0
	}
	var size, resident uint64
	if _, err := fmt.Sscan(string(raw), &size, &resident); err != nil {
		return 0
	}
	return resident * uint64(os.Getpagesize())
}

// maxGrowth is the upper bound of a process's growth in bytes per second. Several threads that touch huge pages reach about
// half of it.
const maxGrowth = 8 << 30

// NextMemoryCheck returns how long the memory of a process that uses used bytes needs no check: as long as it takes the
// fastest process to reach limit bytes, between 5 ms and 1 s. A check every 20 ms took 3 % of a virtual machine's processor,
// and made a process on the same processor 2 % slower.
func NextMemoryCheck(used, limit uint64) time.Duration {
	const least, most = 5 * time.Millisecond, time.Second
	if limit == 0 {
		return most
	}
	if used >= limit {
		return least
	}
	return min(max(time.Duration(float64(limit-used)/maxGrowth*float64(time.Second)), least), most)
}

// PreferForOOMKill makes the kernel choose this process and its children first when it is out of memory. It returns nil if the
// process has ended already.
func PreferForOOMKill(pid int) error {
	err := os.WriteFile(fmt.Sprintf("/proc/%d/oom_score_adj", pid), []byte("1000"), 0)
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
		return nil
	}
	return err
}
