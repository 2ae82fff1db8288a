package child

import (
	"os/exec"
	"runtime"
	"syscall"
)

// Start starts a command in a process group of its own that dies with this process, whatever kills that. done is
// closed when the child has ended and been waited for, and its group with it: how it ended stands in ProcessState.
//
// A thread that outlives the child starts it: the kernel sends the death signal when the parent's thread, not the
// process, ends (https://github.com/golang/go/issues/27505).
func Start(cmd *exec.Cmd) (done <-chan struct{}, err error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	ended, started := make(chan struct{}), make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait()
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
			close(ended)
		}
	}()
	return ended, <-started
}

// Kill ends a command's whole process group.
func Kill(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
