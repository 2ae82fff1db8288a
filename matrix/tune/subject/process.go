// Package subject measures a user's own program under a setting of the garbage collector: a benchmark of that program's module, or a server
// with a command that puts load on it.
package subject

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/xcmatrix/xcmatrix/drivers/child"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/tuning"
)

// environment returns this process's environment for the user's program, under a setting: without the variables of this project,
// of which one may be a passphrase, and with the trace of garbage collections.
func environment(s tuning.Setting) (env []string) {
	for _, e := range os.Environ() {
		name, _, _ := strings.Cut(e, "=")
		if !strings.HasPrefix(name, "XCMATRIX_") && name != "GOGC" && name != "GOMEMLIMIT" && name != "GODEBUG" {
			env = append(env, e)
		}
	}
	debug := "gctrace=1"
	if given := os.Getenv("GODEBUG"); given != "" {
		debug = given + "," + debug
	}
	return append(append(env, "GODEBUG="+debug), s.Env()...)
}

// process is a program that runs.
type process struct {
	cmd   *exec.Cmd
	done  <-chan struct{}
	trace *trace
	watch sync.WaitGroup
	peak  uint64 // bytes of resident memory; read after done
}

// start starts a program whose standard error is a trace. It and all that it starts end with this process.
func start(cmd *exec.Cmd) (*process, error) {
	p := &process{cmd: cmd, trace: &trace{}}
	cmd.Stderr = p.trace
	var err error
	if p.done, err = child.Start(cmd); err != nil {
		return nil, err
	}
	p.watch.Go(func() {
		for {
			p.peak = max(p.peak, residentPeak(cmd.Process.Pid))
			select {
			case <-p.done:
				return
			case <-time.After(10 * time.Millisecond):
			}
		}
	})
	return p, nil
}

// residentPeak returns the peak of a process's resident memory in bytes; 0 if the kernel does not tell. The one that wait tells
// includes the memory of the parent, from which the process was forked.
func residentPeak(pid int) uint64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	var kilobytes uint64
	if _, err := fmt.Sscan(rest, &kilobytes); err != nil {
		return 0
	}
	return kilobytes << 10
}

// wait waits for the end of the program, which it kills when ctx is done. It returns the error of ctx.
func (p *process) wait(ctx context.Context) error {
	select {
	case <-p.done:
	case <-ctx.Done():
		child.Kill(p.cmd)
		<-p.done
	}
	p.watch.Wait()
	return context.Cause(ctx)
}

// end asks the program to end, kills it if it has not within patience, and waits.
func (p *process) end(patience time.Duration) {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(patience):
		child.Kill(p.cmd)
	}
	<-p.done
	p.watch.Wait()
}

// used returns the CPU time that the program has used, after its end.
func (p *process) used() time.Duration {
	return p.cmd.ProcessState.UserTime() + p.cmd.ProcessState.SystemTime()
}

// failure says how the program ended, with the end of what it printed.
func (p *process) failure() error {
	return fmt.Errorf("%s: %s: %s", p.cmd.Path, p.cmd.ProcessState, strings.TrimSpace(string(p.trace.tail)))
}

// memory returns the sample of peak memory.
func (p *process) memory() record.Sample {
	return record.Sample{Name: string(tuning.Memory), Value: float64(p.peak), Unit: "B", Better: record.Lower}
}
