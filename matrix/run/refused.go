package run

import (
	"regexp"

	"github.com/xcmatrix/xcmatrix/matrix/launch"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// lastWords are what the Go runtime says before it ends a process that the system gives no thread or no descriptor that the
// runtime itself needs: newosproc and netpollinit in the runtime's sources. EPERM is 1, EAGAIN 11,
// ENOMEM 12, EACCES 13, ENFILE 23 and EMFILE 24.
var lastWords = []struct {
	said           *regexp.Regexp
	reason, remedy record.Sentence
}{
	{regexp.MustCompile(`(?m)^runtime: failed to create new OS thread \(have \d+ already; errno=(?:1|11|12|13)\)$`),
		record.Say("the system gave the payload no more threads", "系统不再为载荷创建线程"),
		record.Say("raise `ulimit -u`, the control group's pids.max or kernel.threads-max", "请提高 `ulimit -u`、控制组的 pids.max 或 kernel.threads-max")},
	// With cgo the C library makes threads, and its words are those of the error: gcc_libinit.c and gcc_util.c.
	{regexp.MustCompile(`(?m)^runtime/cgo: pthread_create failed: (?:Resource temporarily unavailable|Operation not permitted|Cannot allocate memory|Permission denied)$`),
		record.Say("the system gave the payload no more threads", "系统不再为载荷创建线程"),
		record.Say("raise `ulimit -u`, the control group's pids.max or kernel.threads-max", "请提高 `ulimit -u`、控制组的 pids.max 或 kernel.threads-max")},
	{regexp.MustCompile(`(?m)^runtime: (?:epollcreate|eventfd|pipe) failed with (?:1|13|23|24)$`),
		record.Say("the system gave the payload no more descriptors", "系统不再为载荷分配文件描述符"),
		record.Say("raise `ulimit -n` or fs.file-max", "请提高 `ulimit -n` 或 fs.file-max")},
}

// refused is the verdict on a spec under which the process ended because the system refused the Go runtime what it needs;
// nil where it ended of anything else.
func refused(exit launch.Exit) *record.SpecEnd {
	if exit.Signal != "" && exit.Signal != "SIGABRT" { // by which runtime/cgo ends the process
		return nil
	}
	for _, w := range lastWords {
		if w.said.Match(exit.Output) {
			return &record.SpecEnd{Verdict: record.Error, Detail: &w.reason, Remedy: &w.remedy, Stack: tail(exit.Output)}
		}
	}
	return nil
}
