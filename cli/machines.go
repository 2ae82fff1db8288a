package cli

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix"
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

	cancel  context.CancelFunc
	done    chan struct{} // closed at the end; nil before the beginning
	clients map[string]*remote.Client
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
			r.clients, r.err = r.app.reach(ctx, targets, r.resumed == nil && len(targets) == len(planned), r.wait)
		}
	}()
}

// end waits for the machines.
func (r *reaching) end() (map[string]*remote.Client, error) {
	<-r.done
	return r.clients, r.err
}

// close ends the connections that nothing was started on.
func (r *reaching) close() {
	if r.done == nil {
		return
	}
	r.cancel()
	<-r.done
	closeAll(r.clients)
}

// targets are the targets of a run that are reached by SSH: of a new one those that are planned, of a resumed one those
// that have something left.
func (r *reaching) targets(planned []matrix.Target) ([]matrix.Target, error) {
	if r.resumed == nil {
		return slices.DeleteFunc(slices.Clone(planned), func(t matrix.Target) bool { return t.Run != remote.Launcher }), nil
	}
	m, err := r.app.declared()
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(m.Targets), func(t matrix.Target) bool {
		return t.Run != remote.Launcher || !left(r.resumed, t.ID)
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
func (a *app) reach(ctx context.Context, targets []matrix.Target, alone bool, wait time.Duration) (map[string]*remote.Client, error) {
	if len(targets) == 0 {
		return nil, nil
	}
	clients := make([]*remote.Client, len(targets))
	var waiting sync.WaitGroup
	var coordinator string
	var err error
	waiting.Go(func() { coordinator, err = machine.Digest() })
	for i, t := range targets {
		waiting.Go(func() { clients[i] = a.reachOne(ctx, t, wait) })
	}
	waiting.Wait()
	if err != nil {
		return nil, err
	}
	byTarget := map[string]*remote.Client{}
	var failed []error
	for i, c := range clients {
		byTarget[targets[i].ID], c.Coordinator = c, coordinator
		if c.Failed != nil {
			failed = append(failed, c.Failed)
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
func closeAll(clients map[string]*remote.Client) {
	for _, c := range clients {
		c.Close()
	}
}
