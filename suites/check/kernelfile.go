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

// kernelTrees are the kernel's own file systems, and the magic numbers that statfs gives for files in them.
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

// covered reports whether a file in /proc or /sys is not the kernel's: a container may have lxcfs or an empty directory mounted
// over it. Under a user-mode emulator the file is the host's in any case.
func covered(path string) bool {
	for _, tree := range kernelTrees {
		if !strings.HasPrefix(path+"/", tree.place) {
			continue
		}
		if info, err := os.Lstat(path); err == nil && info.Mode()&os.ModeSymlink != 0 {
			path = filepath.Dir(path) // the target of a link in /proc is not in /proc
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

// KernelFile returns the text of a file in /proc or /sys. The spec is skipped if the file does not exist, may not be read, or is
// not the kernel's own.
func KernelFile(path string) string {
	ginkgo.GinkgoHelper()
	text, err := os.ReadFile(path)
	fromKernel(path, err)
	return string(text)
}

// KernelDir returns the names in a directory of /proc or /sys. It skips the spec as KernelFile does.
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

// KernelOpen opens a file of /proc or /sys for reading. The file is closed at the end of the spec. It skips the spec as
// KernelFile does.
func KernelOpen(path string) *os.File {
	ginkgo.GinkgoHelper()
	f, err := os.Open(path)
	fromKernel(path, err)
	ginkgo.DeferCleanup(f.Close)
	return f
}

// fromKernel skips the spec if reading path ended with err, or if path is not the kernel's own.
func fromKernel(path string, err error) {
	ginkgo.GinkgoHelper()
	switch {
	case errors.Is(err, os.ErrNotExist):
		Skip(record.Sayf("there is no %s here", "此处没有 %s", path))
	case errors.Is(err, os.ErrPermission):
		Skip(withRestrictions(record.Sayf("%s may not be read here", "此处不能读取 %s", path)))
	}
	NoError(err)
	if !Emulated() && covered(path) {
		Skip(record.Sayf("%s is not the kernel's own here: another file system is mounted over it", "此处的 %s 并非内核提供：其上挂载了其他文件系统", path))
	}
}
