package cli

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix"
	"github.com/xcmatrix/xcmatrix/matrix/fleet"
	"github.com/xcmatrix/xcmatrix/matrix/machine"
	"github.com/xcmatrix/xcmatrix/matrix/remote"
	"github.com/xcmatrix/xcmatrix/matrix/ssh"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// reaching is what connects to the machines of a run while the rest of it is put together.
type reaching struct {
	app     *app
	resumed *store.Run // the run that is resumed; nil for a new one
	wait    time.Duration
	hub     string      // credential of a hub; "" for none
	queue   fleet.Queue // connection to the hub; nil where no target needs it

	detach   bool            // jobs are only queued
	detached *fleet.Detached // the run that is followed; nil for others

	cancel  context.CancelFunc
	done    chan struct{} // closed at the end; nil before the beginning
	clients map[string]remote.Machine
	err     error
}

// begin begins to connect to the machines of what is planned.
func (r *reaching) begin(ctx context.Context, planned []matrix.Target) {
	ctx, r.cancel = context.WithCancel(ctx)
	r.done = make(chan struct{})
	go func() {
		defer close(r.done)
		var targets []matrix.Target
		if targets, r.err = r.targets(planned); r.err == nil {
			r.clients, r.err = r.reach(ctx, targets, r.resumed == nil && len(targets) == len(planned))
		}
	}()
}

// end waits for the machines.
func (r *reaching) end() (map[string]remote.Machine, error) {
	<-r.done
	return r.clients, r.err
}

// close ends the connections that nothing was started on.
func (r *reaching) close() {
	if r.done != nil {
		r.cancel()
		<-r.done
		closeAll(r.clients)
	}
	if r.queue != nil {
		r.queue.Close()
	}
}

// targets are the targets of a run that other machines run: of a new one those that are planned, of a resumed one those
// that have something left.
func (r *reaching) targets(planned []matrix.Target) ([]matrix.Target, error) {
	if r.resumed == nil {
		return slices.DeleteFunc(slices.Clone(planned), func(t matrix.Target) bool { return !remote.Elsewhere(t.Run) }), nil
	}
	if r.detached != nil {
		return r.watched(), nil
	}
	m, err := r.app.declared()
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(m.Targets), func(t matrix.Target) bool {
		return !remote.Elsewhere(t.Run) || !left(r.resumed, t.ID)
	}), nil
}

// left reports whether a target of a run has specs without a verdict.
func left(r *store.Run, target string) bool {
	return slices.ContainsFunc(r.Cells, func(c *store.CellRun) bool {
		return c.Target == target && slices.ContainsFunc(c.Specs, func(s *store.Spec) bool { return !s.Ended })
	})
}

// reach connects to machines and looks at them, all at the same time, before anything is written. What is wrong with one is
// an error: so is what one lacks, or that it cannot be reached, where nothing else would run. Else its specs get a verdict
// that says so.
func (r *reaching) reach(ctx context.Context, targets []matrix.Target, alone bool) (map[string]remote.Machine, error) {
	if len(targets) == 0 {
		return nil, nil
	}
	if err := r.connectHub(targets); err != nil {
		return nil, err
	}
	machines := make([]remote.Machine, len(targets))
	var waiting sync.WaitGroup
	var coordinator string
	var err error
	waiting.Go(func() { coordinator, err = machine.Digest() })
	for i, t := range targets {
		waiting.Go(func() { machines[i] = r.machine(ctx, t) })
	}
	waiting.Wait()
	if err != nil {
		return nil, err
	}
	byTarget := map[string]remote.Machine{}
	var failed []error
	for i, m := range machines {
		byTarget[targets[i].ID] = m
		if c, ok := m.(*remote.Client); ok {
			c.Coordinator = coordinator
		}
		if err := m.Unusable(); err != nil {
			failed = append(failed, err)
		}
	}
	wrong := slices.IndexFunc(failed, func(err error) bool { return errors.As(err, new(*record.Problem)) })
	switch {
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	case wrong >= 0:
		err = failed[wrong]
	case alone && len(failed) == len(targets):
		err = failed[0]
	default:
		return byTarget, nil
	}
	closeAll(byTarget)
	return nil, err
}

// connectHub connects to the hub, if a target needs it.
func (r *reaching) connectHub(targets []matrix.Target) error {
	i := slices.IndexFunc(targets, func(t matrix.Target) bool { return t.Run == remote.Fleet })
	if i < 0 || r.queue != nil {
		return nil
	}
	var err error
	if r.queue, err = r.app.fleetQueue(r.hub); err == nil && r.queue == nil {
		err = record.Wrongf("--hub", "target %s runs on a fleet: name the coordinator's credential of its hub", "目标 %s 在机群上运行：请指定其中心的协调者凭据", targets[i].ID)
	}
	return err
}

// machine returns what runs the cells of a target.
func (r *reaching) machine(ctx context.Context, t matrix.Target) remote.Machine {
	if t.Run != remote.Fleet {
		return r.app.reachOne(ctx, t, r.wait)
	}
	if r.detached != nil {
		return &fleet.Group{Queue: r.queue, Needs: r.detached.Needs[t.ID], Wait: r.wait, Version: engineVersion(), Payload: r.detached.Payloads[t.ID]}
	}
	g := fleet.NewGroup(ctx, r.queue, fleet.Needs{GOOS: t.GOOS, GOARCH: t.GOARCH, Chip: t.Chip, System: t.System, World: t.World, Machine: t.Machine, Labels: t.Labels}, r.wait)
	g.Version, g.Detach = engineVersion(), r.detach
	return g
}

// reachOne connects to the machine of a target and looks at it.
func (a *app) reachOne(ctx context.Context, t matrix.Target, wait time.Duration) *remote.Client {
	h := a.sshHost(t)
	m, err := ssh.Reach(ctx, h)
	if err != nil {
		return &remote.Client{Host: h, Failed: err}
	}
	err = m.Check(t.GOOS, t.GOARCH, t.World)
	if err == nil {
		err = m.CheckCode(t.Code)
	}
	if err != nil {
		m.Close()
		return &remote.Client{Host: h, Failed: err}
	}
	for _, note := range m.Notes() {
		a.notice(t.ID, note)
	}
	return remote.NewClient(m, wait)
}

// sshHost is the machine of a target as ssh is told it.
func (a *app) sshHost(t matrix.Target) ssh.Host {
	return ssh.Host{Target: t.ID, Place: t.HostPlace, Name: t.Host, Config: t.SSHConfig}.Resolved(a.matrix)
}

// notice prints what happens to the connection to a target's machine.
func (a *app) notice(target string, what record.Sentence) {
	if !a.quiet {
		printf(a.err, "%s: %s\n", target, what.In(a.lang))
	}
}

// closeAll ends the connections to machines on which nothing was started.
func closeAll(clients map[string]remote.Machine) {
	for _, c := range clients {
		c.Close()
	}
}
