package run

import (
	"regexp"

	"github.com/xcmatrix/xcmatrix/matrix/launch"
	"github.com/xcmatrix/xcmatrix/results/pattern"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// resourceMessages are the messages that the Go runtime prints before it ends a process because the system refused it a
// thread or a file descriptor. They are from newosproc and netpollinit in the runtime's sources. EPERM is 1, EAGAIN 11,
// ENOMEM 12, EACCES 13, ENFILE 23 and EMFILE 24.
var resourceMessages = []struct {
	message        func() *regexp.Regexp
	reason, remedy record.Sentence
}{
	{pattern.Of(`(?m)^runtime: failed to create new OS thread \(have \d+ already; errno=(?:1|11|12|13)\)$`),
		record.Say("the system gave the payload no more threads", "系统不再为测试程序创建线程"),
		record.Say("raise `ulimit -u`, the control group's pids.max or kernel.threads-max", "请提高 `ulimit -u`、控制组的 pids.max 或 kernel.threads-max")},
	// With cgo the C library creates threads and the message has the text of its error: gcc_libinit.c and gcc_util.c.
	{pattern.Of(`(?m)^runtime/cgo: pthread_create failed: (?:Resource temporarily unavailable|Operation not permitted|Cannot allocate memory|Permission denied)$`),
		record.Say("the system gave the payload no more threads", "系统不再为测试程序创建线程"),
		record.Say("raise `ulimit -u`, the control group's pids.max or kernel.threads-max", "请提高 `ulimit -u`、控制组的 pids.max 或 kernel.threads-max")},
	{pattern.Of(`(?m)^runtime: (?:epollcreate|eventfd|pipe) failed with (?:1|13|23|24)$`),
		record.Say("the system gave the payload no more descriptors", "系统不再为测试程序分配文件描述符"),
		record.Say("raise `ulimit -n` or fs.file-max", "请提高 `ulimit -n` 或 fs.file-max")},
}

// resourceLimitVerdict returns the verdict on a spec whose process ended because the system refused the Go runtime a thread or a
// file descriptor, and nil if the process ended for another reason.
func resourceLimitVerdict(exit launch.Exit) *record.SpecEnd {
	if exit.Signal != "" && exit.Signal != "SIGABRT" { // runtime/cgo ends the process by SIGABRT
		return nil
	}
	for _, m := range resourceMessages {
		if m.message().Match(exit.Output) {
			return &record.SpecEnd{Verdict: record.Error, Detail: &m.reason, Remedy: &m.remedy, Stack: stackOf(exit.Output)}
		}
	}
	return nil
}
