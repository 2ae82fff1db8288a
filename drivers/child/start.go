package child

import (
	"os"
	"os/exec"
	"runtime"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/retry"
)

// Start starts a command in a process group of its own that dies with this process, whatever kills that. done is
// closed when the child has ended and been waited for, and with it all that it started: how it ended stands in
// ProcessState.
//
// A thread that outlives the child starts it: the kernel sends the death signal when the parent's thread, not the
// process, ends (https://github.com/golang/go/issues/27505).
func Start(cmd *exec.Cmd) (done <-chan struct{}, err error) {
	if cmd.Env == nil {
		cmd.Env = os.Environ()
	}
	f := newFamily()
	cmd.Env = append(slices.Clip(cmd.Env), f.mark)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	ended, started := make(chan struct{}), make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			settle(cmd.Process.Pid)
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
			f.end(cmd.Process.Pid)
			_ = cmd.Wait()
			close(ended)
		} else {
			f.forget()
		}
	}()
	return ended, <-started
}

// settle waits for the end of a child, and leaves it to be waited for: as long as nobody does, its number is its own.
func settle(pid int) {
	_ = retry.Call(func() error { return unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil) })
}

// Kill ends a command's whole process group.
func Kill(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
