package vm

import (
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/pattern"
	"github.com/xcmatrix/xcmatrix/results/record"
)

var panicPattern = pattern.Of(`Kernel panic - not syncing: ?(.*)`)

// EndReason returns why the guest has ended: the reason of this program, a kernel panic, or how QEMU ended. QEMU must have ended.
func (g *Guest) EndReason() record.Sentence {
	g.mu.Lock()
	ending := g.ending
	g.mu.Unlock()
	if ending != nil {
		return *ending
	}
	if m := panicPattern().FindSubmatch(g.Console()); m != nil {
		return record.Sayf("the guest's kernel panicked: %s", "虚拟机内核崩溃：%s", strings.TrimSpace(string(m[1])))
	}
	status, ok := g.cmd.ProcessState.Sys().(syscall.WaitStatus)
	if ok && status.Signaled() {
		return record.Sayf("QEMU was ended by %s", "QEMU 因 %s 终止", unix.SignalName(status.Signal()))
	}
	return record.Sayf("the guest ended by itself, QEMU with exit status %d", "虚拟机自行结束，QEMU 状态码 %d", g.cmd.ProcessState.ExitCode())
}
