package check

import (
	"errors"
	"os"
	"strings"
	"syscall"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/retry"
)

// shortage is a resource that a machine, a container or a user's limits may lack or forbid: the errors that say so, and what
// a person can do about it.
type shortage struct {
	errors         []syscall.Errno
	reason, remedy record.Sentence
}

var shortages = []shortage{
	{[]syscall.Errno{syscall.ENOSPC, syscall.EDQUOT}, record.Say("no space is left", "空间不足"),
		record.Say("free some space, raise the quota, or set TMPDIR to a directory with more space", "请释放空间或提高配额，或将 TMPDIR 指向空间充足的目录")},
	{[]syscall.Errno{syscall.EFBIG}, record.Say("a file may not become larger", "文件大小受限"),
		record.Say("raise `ulimit -f`, or set TMPDIR to a directory on another file system", "请提高 `ulimit -f`，或将 TMPDIR 指向其他文件系统上的目录")},
	{[]syscall.Errno{syscall.EMFILE}, record.Say("this process or user may have no more files open", "本进程或用户可打开的文件数已达上限"),
		record.Say("raise `ulimit -n`; for inotify, fs.inotify.max_user_instances", "请提高 `ulimit -n`；对于 inotify，请提高 fs.inotify.max_user_instances")},
	{[]syscall.Errno{syscall.ENFILE}, record.Say("the system may have no more files open", "系统可打开的文件数已达上限"),
		record.Say("raise fs.file-max", "请提高 fs.file-max")},
	{[]syscall.Errno{syscall.EROFS}, record.Say("the file system is read-only", "文件系统只读"),
		record.Say("set TMPDIR to a directory that can be written to", "请将 TMPDIR 指向可写的目录")},
	{[]syscall.Errno{syscall.ENOMEM, syscall.ENOBUFS}, record.Say("no more memory can be allocated or mapped", "内存或可映射的内存已用尽"),
		record.Say("raise `ulimit -v`, the control group's memory or vm.max_map_count", "请提高 `ulimit -v`、控制组内存上限或 vm.max_map_count")},
	{[]syscall.Errno{syscall.EPERM, syscall.EACCES}, record.Say("it is not permitted here", "此处不允许该操作"),
		record.Say("run as a user with the permission, and without the restriction", "请以有权限的用户、在不受其限制的环境中运行")},
}

// processShortage is for EAGAIN of a new process. For other calls EAGAIN means that there is nothing to read, or no room to
// write.
var processShortage = shortage{[]syscall.Errno{syscall.EAGAIN}, record.Say("this user or container may have no more processes", "该用户或容器可用的进程数已达上限"),
	record.Say("raise `ulimit -u`, or the control group's pids.max", "请提高 `ulimit -u` 或控制组的 pids.max")}

// shortageOf returns the shortage that an error is about, and its number; nil if it is about none.
func shortageOf(err error) (*shortage, syscall.Errno) {
	var errno syscall.Errno
	if !errors.As(err, &errno) {
		return nil, 0
	}
	var path *os.PathError
	if errno == syscall.EAGAIN && errors.As(err, &path) && path.Op == "fork/exec" {
		return &processShortage, errno
	}
	for i := range shortages {
		for _, e := range shortages[i].errors {
			if e == errno {
				return &shortages[i], errno
			}
		}
	}
	return nil, 0
}

// miss ends the spec as a miss. The reason holds no path and no process number, so that it is the same in each run.
func (s *shortage) miss(errno syscall.Errno) {
	ginkgo.GinkgoHelper()
	reason := record.Sayf("%s (%s)", "%s（%s）", s.reason, errno.Error())
	if errno == syscall.EPERM || errno == syscall.EACCES {
		reason = withRestrictions(reason)
	}
	Miss(reason, s.remedy)
}

// NoError is for something that a spec needs and does not check, such as a temporary file, a descriptor or a thread. The spec
// ends with a miss if err says that the machine has no more of it or forbids it, and fails for any other error. Gomega shows
// optional beside the error.
func NoError(err error, optional ...any) {
	ginkgo.GinkgoHelper()
	if s, errno := shortageOf(err); s != nil {
		s.miss(errno)
	}
	gomega.Expect(err).NotTo(gomega.HaveOccurred(), optional...)
}

// NoCommandError is NoError for a program that was run, with its standard error. Programs print the kernel's error messages
// there.
func NoCommandError(err error, stderr string) {
	ginkgo.GinkgoHelper()
	if err != nil {
		for _, s := range append(shortages[:len(shortages):len(shortages)], processShortage) {
			for _, e := range s.errors {
				if strings.Contains(stderr, ": "+e.Error()) {
					s.miss(e)
				}
			}
		}
	}
	NoError(err, stderr)
}

// TempDir returns a new directory, which is removed at the end of the spec.
func TempDir() string {
	ginkgo.GinkgoHelper()
	dir, err := os.MkdirTemp("", "xcmatrix-")
	if errors.Is(err, os.ErrNotExist) {
		Miss(record.Say("there is no directory for temporary files", "没有临时目录"),
			record.Say("set TMPDIR to a directory that can be written to", "请将 TMPDIR 指向可写的目录"))
	}
	NoError(err)
	ginkgo.DeferCleanup(func() { _ = os.RemoveAll(dir) }) // a file that cannot be removed says nothing about the subject
	return dir
}

// RetryEINTR calls f again while it returns EINTR: the Go runtime sends signals to its own threads. It returns f's last error.
func RetryEINTR(f func() error) error { return retry.Call(f) }
