// Package child is what is known of a child process on the machine that started it.
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

// Output keeps the head and the tail of what a child printed, and counts the rest. It may be written from many
// goroutines.
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

// Bytes is what was kept, with a line that says how much was not.
func (o *Output) Bytes() []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	out := bytes.Clone(o.head)
	if o.lost > 0 {
		out = fmt.Appendf(out, "\n… %d bytes not kept …\n", o.lost)
	}
	return append(out, o.tail...)
}

// Overfull looks at the memory of a process that may take no more than limit bytes, any if that is 0: why is nil unless it
// took more, and again is when to look next.
func Overfull(pid int, limit uint64) (why *record.Sentence, again time.Duration) {
	used := residentMemory(pid)
	if limit > 0 && used > limit {
		said := record.Sayf("it took %d MiB of memory, more than the %d MiB it may",
			"占用内存 %d MiB，超出上限 %d MiB", used>>20, limit>>20)
		why = &said
	}
	return why, LookAgain(used, limit)
}

// residentMemory of a process in bytes; 0 when it cannot be read.
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

// fastest is how many bytes a second a process can take at most; several threads that touch huge pages come to about half.
const fastest = 8 << 30

// LookAgain is when the memory of a process that takes so much should be looked at next, if it may take no more than the
// limit: as late as it can have reached that. Looked at every 20 ms, one in a virtual machine cost 3 % of its
// processor, and one that shares a processor with who looks was 2 % slower.
func LookAgain(used, limit uint64) time.Duration {
	const least, most = 5 * time.Millisecond, time.Second
	if limit == 0 {
		return most
	}
	if used >= limit {
		return least
	}
	return min(max(time.Duration(float64(limit-used)/fastest*float64(time.Second)), least), most)
}

// SacrificeFirst makes the kernel, if it must end somebody for want of memory, end this process and its children. One
// that has ended already needs nothing.
func SacrificeFirst(pid int) error {
	err := os.WriteFile(fmt.Sprintf("/proc/%d/oom_score_adj", pid), []byte("1000"), 0)
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
		return nil
	}
	return err
}
