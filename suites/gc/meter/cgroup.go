package meter

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/cgroup"
)

// GroupUse returns how many bytes of memory the kernel charges to this process's control group, of version 1 or 2; 0 if it does
// not tell.
func GroupUse() uint64 {
	text, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return 0
	}
	for _, file := range usageFiles(string(text), "/sys/fs/cgroup") {
		if value, err := os.ReadFile(file); err == nil {
			n, _ := strconv.ParseUint(strings.TrimSpace(string(value)), 10, 64)
			return n
		}
	}
	return 0
}

// usageFiles returns the files that tell the use of memory, by the text of /proc/self/cgroup: the group's own, and that of the
// root of what a container sees.
func usageFiles(text, root string) (files []string) {
	for _, m := range cgroup.Memberships(text) {
		switch {
		case m.Has("memory"):
			files = append(files, filepath.Join(root, "memory", m.Path, "memory.usage_in_bytes"), filepath.Join(root, "memory/memory.usage_in_bytes"))
		case m.Unified():
			files = append(files, filepath.Join(root, m.Path, "memory.current"), filepath.Join(root, "memory.current"))
		}
	}
	return files
}
