package launch

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/xcmatrix/xcmatrix/drivers/child"
	"github.com/xcmatrix/xcmatrix/results/deadline"
	"github.com/xcmatrix/xcmatrix/results/environ"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// process is a payload that runs as a child process.
type process struct {
	cmd    *exec.Cmd
	events *os.File
	output child.Output
	done   <-chan struct{} // closed when the child has ended
	began  time.Time

	mu     sync.Mutex
	killed *record.Sentence
}

// start starts the command in its own process group. The kernel kills the child when this process ends for any reason.
func start(ctx context.Context, cmd *exec.Cmd, o Options) (Process, error) {
	request, err := json.Marshal(o.Request)
	if err != nil {
		return nil, err
	}
	events, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer w.Close()
	hideInherited()
	p := &process{cmd: cmd, events: events, began: time.Now()}
	cmd.Env = slices.Concat(environ.Own(o.Reads...), cmd.Env, o.Env)
	cmd.Stdin = bytes.NewReader(request)
	cmd.Stdout, cmd.Stderr = &p.output, &p.output
	cmd.ExtraFiles = []*os.File{w}
	cmd.WaitDelay = 2 * time.Second // a grandchild may keep the output open
	if p.done, err = child.Start(cmd); err != nil {
		events.Close()
		return nil, err
	}
	go p.watch(ctx, o.Memory)
	return p, nil
}

// drainTime is how long the events of a child that has ended may still be read: a grandchild that left the process group
// could keep the channel open for ever.
const drainTime = 10 * time.Second

// watch kills the child when ctx is done, or when it uses more memory than limit bytes; 0 is no limit.
func (p *process) watch(ctx context.Context, limit uint64) {
	pid := p.cmd.Process.Pid
	if err := child.PreferForOOMKill(pid); err != nil {
		p.output.Write(fmt.Appendf(nil, "oom_score_adj: %v\n", err))
	}
	memoryCheck := time.NewTimer(child.NextMemoryCheck(0, limit))
	defer memoryCheck.Stop()
	for {
		select {
		case <-p.done:
			deadline.AfterFunc(drainTime, func() { p.events.SetReadDeadline(time.Now()) })
			return
		case <-ctx.Done():
			p.Kill(record.Say("the run was stopped", "运行被中止"))
			ctx = context.WithoutCancel(ctx)
		case <-memoryCheck.C:
			exceeded, next := child.CheckMemory(pid, limit)
			if exceeded != nil {
				p.Kill(*exceeded)
				limit = 0
			}
			memoryCheck.Reset(next)
		}
	}
}

func (p *process) Events() io.Reader { return p.events }

func (p *process) Kill(reason record.Sentence) {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.done:
		return
	default:
	}
	if p.killed == nil {
		p.killed = &reason
	}
	child.Kill(p.cmd)
}

// Wait waits for the end of the process and returns how it ended.
func (p *process) Wait() Exit {
	<-p.done
	p.events.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	exit := Exit{Code: p.cmd.ProcessState.ExitCode(), Killed: p.killed, Output: p.output.Bytes(), Ran: time.Since(p.began)}
	if status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		exit.Signal = signalName(status.Signal())
	} else if exit.Code != 0 {
		exit.Signal = printedSignal(exit.Output)
	}
	return exit
}
