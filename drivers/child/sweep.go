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

// Sweep ends what children of this program left that was killed itself: a child dies with it, what that has started in
// turn does not. Processes that cannot be looked at are another user's.
func Sweep() {
	all, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, path := range all {
		environment, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err == nil && orphaned(environment) && numbersOf(path) == numbersOf("/proc/self/environ") {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}

// numbersOf names the namespace whose numbers a process goes by: in a container its owner has another number.
func numbersOf(environ string) string {
	namespace, err := os.Readlink(filepath.Join(filepath.Dir(environ), "ns", "pid"))
	if err != nil {
		return environ // like no other
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
		owner := mark[:max(strings.LastIndexByte(mark, '.'), 0)] // without the child's own number
		var pid int
		if _, err := fmt.Sscanf(owner, "%d.", &pid); err != nil || name(pid) != owner {
			return err == nil
		}
		return false
	}
	return false
}
