package guest

import (
	"os"
	"os/signal"
	"sync"
	"syscall"

	"github.com/xcmatrix/xcmatrix/results/retry"
)

// children waits for all processes of the guest. A process whose parent has ended becomes a child of the first process.
type children struct {
	mu      sync.Mutex                      // held from the start of a child until it is in started
	started map[int]chan syscall.WaitStatus // by process id
}

// start starts a process. Its wait status is sent on the channel once.
func (c *children) start(path string, args []string, attr *syscall.ProcAttr) (pid int, ended <-chan syscall.WaitStatus, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	pid, err = syscall.ForkExec(path, args, attr)
	if err != nil {
		return 0, nil, &os.PathError{Op: "fork/exec", Path: path, Err: err}
	}
	if c.started == nil {
		c.started = map[int]chan syscall.WaitStatus{}
	}
	status := make(chan syscall.WaitStatus, 1)
	c.started[pid] = status
	return pid, status, nil
}

// reap waits for ended processes and never returns. If there are none, it waits for SIGCHLD.
func (c *children) reap() {
	died := make(chan os.Signal, 1)
	signal.Notify(died, syscall.SIGCHLD)
	for {
		var status syscall.WaitStatus
		pid, err := retry.Value(func() (int, error) { return syscall.Wait4(-1, &status, syscall.WNOHANG, nil) })
		if err != nil || pid == 0 {
			<-died
			continue
		}
		c.mu.Lock()
		if waiting, ok := c.started[pid]; ok {
			waiting <- status
			delete(c.started, pid)
		}
		c.mu.Unlock()
	}
}
