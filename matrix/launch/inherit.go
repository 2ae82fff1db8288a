package launch

import (
	"os"
	"strconv"
	"sync"
	"syscall"
)

// hideInherited calls closeOnExec once per process.
var hideInherited = sync.OnceFunc(closeOnExec)

// closeOnExec marks every open descriptor above standard error as close-on-exec. Descriptors that this program opens have the
// mark already. Descriptors that it inherited, such as those of make's job server or a shell's pipe, have not; a payload
// must not get them, because it could write to them or keep them open.
func closeOnExec() {
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
