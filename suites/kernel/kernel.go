// Package kernel checks what the kernel allows, and how it refuses: limits, sockets, control groups, namespaces, seccomp, and the
// kinds of descriptors that Go programs use. Settings that may differ between kernels are recorded and not judged.
package kernel

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// Suite is the item kernel.
var Suite = check.Suite{Item: "kernel", Specs: specs}

func specs() {
	Context("limit", limits)
	Context("queue of connections", queues)
	Context("control group", groups)
	Context("namespace", namespaces)
	Context("seccomp", filters)
	Context("descriptor", descriptors)
	Context("memory", memories)
	Context("socket", sockets)
}

// settings is the reason why settings may differ between systems.
var settings = record.Say("each system has its own settings", "各系统自有设置")

// sysctl returns the text of a file below /proc/sys, without its newline. If there is none, the spec is skipped.
func sysctl(name string) string {
	GinkgoHelper()
	return strings.TrimSpace(check.KernelFile(filepath.Join("/proc/sys", name)))
}

// sysctlNumber returns a sysctl that holds a number; the spec is skipped where it is the host's or not there.
func sysctlNumber(name string) int64 {
	GinkgoHelper()
	return check.Gather(name, func() int64 {
		hostsOwn()
		n, err := strconv.ParseInt(sysctl(name), 10, 64)
		check.NoError(err, name)
		return n
	})
}

// hostsOwn skips the spec under a user-mode emulator: the setting is the host's.
func hostsOwn() {
	check.NeedsKernel(record.Say("the setting is the host's", "该设置属于宿主机"))
}

// refuses checks that the kernel refuses a value for a sysctl with EINVAL and does not change it. If the kernel accepts the
// value, refuses writes the old one back.
func refuses(name, value string) {
	GinkgoHelper()
	answer := check.Gather("answer to "+name+" = "+value, func() error { return written(name, value) })
	Expect(answer).To(MatchError(unix.EINVAL), "%s = %s", name, value)
}

// written writes a sysctl and returns the kernel's answer. The spec is skipped where it may not be written.
func written(name, value string) error {
	GinkgoHelper()
	hostsOwn()
	before := sysctl(name)
	f, err := os.OpenFile(filepath.Join("/proc/sys", name), os.O_WRONLY, 0)
	if errors.Is(err, os.ErrPermission) || errors.Is(err, unix.EROFS) {
		check.Skip(record.Sayf("%s may not be written here", "此处不能写 %s", name))
	}
	check.NoError(err)
	DeferCleanup(f.Close)
	_, err = f.WriteString(value)
	if after := sysctl(name); after != before {
		_, restored := f.WriteAt([]byte(before), 0)
		check.NoError(restored, "%s was %s, and is %s now", name, before, after)
	}
	check.SkipUnlessKernelAnswered(err)
	return err
}

// status returns a field of /proc/self/status.
func status(key string) string {
	GinkgoHelper()
	for line := range strings.Lines(check.KernelFile("/proc/self/status")) {
		if value, found := strings.CutPrefix(line, key+":"); found {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
