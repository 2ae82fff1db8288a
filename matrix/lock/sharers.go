package lock

import (
	"bufio"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
)

// sharers returns the processes that hold a lock on the file, without this one, from /proc/locks (proc(5)). It returns nil
// where the kernel does not tell.
func sharers(file *os.File) []string {
	info, err := file.Stat()
	if err != nil {
		return nil
	}
	own, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	list, err := os.Open("/proc/locks")
	if err != nil {
		return nil
	}
	defer list.Close()
	var pids []string
	for lines := bufio.NewScanner(list); lines.Scan(); {
		// 1: FLOCK  ADVISORY  READ 1234 08:01:131090 0 EOF
		fields := strings.Fields(lines.Text())
		if len(fields) < 6 || fields[1] != "FLOCK" || !strings.HasSuffix(fields[5], fmt.Sprint(":", own.Ino)) {
			continue
		}
		if pid := fields[4]; pid != fmt.Sprint(os.Getpid()) && !slices.Contains(pids, pid) {
			pids = append(pids, pid)
		}
	}
	return pids
}
