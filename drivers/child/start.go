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
	return start(cmd, newFamily(true), &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL})
}

// StartServer starts a server, as Start does, but under the account of credential, nil for that of this process, and with the
// signal end as the one that the kernel sends when this process ends: some servers need it to clean up after themselves. The
// server may run as long as this process; see newFamily.
func StartServer(cmd *exec.Cmd, end syscall.Signal, credential *syscall.Credential) (done <-chan struct{}, err error) {
	return start(cmd, newFamily(false), &syscall.SysProcAttr{Pdeathsig: end, Credential: credential})
}

// start starts a command as the first process of a family; see Start.
func start(cmd *exec.Cmd, f family, attributes *syscall.SysProcAttr) (done <-chan struct{}, err error) {
	if cmd.Env == nil {
		cmd.Env = os.Environ()
	}
	cmd.Env = append(slices.Clip(cmd.Env), f.mark)
	attributes.Setpgid = true
	cmd.SysProcAttr = attributes
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
