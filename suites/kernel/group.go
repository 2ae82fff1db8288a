package kernel

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/cgroup"
	"github.com/xcmatrix/xcmatrix/results/ownthread"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// membership returns this process's line for a controller in /proc/self/cgroup, cgroups(7); "" is the unified hierarchy.
func membership(controller string) (path string, found bool) {
	text, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return "", false
	}
	for _, m := range cgroup.Memberships(string(text)) {
		if m.Has(controller) || controller == "" && m.Unified() {
			return m.Path, true
		}
	}
	return "", false
}

// groupFile returns a file of this process's group. If it cannot be found, as in a container that sees only a part of the
// hierarchy, the spec is skipped.
func groupFile(controller, old, unified string) string {
	GinkgoHelper()
	for _, place := range []struct{ hierarchy, mount, file string }{
		{controller, filepath.Join("/sys/fs/cgroup", controller), old},
		{"", "/sys/fs/cgroup", unified},
		{"", "/sys/fs/cgroup/unified", unified},
	} {
		path, member := membership(place.hierarchy)
		for _, at := range []string{filepath.Join(place.mount, path), place.mount} {
			if text, err := os.ReadFile(filepath.Join(at, place.file)); member && err == nil {
				return strings.TrimSpace(string(text))
			}
		}
	}
	check.Skip(record.Sayf("no control group counts %s here", "此处没有统计 %s 的控制组", controller))
	return ""
}

// groupNames reports whether the directory of this process's group has a file of its own hierarchy's version, and one of the
// other version. If it has neither, as in the root of a hierarchy, the spec is skipped.
func groupNames(controller, old, unified string) (own, other bool) {
	GinkgoHelper()
	place, first, second := "/sys/fs/cgroup", unified, old
	path, member := membership(controller)
	if member {
		place, first, second = filepath.Join(place, controller), old, unified
	} else {
		path, _ = membership("")
	}
	for _, at := range []string{filepath.Join(place, path), place} {
		own, other = exists(filepath.Join(at, first)), exists(filepath.Join(at, second))
		if own || other {
			return own, other
		}
	}
	check.Skip(record.Sayf("no control group limits %s here", "此处没有限制 %s 的控制组", controller))
	return false, false
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// limitOf parses a limit, in which "max" means no limit.
func limitOf(text string) uint64 {
	GinkgoHelper()
	if text == "max" {
		return ^uint64(0)
	}
	n, err := strconv.ParseUint(text, 10, 64)
	check.NoError(err)
	return n
}

func groups() {
	It("version is what is mounted", func() {
		version := check.Gather("version of control groups", func() int {
			hostsOwn()
			var st unix.Statfs_t
			if unix.Statfs("/sys/fs/cgroup", &st) != nil {
				check.Skip(record.Say("no control groups are mounted", "未挂载控制组"))
			}
			if st.Type == unix.CGROUP2_SUPER_MAGIC {
				return 2
			}
			return 1
		})
		check.ObserveDiffers("version", version, settings)
		if version == 2 {
			_, unified := membership("")
			Expect(check.Fact("this process has a line for the unified hierarchy", unified)).To(BeTrue())
		}
	})
	It("v1 names are not those of v2", func() {
		names := check.Gather("names of the memory limit, of the own version and the other", func() []bool {
			hostsOwn()
			own, other := groupNames("memory", "memory.limit_in_bytes", "memory.max")
			return []bool{own, other}
		})
		check.ObserveDiffers("names of the memory limit", names, record.Say(
			"some vendors' kernels have names of the second version in the first", "部分厂商内核在 v1 中提供了 v2 的文件名"))
		Expect(names[0]).To(BeTrue())
	})
	It("counts this process among its tasks", func() {
		Expect(check.Gather("tasks of the control group", func() uint64 {
			hostsOwn()
			return limitOf(groupFile("pids", "pids.current", "pids.current"))
		})).To(BeNumerically(">=", 1))
	})
	It("of memory holds what this process takes", func() {
		check.Eventually(func() bool { // usage may be over the limit for a while: Documentation/admin-guide/cgroup-v2.rst
			memory := check.Gather("usage and limit of the control group's memory", func() [2]uint64 {
				hostsOwn()
				most := limitOf(groupFile("memory", "memory.limit_in_bytes", "memory.max"))
				return [2]uint64{limitOf(groupFile("memory", "memory.usage_in_bytes", "memory.current")), most}
			})
			return memory[0] <= memory[1]
		}).Should(BeTrue())
	})
}

func namespaces() {
	It("of users cannot be left by one thread of many", func() {
		Expect(check.Gather("answer to a thread that leaves the user namespace", func() error {
			check.NeedsKernel(record.Say("it does not pass it on", "它不会转交该调用"))
			err := ownthread.Call(func() error { return unix.Unshare(unix.CLONE_NEWUSER) })
			check.SkipUnlessKernelAnswered(err)
			return err
		})).To(MatchError(unix.EINVAL))
	})
	It("of users has its limit, beside which Debian's switch may stand", func() {
		seen := map[string]string{}
		for _, name := range []string{"user/max_user_namespaces", "kernel/unprivileged_userns_clone"} {
			if text, err := os.ReadFile(filepath.Join("/proc/sys", name)); err == nil {
				seen[name] = strings.TrimSpace(string(text))
			}
		}
		check.ObserveDiffers("user namespaces", seen, settings)
		Expect(sysctlNumber("user/max_user_namespaces")).To(BeNumerically(">=", 0))
	})
	It("of names is a thread's own", func() {
		var refused error
		names := check.Gather("name of the host before and after a thread has set its own", func() (names [2]string) {
			names, refused = renamed()
			return names
		})
		Expect(names[1]).To(Equal(names[0]))
		if refused != nil {
			check.Skip(record.Sayf("this user may not do it here, or the kernel has no such namespace: %v", "此处该用户无权限，或内核没有该命名空间：%v", refused))
		}
	})
}

// renamed sets the host's name in a name space of a thread's own. It returns the process's name of the host before and after,
// and restores it, if it has changed; refused is why the thread could not.
func renamed() (names [2]string, refused error) {
	GinkgoHelper()
	check.NeedsKernel(record.Say("it does not pass it on", "它不会转交该调用"))
	name := func() string {
		var u unix.Utsname
		check.NoError(unix.Uname(&u))
		return unix.ByteSliceToString(u.Nodename[:])
	}
	names[0] = name()
	refused = ownthread.Call(func() error {
		if err := unix.Unshare(unix.CLONE_NEWUTS); err != nil {
			return err
		}
		return unix.Sethostname([]byte("xcmatrix-thread"))
	})
	names[1] = name()
	if names[1] != names[0] {
		check.NoError(unix.Sethostname([]byte(names[0])), "the host's name was %s, and is %s now", names[0], names[1])
	}
	return names, refused
}
