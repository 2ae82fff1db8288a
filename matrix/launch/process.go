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

// process is a payload that is a child of this one.
type process struct {
	cmd    *exec.Cmd
	events *os.File
	output child.Output
	done   <-chan struct{} // closed when the child has ended
	began  time.Time

	mu     sync.Mutex
	killed *record.Sentence
}

// start starts the command in a process group of its own. It dies with this process, whatever kills that.
func start(ctx context.Context, cmd *exec.Cmd, s Shot) (Process, error) {
	request, err := json.Marshal(s.Request)
	if err != nil {
		return nil, err
	}
	events, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer w.Close()
	keepInherited()
	p := &process{cmd: cmd, events: events, began: time.Now()}
	cmd.Env = slices.Concat(environ.Own(s.Reads...), cmd.Env, s.Env)
	cmd.Stdin = bytes.NewReader(request)
	cmd.Stdout, cmd.Stderr = &p.output, &p.output
	cmd.ExtraFiles = []*os.File{w}
	cmd.WaitDelay = 2 * time.Second // for what a grandchild still holds open
	if p.done, err = child.Start(cmd); err != nil {
		events.Close()
		return nil, err
	}
	go p.watch(ctx, s.Memory)
	return p, nil
}

// drain is how long the events of a child that has ended may still be read: a grandchild that left the group could
// hold the channel open for ever.
const drain = 10 * time.Second

// watch ends the child when the context ends or it takes more memory than it may.
func (p *process) watch(ctx context.Context, limit uint64) {
	pid := p.cmd.Process.Pid
	if err := child.SacrificeFirst(pid); err != nil {
		p.output.Write(fmt.Appendf(nil, "oom_score_adj: %v\n", err))
	}
	look := time.NewTimer(child.LookAgain(0, limit))
	defer look.Stop()
	for {
		select {
		case <-p.done:
			deadline.AfterFunc(drain, func() { p.events.SetReadDeadline(time.Now()) })
			return
		case <-ctx.Done():
			p.Kill(record.Say("the run was stopped", "运行被中止"))
			ctx = context.WithoutCancel(ctx)
		case <-look.C:
			why, again := child.Overfull(pid, limit)
			if why != nil {
				p.Kill(*why)
				limit = 0
			}
			look.Reset(again)
		}
	}
}

func (p *process) Events() io.Reader { return p.events }

func (p *process) Kill(why record.Sentence) {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.done:
		return
	default:
	}
	if p.killed == nil {
		p.killed = &why
	}
	child.Kill(p.cmd)
}

func (p *process) Wait() Exit {
	<-p.done
	p.events.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	exit := Exit{Code: p.cmd.ProcessState.ExitCode(), Killed: p.killed, Output: p.output.Bytes(), Ran: time.Since(p.began)}
	if status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		exit.Signal = signalName(status.Signal())
	} else if exit.Code != 0 {
		exit.Signal = saidSignal(exit.Output)
	}
	return exit
}
