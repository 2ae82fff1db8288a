// Package rerun runs a spec of a suite again in a process of its own: with other variables, in a control group, on some
// processors. What the runtime decides when a process starts, such as GOMAXPROCS, cannot be asked in any other way.
package rerun

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/onsi/ginkgo/v2"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/environ"
	"github.com/xcmatrix/xcmatrix/results/ownthread"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// section is the section of the specs that other specs run in a process of its own.
const section = "in another process"

// Section gives a suite the specs that its other specs run in a process of their own. They observe and judge nothing, and no plan
// has them.
func Section(specs func()) { check.UnplannedSection(section, specs) }

// Tell observes a value for the spec that has started this process; see Result.Value.
func Tell(name string, value any) {
	check.ObserveDiffers(name, value, record.Say("it is for the spec that started this process", "供启动本进程的检查项使用"))
}

// Options say how the spec is run again.
type Options struct {
	Item, Spec string   // Spec is the text of one that the suite gives to Section
	Env        []string // beside what every program gets
	Group      *Group   // nil: that of this process
	Processors []int    // nil: those of this process
}

// Result is how the process came to its end and what the spec has observed.
type Result struct {
	values map[string]json.RawMessage // by name
	State  *os.ProcessState
	Said   string // on standard error, the head of it
	ended  *record.SpecEnd
}

// Value decodes what the spec has observed under a name into to. The calling spec ends as an error if there is no such value.
func (r *Result) Value(name string, to any) {
	ginkgo.GinkgoHelper()
	raw, is := r.values[name]
	if !is || json.Unmarshal(raw, to) != nil {
		check.Error(record.Sayf("the process that ran again did not tell %s: %s %.300s", "再次运行的进程未给出 %s：%s %.300s", name, r.State, r.Said))
	}
}

// Number returns a number that the spec has observed; see Value.
func (r *Result) Number(name string) (n float64) {
	ginkgo.GinkgoHelper()
	r.Value(name, &n)
	return n
}

// Signal returns the signal that ended the process; 0 if none did.
func (r *Result) Signal() syscall.Signal {
	if status, is := r.State.Sys().(syscall.WaitStatus); is && status.Signaled() {
		return status.Signal()
	}
	return 0
}

// Spec runs the spec again and returns the result, whatever it is. The calling spec is skipped where this process cannot start
// itself: under a user-mode emulator, and in a test binary.
func Spec(ctx context.Context, o Options) *Result {
	ginkgo.GinkgoHelper()
	cmd := o.command(ctx)
	var events bytes.Buffer
	said := &head{}
	cmd.Stdout, cmd.Stderr = &events, said
	err := o.run(cmd, cmd.Run)
	if _, ran := errors.AsType[*exec.ExitError](err); err != nil && !ran {
		check.NoError(err)
	}
	result := &Result{State: cmd.ProcessState, Said: string(said.text)}
	result.values, result.ended = observations(&events)
	return result
}

// command returns the command that runs the spec again. The calling spec is skipped where this process cannot start itself.
func (o Options) command(ctx context.Context) *exec.Cmd {
	ginkgo.GinkgoHelper()
	check.NeedsKernel(record.Say("processes, groups and processors are the host's", "进程、控制组与处理器属于宿主机"))
	self, err := os.Executable()
	if err != nil || len(os.Args) < 2 || os.Args[1] != "exec" {
		check.Skip(record.Say("only a payload can start itself again", "仅测试程序可再次启动自身"))
	}
	request, err := json.Marshal(record.Request{Item: o.Item, Round: 1, Seed: 1, Specs: []string{section + " / " + o.Spec}, Stretch: 1, Launch: check.Launch()})
	check.NoError(err)
	cmd := exec.CommandContext(ctx, self, "exec", "--request", "-")
	cmd.Stdin, cmd.Env = bytes.NewReader(request), append(environ.Own(), o.Env...)
	return cmd
}

// Done ends the calling spec as the other one ended if that did not pass.
func (r *Result) Done() *Result {
	ginkgo.GinkgoHelper()
	switch {
	case r.ended == nil:
		check.Error(record.Sayf("the process that ran again did not finish: %s %.300s", "再次运行的进程未完成：%s %.300s", r.State, r.Said))
	case r.ended.Verdict == record.Skip && r.ended.Detail != nil:
		check.Skip(*r.ended.Detail)
	case r.ended.Verdict != record.Pass && r.ended.Detail != nil:
		check.Error(record.Sayf("the process that ran again: %s", "再次运行的进程：%s", *r.ended.Detail))
	}
	return r
}

// run calls start from a thread of its own, from which the command inherits the processors and, in the first version of control
// groups, the group. The thread ends with it.
func (o Options) run(cmd *exec.Cmd, start func() error) error {
	return ownthread.Call(func() error { return o.runHere(cmd, start) })
}

func (o Options) runHere(cmd *exec.Cmd, start func() error) error {
	if len(o.Processors) > 0 {
		var mask unix.CPUSet
		for _, n := range o.Processors {
			mask.Set(n)
		}
		if err := unix.SchedSetaffinity(0, &mask); err != nil {
			return err
		}
	}
	if o.Group != nil {
		leave, err := o.Group.enter(cmd)
		if err != nil {
			return err
		}
		defer leave()
	}
	return start()
}

// observations returns what a payload's events say that its spec has observed, and how the spec ended; nil if it did not.
func observations(events io.Reader) (map[string]json.RawMessage, *record.SpecEnd) {
	values := map[string]json.RawMessage{}
	var ended *record.SpecEnd
	for in := record.NewReader(events); ; {
		e, _, err := in.Next()
		if _, line := errors.AsType[*record.LineError](err); line {
			continue
		}
		switch {
		case err != nil:
			return values, ended
		case e.Kind == record.KindObservation:
			values[e.Observation.Name] = e.Observation.Value
		case e.Kind == record.KindSpecEnd:
			ended = e.End
		}
	}
}

// head keeps the beginning of what is written to it.
type head struct{ text []byte }

func (h *head) Write(p []byte) (int, error) {
	h.text = append(h.text, p[:min(len(p), 8<<10-len(h.text))]...)
	return len(p), nil
}

// Start starts the spec again, and returns while it runs. It ends with ctx; the caller waits for that.
func Start(ctx context.Context, o Options) *exec.Cmd {
	ginkgo.GinkgoHelper()
	cmd := o.command(ctx)
	check.NoError(o.run(cmd, cmd.Start))
	return cmd
}

// Used returns the CPU time that a process has used so far: proc_pid_schedstat(5) of its threads. It is 0 after its end.
func Used(cmd *exec.Cmd) time.Duration { return UsedBy(cmd.Process.Pid) }

// UsedBy is Used for a process's id.
func UsedBy(pid int) (used time.Duration) {
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	for _, name := range files {
		text, _ := os.ReadFile(name)
		var ran int64
		if _, err := fmt.Sscan(string(text), &ran); err == nil {
			used += time.Duration(ran)
		}
	}
	return used
}
