package run

import (
	"context"
	"errors"
	"slices"

	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/matrix/remote"
	"github.com/xcmatrix/xcmatrix/results/pattern"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// realMachine reports whether the target's payloads run on a machine itself, this one or another.
func (t *target) realMachine() bool { return t.Name == "native" || remote.Elsewhere(t.Name) }

// prepareMachine sets the machine and the payload of a target that is reached by SSH. What a machine found of its ABI world
// and its processor's features decides which payload.
func (d *dispatcher) prepareMachine(ctx context.Context, t *target) error {
	machine := d.Machines[t.ID]
	if machine == nil {
		return record.Wrongf("--matrix", "target %s runs on another machine, and the matrix does not say how it is reached: name the matrix file that it stands in",
			"目标 %s 在另一台机器上运行，而矩阵未给出访问方法：请指定其所在的矩阵文件", t.ID)
	}
	if err := machine.Unusable(); err != nil {
		return err
	}
	t.Key = machine.Key(t.Key)
	t.machine = machine
	if !t.suites {
		return nil
	}
	if m, ok := machine.(interface{ Held() (build.Payload, bool) }); ok {
		if held, ok := m.Held(); ok {
			t.payload = held
			return nil
		}
	}
	var err error
	if t.payload, err = d.Builder.Build(ctx, t.Key); err != nil {
		return err
	}
	return t.payload.CheckStatic()
}

// runThere has a machine run cells, and journals what results from it. Cells whose servers are on this machine, because there are
// none over there, run by a connection that leads to them, if there is such a connection.
func (d *dispatcher) runThere(ctx context.Context, t *target, cells []*cell) error {
	if t.Name == remote.Fleet {
		return d.runJobs(ctx, t, cells)
	}
	here, there := d.byServers(t, cells, nil)
	return d.runDivided(ctx, t, here, there)
}

// runDivided runs cells whose servers are on this machine, and at the same time the others.
func (d *dispatcher) runDivided(ctx context.Context, t *target, here, there []*cell) error {
	var groups []func(context.Context) error
	if len(here) > 0 {
		groups = append(groups, func(ctx context.Context) error { return d.runForwarded(ctx, t, here) })
	}
	if len(there) > 0 {
		groups = append(groups, func(ctx context.Context) error { return d.runUnbound(ctx, t, there) })
	}
	return d.inParallel(ctx, groups)
}

// errOtherServers is the error for a machine that lacks servers which none of the cells needs.
var errOtherServers = &record.Problem{Sentence: record.Say("it refuses to begin for want of servers that these specs do not need", "因缺少这些检查项不需要的服务器而拒绝开始")}

// runUnbound runs cells in a session that no broken connection ends. Where the machine lacks the servers of some, those run by a
// connection that leads to the servers of this machine. A machine that then still lacks some is no reason to end the run of others.
func (d *dispatcher) runUnbound(ctx context.Context, t *target, cells []*cell) error {
	err := d.runSession(ctx, t, cells)
	var without *remote.WithoutError
	if !errors.As(err, &without) {
		return err
	}
	here, there := d.byServers(t, cells, without.Items)
	if len(here) == 0 {
		return d.newFetch(t, cells).conclude(ctx, errOtherServers)
	}
	return d.runDivided(ctx, t, here, there)
}

// byServers divides cells by where their servers are: here are the cells of items, and those whose environment names an address of
// this machine; there are all others.
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

// runJobs runs cells as jobs of a fleet, one for each item, so that all rounds of an item run on the same machine.
func (d *dispatcher) runJobs(ctx context.Context, t *target, cells []*cell) error {
	byItem := map[string][]*cell{}
	for _, c := range cells {
		byItem[c.Item] = append(byItem[c.Item], c)
	}
	var jobs []func(context.Context) error
	for item, cells := range byItem {
		jobs = append(jobs, func(ctx context.Context) error {
			f := d.newFetch(t, cells)
			f.whole = true
			err := t.machine.Carry(ctx, remote.Request{Payload: t.payload, Run: d.Manifest.Run, Target: t.ID, Part: item, Job: f.job}, f)
			if errors.Is(err, remote.ErrDetached) {
				d.detached.Store(true)
				return nil
			}
			if errors.As(err, new(*remote.WithoutError)) {
				err = &record.Missing{Reason: record.Say("there is no server on that machine", "该机器上没有服务器"),
					Remedy: record.Say("install one there, or name one in the agent's environment (XCMATRIX_DSN_…)", "请在该机器上安装服务器，或在代理的环境中指定（XCMATRIX_DSN_…）")}
			}
			return f.conclude(ctx, err)
		})
	}
	return d.inParallel(ctx, jobs)
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
	environment := func(string) []string { return nil }
	if d.StartServices != nil {
		started, stop, err := d.StartServices(ctx, items, d.Variables, d.scratch.make)
		if err != nil {
			return err
		}
		defer stop()
		environment = started
	}
	for _, item := range items {
		f.forwarded[item] = append(f.variables(item), environment(item)...)
		env = append(env, f.forwarded[item]...)
	}
	f.Notice(record.Say("there are no servers over there: those of this machine are used, by the connection", "该机器上没有服务器：经由连接使用本机的服务器"))
	err := t.machine.Forwarding(loopback(env)).Carry(ctx, remote.Request{Payload: t.payload, Run: d.Manifest.Run, Target: t.ID, Job: f.job, Bound: true}, f)
	return f.conclude(ctx, err)
}
