package child

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// Sweep kills processes that earlier, killed processes of this program have left behind: the kernel kills a child with its parent,
// but not what the child has started. It ignores processes of other users.
func Sweep() {
	all, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, path := range all {
		environment, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err == nil && orphaned(environment) && pidNamespace(path) == pidNamespace("/proc/self/environ") {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}

// pidNamespace returns the name of the process id namespace of a process, given the path of its environ file. In another
// namespace, as in a container, the owner has another id.
func pidNamespace(environ string) string {
	namespace, err := os.Readlink(filepath.Join(filepath.Dir(environ), "ns", "pid"))
	if err != nil {
		return environ // equals no other
	}
	return namespace
}

// orphaned reports whether an environment is of a family whose owner has ended.
func orphaned(environment []byte) bool {
	for e := range bytes.SplitSeq(environment, []byte{0}) {
		mark, ok := strings.CutPrefix(string(e), Variable+"=")
		if !ok {
			continue
		}
		owner := mark[:max(strings.LastIndexByte(mark, '.'), 0)] // without the number of the child
		var pid int
		if _, err := fmt.Sscanf(owner, "%d.", &pid); err != nil || Identity(pid) != owner {
			return err == nil
		}
		return false
	}
	return false
}
