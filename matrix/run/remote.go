package run

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/matrix/lock"
	"github.com/xcmatrix/xcmatrix/matrix/remote"
	"github.com/xcmatrix/xcmatrix/results/pattern"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// realMachine reports whether the target's payloads run on a machine itself, this one or another.
func (t *target) realMachine() bool { return t.Name == "native" || t.Name == remote.Launcher }

// prepareMachine sets the machine and the payload of a target that is reached by SSH. What a machine found of its ABI world
// and its processor's features decides which payload.
func (d *dispatcher) prepareMachine(ctx context.Context, t *target) error {
	machine := d.Machines[t.ID]
	if machine == nil {
		return record.Wrongf("--matrix", "target %s is reached by SSH, and the matrix does not say how: name the matrix file that it stands in",
			"目标 %s 通过 SSH 访问，而矩阵未给出方法：请指定其所在的矩阵文件", t.ID)
	}
	if machine.Failed != nil {
		return machine.Failed
	}
	t.Key = machine.Key(t.Key)
	t.machine = machine
	if !t.suites {
		return nil
	}
	var err error
	if t.payload, err = d.Builder.Build(ctx, t.Key); err != nil {
		return err
	}
	return t.payload.CheckStatic()
}

// runThere has a machine run cells, and journals what results from it. Cells whose servers are on this machine, because there are
// none over there, run by a connection that leads to them.
func (d *dispatcher) runThere(ctx context.Context, t *target, cells []*cell) error {
	here, there := d.byServers(t, cells, nil)
	if len(here) == 0 {
		err := d.runSession(ctx, t, there)
		var without *remote.WithoutError
		if !errors.As(err, &without) {
			return err
		}
		here, there = d.byServers(t, cells, without.Items)
	}
	groups := []func(context.Context) error{func(ctx context.Context) error { return d.runForwarded(ctx, t, here) }}
	if len(there) > 0 {
		groups = append(groups, func(ctx context.Context) error { return d.runSession(ctx, t, there) })
	}
	return d.inParallel(ctx, groups)
}

// byServers divides cells into those whose servers are on this machine, and others. items have no servers over there.
func (d *dispatcher) byServers(t *target, cells []*cell, items []string) (here, there []*cell) {
	for _, c := range cells {
		f := &fetch{dispatcher: d, target: t, cells: []*cell{c}}
		if slices.Contains(items, c.Item) || len(loopback(f.variables(c.Item))) > 0 {
			here = append(here, c)
		} else {
			there = append(there, c)
		}
	}
	return here, there
}

var loopbackPattern = pattern.Of(`\b(?:127\.0\.0\.1|localhost):[0-9]+\b`)

// loopback returns the addresses of this machine's own that an environment names, each once.
func loopback(env []string) []string {
	var found []string
	for _, e := range env {
		found = append(found, loopbackPattern().FindAllString(e, -1)...)
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// runSession runs cells in a session that no broken connection ends. The error is a *remote.WithoutError where nothing has
// begun for want of servers. A machine that is lost, or whose run comes to no end, is a verdict and no error.
func (d *dispatcher) runSession(ctx context.Context, t *target, cells []*cell) error {
	f := d.newFetch(t, cells)
	err := t.machine.Carry(ctx, remote.Request{Payload: t.payload, Run: d.Manifest.Run, Target: t.ID, At: d.fetched[t.ID], Job: f.job}, f)
	if errors.As(err, new(*remote.WithoutError)) {
		return err
	}
	return f.conclude(ctx, err)
}

// runForwarded runs cells whose servers are on this machine.
func (d *dispatcher) runForwarded(ctx context.Context, t *target, cells []*cell) error {
	f := d.newFetch(t, cells)
	f.forwarded = map[string][]string{}
	var items, env []string
	for _, c := range cells {
		if !slices.Contains(items, c.Item) {
			items = append(items, c.Item)
		}
	}
	environment, stop, err := d.StartServices(ctx, items, d.Variables, d.scratch.make)
	if err != nil {
		return err
	}
	defer stop()
	for _, item := range items {
		f.forwarded[item] = append(f.variables(item), environment(item)...)
		env = append(env, f.forwarded[item]...)
	}
	f.Notice(record.Say("there are no servers over there: those of this machine are used, by the connection", "该机器上没有服务器：经由连接使用本机的服务器"))
	err = t.machine.Forwarding(loopback(env)).Carry(ctx, remote.Request{Payload: t.payload, Run: d.Manifest.Run, Target: t.ID, Job: f.job, Bound: true}, f)
	return f.conclude(ctx, err)
}

func (d *dispatcher) newFetch(t *target, cells []*cell) *fetch {
	return &fetch{dispatcher: d, target: t, cells: cells, launch: record.Launch{Provenance: record.Native,
		Launcher: t.machine.Launcher(), BuildKey: t.Key.String(), Payload: t.payload.Digest}}
}

// conclude records verdicts on what is left when no more comes from a machine.
func (f *fetch) conclude(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return nil // what has no verdict is left for Resume
	case f.journalError != nil:
		return f.journalError
	}
	reason := record.Say("the machine came to its end without a verdict on this spec", "该机器已结束，但没有给出此项的结论")
	end := record.SpecEnd{Verdict: record.Error, Detail: &reason}
	var missing *record.Missing
	if errors.As(err, &missing) {
		end = record.SpecEnd{Verdict: record.Miss, Detail: &missing.Reason, Remedy: &missing.Remedy}
	} else if err != nil {
		reason = remote.Sentence(err)
	}
	for _, c := range f.cells {
		if err := f.recordVerdicts(c, c.remaining(f.runsThere(c)), end); err != nil {
			return err
		}
	}
	return nil
}

// fetch takes what a machine says of a target's cells. The machine is not trusted with more than those.
type fetch struct {
	*dispatcher
	target *target
	cells  []*cell
	launch record.Launch

	forwarded map[string][]string // environment of each item's payloads, where their servers are on this machine; nil elsewhere

	bytes        int   // of events
	journalError error // the journal here cannot be written
}

// variables returns what the user has set for an item's payloads, as "NAME=value". What is for other programs holds for this
// machine alone.
func (f *fetch) variables(item string) []string {
	if f.Reads == nil {
		return nil
	}
	reads := slices.DeleteFunc(slices.Clone(f.Reads(item)), func(name string) bool { return !strings.HasPrefix(name, "XCMATRIX_") })
	var env []string
	for _, name := range reads {
		if value := cmp.Or(f.Variables[name], os.Getenv(name)); value != "" {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// job returns what is left to run.
func (f *fetch) job(forwarded map[string]string) remote.Job {
	m := f.Manifest
	m.Targets = slices.DeleteFunc(slices.Clone(m.Targets), func(t store.Target) bool { return t.ID != f.target.ID })
	m.Targets[0].Launcher, m.Targets[0].BuildKey = "native", f.target.Key.String()
	m.Items, m.Cells, m.Excluded, m.Selection, m.Suites = nil, nil, nil, nil, nil
	j := remote.Job{Launcher: f.launch.Launcher, Payload: f.target.payload.Digest, Memory: f.Memory, Noise: f.Noise}
	for _, c := range f.cells {
		p := c.CellPlan
		p.BuildKey = f.target.Key.String()
		if p.Specs = c.remaining(f.runsThere(c)); len(p.Specs) == 0 {
			continue
		}
		m.Cells, j.Attempts = append(m.Cells, p), append(j.Attempts, c.attempts)
		if slices.Contains(m.Items, c.Item) {
			continue
		}
		m.Items = append(m.Items, c.Item)
		if f.Files != nil && len(f.Files(c.Item)) > 0 {
			if j.Files == nil {
				j.Files = map[string]map[string][]byte{}
			}
			j.Files[c.Item] = f.Files(c.Item)
		}
		if f.forwarded == nil {
			j.Env = append(j.Env, f.variables(c.Item)...)
		}
		for _, e := range f.forwarded[c.Item] {
			j.Env = append(j.Env, loopbackPattern().ReplaceAllStringFunc(e, func(address string) string { return cmp.Or(forwarded[address], address) }))
		}
	}
	j.Bound = f.forwarded != nil
	j.Manifest = m
	return j
}

var errTooMuch = errors.New("it has sent more events than the cells can have")

// Entry journals an entry of the machine's journal, if it may be in there.
func (f *fetch) Entry(at store.Position, e remote.Entry) error {
	if f.bytes += len(e.Event); f.bytes > maxEventBytes*(1+len(f.cells)) {
		return errTooMuch
	}
	event, err := record.Parse(e.Event)
	if e.Cell == nil || err != nil {
		return nil
	}
	c := f.cell(*e.Cell)
	if c == nil || !f.allowed(c, event) {
		return nil
	}
	raw := []byte(e.Event)
	if event.Kind == record.KindLaunch {
		if raw, err = f.relaunched(event); err != nil {
			return err
		}
	}
	c.attempts = max(c.attempts, e.Cell.Attempt)
	from := &at
	if f.forwarded != nil {
		from = nil // no other connection goes on from there
	}
	if err := f.journal.AppendFrom(e.Cell, from, raw); err != nil {
		f.journalError = err
		return err
	}
	switch event.Kind {
	case record.KindSpecStart:
		delete(c.findings, event.Spec)
	case record.KindFinding:
		c.findings[event.Spec] = append(c.findings[event.Spec], event.Finding.ID)
	case record.KindSpecEnd:
		f.countVerdict(c, event.Spec, event.End.Verdict)
	}
	return nil
}

// cell returns the cell that an entry is of; nil if it is none of the target's.
func (f *fetch) cell(of store.Cell) *cell {
	i := slices.IndexFunc(f.cells, func(c *cell) bool {
		return c.Target == of.Target && c.Item == of.Item && c.Round == of.Round && of.Attempt > 0
	})
	if i < 0 {
		return nil
	}
	return f.cells[i]
}

// allowed reports whether a machine may say such an event of a cell.
func (f *fetch) allowed(c *cell, e record.Event) bool {
	if e.Kind == record.KindPlan {
		return false
	}
	return e.Spec == "" || c.planned[e.Spec] && !c.ended[e.Spec]
}

// relaunched returns the launch event that is journaled: how a payload was launched is not for the machine to say, but what
// variables it was given.
func (f *fetch) relaunched(e record.Event) ([]byte, error) {
	if e.Launch.Payload != f.launch.Payload {
		return nil, errors.New("it runs another payload than it was sent")
	}
	launch := f.launch
	launch.Environment = e.Launch.Environment
	e.Launch = &launch
	return json.Marshal(e)
}

// attachmentNames are the files of an attempt that attach keeps.
var attachmentNames = append([]string{"log"}, reportNames...)

// Attachment keeps a file of an attempt.
func (f *fetch) Attachment(of store.Cell, name string, content []byte) error {
	c := f.cell(of)
	if c == nil || of.Attempt > c.attempts || !slices.Contains(attachmentNames, name) {
		return nil
	}
	if err := f.journal.Attach(of, name, content); err != nil {
		f.journalError = err
		return err
	}
	return nil
}

// Waiting tells for whom the run on the machine waits.
func (f *fetch) Waiting(h lock.Holder) { f.Notice(record.Say(h.In("en"), h.In("zh"))) }

// Notice tells what happens to the connection.
func (f *fetch) Notice(what record.Sentence) {
	if f.dispatcher.Notice != nil {
		f.dispatcher.Notice(f.target.ID, what)
	}
}
