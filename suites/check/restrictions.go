package check

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"unsafe"

	"github.com/onsi/ginkgo/v2"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// Restrictions returns what may forbid a system call on this machine, or answer it instead of the kernel: filters, containers,
// security modules.
var Restrictions = sync.OnceValue(func() []record.Sentence { return restrictions(os.DirFS("/"), filtered()) })

// filtered reports whether this process has a seccomp filter. It works without /proc.
func filtered() bool {
	mode, err := unix.PrctlRetInt(unix.PR_GET_SECCOMP, 0, 0, 0, 0)
	if err != nil { // the filter may forbid the call
		status, _ := os.ReadFile("/proc/self/status")
		return strings.Contains(string(status), "\nSeccomp:\t2")
	}
	return mode == 2 // SECCOMP_MODE_FILTER
}

// restrictions finds them below root, the root of the file system; filter says whether there is a seccomp filter.
func restrictions(root fs.FS, filter bool) []record.Sentence {
	var all []record.Sentence
	add := func(is bool, s record.Sentence) {
		if is {
			all = append(all, s)
		}
	}
	has := func(name string) bool { _, err := fs.Stat(root, name); return err == nil }
	line := func(name string) string {
		text, _ := fs.ReadFile(root, name)
		first, _, _ := strings.Cut(string(text), "\n")
		return strings.TrimRight(first, "\x00 ")
	}
	add(filter, record.Say("a seccomp filter", "seccomp 过滤器"))
	add(has(".dockerenv") || has("run/.containerenv") || has("run/systemd/container"), record.Say("a container", "容器"))
	namespace := strings.Fields(line("proc/self/uid_map"))
	add(len(namespace) == 3 && namespace[2] != "4294967295", record.Say("a user namespace", "用户命名空间"))
	modules := strings.Split(line("sys/kernel/security/lsm"), ",")
	// KYSEC is Kylin's: a directory in securityfs where it is a module of its own, and its configuration.
	add(slices.ContainsFunc(modules, func(m string) bool { return strings.HasPrefix(m, "kysec") }) || has("sys/kernel/security/kysec") ||
		strings.Contains(line("proc/cmdline"), "security=kysec") || has("etc/kysec"), record.Say("KYSEC", "KYSEC"))
	add(has("run/fapolicyd") || has("var/run/fapolicyd"), record.Say("fapolicyd", "fapolicyd"))
	add(line("sys/fs/selinux/enforce") == "1", record.Say("SELinux", "SELinux"))
	profile := line("proc/self/attr/apparmor/current")
	add(slices.Contains(modules, "apparmor") && profile != "" && profile != "unconfined", record.Sayf("AppArmor (%s)", "AppArmor（%s）", profile))
	lockdown := line("sys/kernel/security/lockdown")
	add(strings.Contains(lockdown, "[integrity]") || strings.Contains(lockdown, "[confidentiality]"), record.Say("kernel lockdown", "内核锁定"))
	return all
}

// withRestrictions returns a reason, with the restrictions added as far as they can be seen.
func withRestrictions(reason record.Sentence) record.Sentence {
	var en, zh []string
	for _, g := range Restrictions() {
		en, zh = append(en, g.En), append(zh, g.In("zh"))
	}
	if len(en) == 0 {
		return reason
	}
	return record.Sayf("%s; between this process and the kernel: %s", "%s；本进程与内核之间有：%s",
		reason, record.Say(strings.Join(en, ", "), strings.Join(zh, "、")))
}

// SkipUnlessKernelAnswered skips the spec if err is not the kernel's own answer to a system call: EPERM or EACCES, which a
// filter, a container or a security module gives to a call that it does not allow, or ENOSYS if there is such a filter. It is
// for calls to which the kernel itself gives other answers. It returns for nil and all other errors, which the spec judges.
func SkipUnlessKernelAnswered(err error) {
	ginkgo.GinkgoHelper()
	var errno syscall.Errno
	if !errors.As(err, &errno) {
		return
	}
	switch {
	case errno == unix.EPERM || errno == unix.EACCES:
	case errno == unix.ENOSYS && filtered():
	default:
		return
	}
	Skip(withRestrictions(record.Sayf("the answer (%s) is not the kernel's own", "该应答（%s）并非内核本身给出", unix.ErrnoName(errno))))
}

// HasCapability reports whether this process has a capability (unix.CAP_…) for the whole system. Within a user namespace
// nobody has one.
func HasCapability(capability int) bool {
	if m, err := os.ReadFile("/proc/self/uid_map"); err == nil && !strings.Contains(string(m), "4294967295") {
		return false
	}
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if unix.Capget(&header, &data[0]) != nil {
		return false
	}
	return data[capability/32].Effective&(1<<(capability%32)) != 0
}

// Processors returns the numbers of the processors that the calling thread may run on now: those of its mask that are online.
// Cpus_allowed_list in /proc also has those that are not, and can name hundreds that the machine does not have.
func Processors() []int {
	ginkgo.GinkgoHelper()
	mask := make([]byte, 8<<10) // 65536 processors; the kernel fills as much as it has
	n, _, errno := unix.RawSyscall(unix.SYS_SCHED_GETAFFINITY, 0, uintptr(len(mask)), uintptr(unsafe.Pointer(&mask[0])))
	if errno != 0 {
		SkipUnlessKernelAnswered(errno)
		NoError(errno)
	}
	var all []int
	for i, b := range mask[:n] {
		for bit := range 8 {
			if b&(1<<bit) != 0 {
				all = append(all, i*8+bit)
			}
		}
	}
	return all
}

// ParseKernelList parses a list of numbers as the kernel writes it, such as "0-3,8": cpuset(7). A wrong list fails the spec.
func ParseKernelList(text string) []int {
	ginkgo.GinkgoHelper()
	var all []int
	for part := range strings.SplitSeq(strings.TrimSpace(text), ",") {
		if part == "" {
			continue
		}
		first, last, ranged := strings.Cut(part, "-")
		from, err := strconv.Atoi(first)
		NoError(err, text)
		to := from
		if ranged {
			to, err = strconv.Atoi(last)
			NoError(err, text)
		}
		for n := from; n <= to; n++ {
			all = append(all, n)
		}
	}
	return all
}
