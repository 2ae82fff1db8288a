package daemon

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/xcmatrix/xcmatrix/drivers/child"
	"github.com/xcmatrix/xcmatrix/results/plain"
)

// Process is a running server.
type Process struct {
	cmd  *exec.Cmd
	log  string
	done <-chan struct{} // closed when the process has ended
}

// Run runs a program under the home's account and waits for its end. The kernel kills it when this process ends. The error of a
// program that fails has the end of its output.
func (h *Home) Run(ctx context.Context, input io.Reader, program string, args ...string) error {
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = input, &out, &out
	done, err := h.spawn(cmd, syscall.SIGKILL)
	if err != nil {
		return err
	}
	<-done
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("%s: %w", filepath.Base(program), context.Cause(ctx))
	case !cmd.ProcessState.Success():
		return fmt.Errorf("%s: %v: %s", filepath.Base(program), cmd.ProcessState, plain.Tail(out.Bytes(), outputKept))
	}
	return nil
}

// Start starts a server. The kernel sends it the signal end when this process ends for any reason.
func (h *Home) Start(end syscall.Signal, program string, args ...string) (*Process, error) {
	log, err := os.Create(filepath.Join(h.Path, "server.log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd := exec.Command(program, args...)
	cmd.Stdout, cmd.Stderr = log, log
	done, err := h.spawn(cmd, end)
	if err != nil {
		return nil, err
	}
	return &Process{cmd: cmd, log: log.Name(), done: done}, nil
}

// spawn starts a command in the home and adds its process to the entry. The kernel sends it the signal end when this process ends.
// done is closed when it has ended.
func (h *Home) spawn(cmd *exec.Cmd, end syscall.Signal) (done <-chan struct{}, err error) {
	cmd.Dir, cmd.Env = h.Path, append(environ(), h.Env...)
	if done, err = child.StartServer(cmd, end, h.account.credential); err != nil {
		return nil, err
	}
	if err := h.addProcess(cmd.Process.Pid); err != nil {
		child.Kill(cmd)
		<-done
		return nil, err
	}
	return done, nil
}

// environ returns the environment of servers, without the user's settings of client programs (PGHOST, MYSQL_HOME …).
func environ() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
}

// Stop sends the signal and waits for the end of the process. After the time grace it sends SIGKILL.
func (p *Process) Stop(signal syscall.Signal, grace time.Duration) {
	p.cmd.Process.Signal(signal)
	select {
	case <-p.done:
	case <-time.After(grace):
		p.cmd.Process.Kill()
		<-p.done
	}
}

// PID returns the id of the process.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// WaitReady calls ready until it returns nil. It returns an error with the end of the log if the process ends, or if ctx is done.
func (p *Process) WaitReady(ctx context.Context, ready func(context.Context) error) error {
	for {
		err := ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-p.done:
			text, _ := os.ReadFile(p.log)
			return fmt.Errorf("%s ended: %s", filepath.Base(p.cmd.Path), plain.Tail(text, outputKept))
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready: %w", filepath.Base(p.cmd.Path), err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// outputKept is how many bytes of the end of a program's output are in an error.
const outputKept = 1000

// FreePort returns a TCP port of the loopback address on which nothing listens.
func FreePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// Find returns the path of a program in PATH, or else the one with the highest version in directories that match the patterns
// (/usr/lib/postgresql/17/bin before 15). It returns an *AbsentError if there is none.
func Find(program string, patterns ...string) (string, error) {
	if path, err := exec.LookPath(program); err == nil {
		return filepath.Abs(path)
	}
	best, bestVersion := "", -1
	for _, pattern := range patterns {
		found, _ := filepath.Glob(filepath.Join(pattern, program))
		for _, path := range found {
			if v := versionIn(path); v > bestVersion {
				best, bestVersion = path, v
			}
		}
	}
	if best == "" {
		return "", &AbsentError{Program: program}
	}
	return best, nil
}

// versionIn returns the last number in a path; 0 if there is none.
func versionIn(path string) int {
	fields := strings.FieldsFunc(path, func(r rune) bool { return r < '0' || r > '9' })
	if len(fields) == 0 {
		return 0
	}
	var v int
	fmt.Sscan(fields[len(fields)-1], &v)
	return v
}
