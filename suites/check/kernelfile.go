package check

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/onsi/ginkgo/v2"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// kernelTrees are the kernel's own file systems, and the magic numbers that statfs gives for what is in them.
var kernelTrees = []struct {
	place  string
	magics []int64
}{
	{"/proc/", []int64{unix.PROC_SUPER_MAGIC}},
	{"/sys/fs/cgroup", []int64{unix.CGROUP_SUPER_MAGIC, unix.CGROUP2_SUPER_MAGIC, unix.TMPFS_MAGIC}},
	{"/sys/fs/selinux/", []int64{unix.SELINUX_MAGIC}},
	{"/sys/kernel/security/", []int64{unix.SECURITYFS_MAGIC}},
	{"/sys/", []int64{unix.SYSFS_MAGIC}},
}

// covered reports whether something other than the kernel answers for a file in /proc or /sys: lxcfs and other views that a
// container is given, or an empty directory mounted over it. Under a user-mode emulator it is the host's in any case.
func covered(path string) bool {
	for _, tree := range kernelTrees {
		if !strings.HasPrefix(path+"/", tree.place) {
			continue
		}
		if info, err := os.Lstat(path); err == nil && info.Mode()&os.ModeSymlink != 0 {
			path = filepath.Dir(path) // a link of the kernel's leads anywhere
		}
		var st unix.Statfs_t
		if unix.Statfs(path, &st) != nil {
			return false
		}
		for _, magic := range tree.magics {
			if int64(st.Type) == magic {
				return false
			}
		}
		return true
	}
	return false
}

// KernelFile is the text of a file in /proc or /sys. The spec is skipped where the file is not there or may not be read, and
// where it is not the kernel's own.
func KernelFile(path string) string {
	ginkgo.GinkgoHelper()
	text, err := os.ReadFile(path)
	fromKernel(path, err)
	return string(text)
}

// KernelDir lists the names in a directory of /proc or /sys. The spec is skipped as KernelFile does it.
func KernelDir(path string) []string {
	ginkgo.GinkgoHelper()
	entries, err := os.ReadDir(path)
	fromKernel(path, err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// KernelOpen opens a file of /proc or /sys for reading; the end of the spec closes it. The spec is skipped as KernelFile
// does it.
func KernelOpen(path string) *os.File {
	ginkgo.GinkgoHelper()
	f, err := os.Open(path)
	fromKernel(path, err)
	ginkgo.DeferCleanup(f.Close)
	return f
}

func fromKernel(path string, err error) {
	ginkgo.GinkgoHelper()
	switch {
	case errors.Is(err, os.ErrNotExist):
		Skip(record.Sayf("there is no %s here", "此处没有 %s", path))
	case errors.Is(err, os.ErrPermission):
		Skip(plusGuards(record.Sayf("%s may not be read here", "此处不能读取 %s", path)))
	}
	NoError(err)
	if !Emulated() && covered(path) {
		Skip(record.Sayf("%s is not the kernel's own here: another file system is mounted over it", "此处的 %s 并非内核提供：其上挂载了其他文件系统", path))
	}
}
