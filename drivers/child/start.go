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

// Start starts a command in its own process group. The kernel kills the child when this process ends for any reason. done is
// closed when the child and everything that it has started have ended; cmd.ProcessState then says how. It returns an error if
// the command cannot be started.
//
// The thread that starts the child lives until the child has ended, because the kernel sends the death signal when the parent's
// thread ends, not the process (https://github.com/golang/go/issues/27505).
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
			waitForEnd(cmd.Process.Pid)
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

// waitForEnd waits until a child has ended, but leaves it as a zombie, so that no other process gets its id.
func waitForEnd(pid int) {
	_ = retry.Call(func() error { return unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil) })
}

// Kill kills the process group of a command that was started by Start.
func Kill(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
