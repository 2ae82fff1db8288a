package guest

import (
	"os"
	"os/signal"
	"sync"
	"syscall"

	"github.com/xcmatrix/xcmatrix/results/retry"
)

// children waits for every process of the machine: whose parent has ended becomes a child of the first process.
type children struct {
	mu   sync.Mutex // held from the start of a child until it is known
	ours map[int]chan syscall.WaitStatus
}

// start starts a process in a session of its own. Its status comes on the channel, once.
func (c *children) start(path string, args []string, attr *syscall.ProcAttr) (pid int, ended <-chan syscall.WaitStatus, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	pid, err = syscall.ForkExec(path, args, attr)
	if err != nil {
		return 0, nil, &os.PathError{Op: "fork/exec", Path: path, Err: err}
	}
	if c.ours == nil {
		c.ours = map[int]chan syscall.WaitStatus{}
	}
	status := make(chan syscall.WaitStatus, 1)
	c.ours[pid] = status
	return pid, status, nil
}

// reap collects the dead, for ever. SIGCHLD wakes it where there was nobody to wait for.
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
		if waiting, ok := c.ours[pid]; ok {
			waiting <- status
			delete(c.ours, pid)
		}
		c.mu.Unlock()
	}
}
