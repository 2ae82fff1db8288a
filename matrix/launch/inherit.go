package launch

import (
	"os"
	"strconv"
	"sync"
	"syscall"
)

// keepInherited marks every descriptor above standard error close-on-exec, once. What this program opens itself is so
// marked already. What it inherited, such as make's job server or a shell's pipes, is not: a payload must neither hold
// it open nor write into it.
var keepInherited = sync.OnceFunc(markInherited)

func markInherited() {
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return
	}
	for _, entry := range open {
		if fd, err := strconv.Atoi(entry.Name()); err == nil && fd > 2 {
			syscall.CloseOnExec(fd)
		}
	}
}
