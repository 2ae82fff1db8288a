package vm

import (
	"regexp"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/record"
)

var panicPattern = regexp.MustCompile(`Kernel panic - not syncing: ?(.*)`)

// Why says why the machine has ended.
func (g *Guest) Why() record.Sentence {
	g.mu.Lock()
	ending := g.ending
	g.mu.Unlock()
	if ending != nil {
		return *ending
	}
	if m := panicPattern.FindSubmatch(g.Console()); m != nil {
		said := strings.TrimSpace(string(m[1]))
		return record.Sayf("the guest's kernel panicked: %s", "虚拟机内核崩溃：%s", said)
	}
	status, ok := g.cmd.ProcessState.Sys().(syscall.WaitStatus)
	if ok && status.Signaled() {
		return record.Sayf("QEMU was ended by %s", "QEMU 因 %s 终止", unix.SignalName(status.Signal()))
	}
	return record.Sayf("the guest ended by itself, QEMU with exit status %d", "虚拟机自行结束，QEMU 状态码 %d", g.cmd.ProcessState.ExitCode())
}

func lastLines(text []byte, n int) string {
	lines := strings.FieldsFunc(string(text), func(r rune) bool { return r == '\n' || r == '\r' })
	return strings.ToValidUTF8(strings.Join(lines[max(0, len(lines)-n):], " | "), "\uFFFD")
}
