package launch

import (
	"bytes"
	"fmt"
	"regexp"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// Why says in one sentence how the process ended.
func (e Exit) Why() record.Sentence {
	said := lastWords(e.Output)
	switch {
	case e.Killed != nil:
		return *e.Killed
	case e.Signal != "" && said != "":
		return record.Sayf("the process was ended by %s (%s)", "进程因 %s 终止（%s）", e.Signal, said)
	case e.Signal != "":
		return record.Sayf("the process was ended by %s", "进程因 %s 终止", e.Signal)
	case said != "":
		return record.Sayf("the process ended: exit status %d (%s)", "进程退出：状态码 %d（%s）", e.Code, said)
	}
	return record.Sayf("the process ended: exit status %d", "进程退出：状态码 %d", e.Code)
}

func signalName(s syscall.Signal) string {
	if name := unix.SignalName(s); name != "" {
		return name
	}
	return fmt.Sprintf("signal %d", int(s))
}

// The Go runtime catches a fatal signal, prints it and exits with status 2: "SIGILL: illegal instruction" or
// "[signal SIGSEGV: segmentation violation code=…".
var saidPattern = regexp.MustCompile(`(?m)^(?:\[signal )?(SIG[A-Z]+): [a-z ]+`)

func saidSignal(output []byte) string {
	if m := saidPattern.FindSubmatch(output); m != nil {
		return string(m[1])
	}
	return ""
}

// What the Go runtime says of the reason, before the stacks.
var wordsPattern = regexp.MustCompile(`(?m)^(?:fatal error|panic|runtime|SIG[A-Z]+): .*`)

func lastWords(output []byte) string {
	words := bytes.TrimSpace(wordsPattern.Find(output))
	return string(bytes.ToValidUTF8(words[:min(len(words), 200)], []byte("\uFFFD")))
}

const (
	headKept = 32 << 10
	tailKept = 96 << 10
)

// bounded keeps the head and the tail of what is written to it, and counts the rest.
type bounded struct {
	mu   sync.Mutex
	head []byte
	tail []byte // the newest, up to twice tailKept
	lost int64
}

func (b *bounded) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := len(p)
	room := min(len(p), headKept-len(b.head))
	b.head, p = append(b.head, p[:room]...), p[room:]
	if over := len(p) - tailKept; over > 0 {
		b.lost, p = b.lost+int64(over), p[over:]
	}
	b.tail = append(b.tail, p...)
	if over := len(b.tail) - tailKept; over > tailKept {
		b.lost += int64(over)
		b.tail = append(b.tail[:0], b.tail[over:]...)
	}
	return n, nil
}

// Bytes is what was kept, with a line that says how much was not.
func (b *bounded) Bytes() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := bytes.Clone(b.head)
	if b.lost > 0 {
		out = fmt.Appendf(out, "\n… %d bytes not kept …\n", b.lost)
	}
	return append(out, b.tail...)
}
