package fleet

import (
	"bytes"
	"context"
	"errors"
	"os"
	"sync"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/matrix/catalog"
	"github.com/xcmatrix/xcmatrix/matrix/remote"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Group is the machines of a fleet that may run the jobs of a target. It is a remote.Machine.
type Group struct {
	Queue Queue
	Needs Needs
	Wait  time.Duration // how long a job waits while no machine that fits it is there

	Version string // of the engine, for the journal
	Detach  bool   // Carry returns remote.ErrDetached once a job is queued
	Payload string // digest of a payload that is at the hub; "" where it has to be built

	fits     []Machine // when the run began
	unusable error
	built    string // digest of the payload that Carry was given
	once     sync.Once
	sent     error // why the payload is not at the hub
}

// NewGroup returns the machines that have what is needed. If none is enrolled, the group cannot be used.
func NewGroup(ctx context.Context, q Queue, needs Needs, wait time.Duration) *Group {
	g := &Group{Queue: q, Needs: needs, Wait: wait}
	all, err := q.Machines(ctx)
	if err != nil {
		g.unusable = err
		return g
	}
	for _, m := range all {
		if !m.Revoked && needs.Fits(m) {
			g.fits = append(g.fits, m)
		}
	}
	if len(g.fits) == 0 {
		g.unusable = &record.Missing{Reason: record.Sayf("no machine of the fleet is %s", "机群中没有符合 %s 的机器", needs.Sentence()),
			Remedy: record.Say("`xcmatrix hub machines` lists them; enrol one, or correct chip, system or labels of the target", "用 `xcmatrix hub machines` 查看；请登记机器，或更正目标的 chip、system 或 labels")}
	}
	return g
}

// Unusable returns why no machine can take the jobs; nil if one can.
func (g *Group) Unusable() error { return g.unusable }

// Key returns the build key that all machines of the group can run.
func (g *Group) Key(k build.Key) build.Key {
	for _, m := range g.fits {
		if m.Facts.ABIWorld == catalog.OldWorld {
			k.World = build.BothWorlds
		}
		if len(m.Facts.Features) > 0 && catalog.NeedsPurego(k.GOARCH, m.Facts.Features) && k.Tags == "" {
			k.Tags = "purego"
		}
	}
	return k
}

// Held returns the payload that is at the hub already; false where it has to be built.
func (g *Group) Held() (build.Payload, bool) {
	return build.Payload{Digest: g.Payload}, g.Payload != ""
}

// Built returns the digest of the payload that jobs were given; "" if there was none.
func (g *Group) Built() string { return g.built }

// Launcher returns the description of the launcher before a machine has taken a job.
func (g *Group) Launcher() record.Launcher {
	return record.Launcher{Name: remote.Fleet, Version: g.Version, Command: []string{"xcmatrix", "exec", "--request", "-", "--events-fd", "3"}}
}

// Forwarding returns nil: no connection leads to servers of this machine.
func (g *Group) Forwarding([]string) remote.Machine { return nil }

// Close does nothing: the connection to the hub is the queue's.
func (g *Group) Close() {}

// LostError says that a job has no result.
type LostError struct{ Why record.Sentence }

func (e *LostError) Error() string { return e.In("en") }

// In returns the sentence in the language "en" or "zh".
func (e *LostError) In(lang string) string { return e.Why.In(lang) }

// Carry submits a job, and passes its result to the sink.
func (g *Group) Carry(ctx context.Context, r remote.Request, sink remote.Sink) error {
	g.once.Do(func() { g.sent = g.send(ctx, r.Payload) })
	if g.sent != nil {
		return g.sent
	}
	j := Job{V: Version, Run: r.Run, ID: JobID(r.Target, r.Part), Needs: g.Needs, Payload: r.Payload.Digest,
		Open: remote.Open{V: remote.Version, Job: r.Job(nil)}}
	if err := g.Queue.Submit(ctx, j); err != nil {
		return err
	}
	if g.Detach {
		return remote.ErrDetached
	}
	result, err := g.await(ctx, j, sink)
	if err != nil {
		return err
	}
	return g.pass(ctx, j, result, sink)
}

// send stores the payload at the hub, if it is not there.
func (g *Group) send(ctx context.Context, p build.Payload) error {
	g.built = p.Digest
	there, err := g.Queue.HasPayload(ctx, p.Digest)
	if err != nil || there {
		return err
	}
	f, err := os.Open(p.Path)
	if err != nil {
		return err
	}
	defer f.Close()
	return g.Queue.PutPayload(ctx, p.Digest, f)
}

// lookTime is the time between two looks at whether a machine for a job is there.
const lookTime = 10 * time.Second

// await waits for the result of a job. It gives the job up if no machine that fits it has reported for the group's Wait.
func (g *Group) await(ctx context.Context, j Job, sink remote.Sink) (Result, error) {
	ctx, giveUp := context.WithCancelCause(ctx)
	defer giveUp(nil)
	go func() {
		tick := time.NewTicker(lookTime)
		defer tick.Stop()
		there, told := time.Now(), false
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			all, err := g.Queue.Machines(ctx)
			for _, m := range all {
				if g.Needs.Fits(m) && !m.Absent(time.Now()) {
					there, told = time.Now(), false
				}
			}
			switch gone := time.Since(there); {
			case gone > g.Wait:
				giveUp(&LostError{record.Sayf("no machine that is %s has reported for %s (--wait)", "符合 %s 的机器已有 %s 未报告（--wait）", g.Needs.Sentence(), g.Wait)})
			case gone > GoneTime && !told && err == nil:
				told = true
				sink.Notice(record.Sayf("no machine that is %s is there: job %s waits", "没有符合 %s 的机器在线：作业 %s 等待中", g.Needs.Sentence(), j.ID))
			}
		}
	}()
	return g.Queue.Await(ctx, j.Run, j.ID)
}

// pass verifies a result and passes it to the sink.
func (g *Group) pass(ctx context.Context, j Job, r Result, sink remote.Sink) error {
	all, err := g.Queue.Machines(ctx)
	if err != nil {
		return err
	}
	var by *Machine
	for i := range all {
		if all[i].ID == r.Machine {
			by = &all[i]
		}
	}
	switch {
	case by == nil:
		return &LostError{record.Sayf("the result of job %s is of machine %s, which is not enrolled", "作业 %s 的结果来自未登记的机器 %s", j.ID, r.Machine)}
	case g.Needs.Machine != "" && by.ID != g.Needs.Machine:
		return &LostError{record.Sayf("the result of job %s is of machine %s, and %s was asked for", "作业 %s 的结果来自机器 %s，而要求的是 %s", j.ID, r.Machine, g.Needs.Machine)}
	}
	if err := r.Verify(by.Key); err != nil {
		return &LostError{record.Sayf("the result is refused: %v", "结果被拒绝：%v", err)}
	}
	if r.Lost != nil {
		return &LostError{*r.Lost}
	}
	launcher := g.Launcher()
	launcher.HostKey = Fingerprint(by.Key)
	if l, ok := sink.(remote.Locator); ok {
		l.RanOn(launcher)
	}
	sink.Notice(record.Sayf("machine %s has done job %s", "机器 %s 已完成作业 %s", r.Machine, j.ID))
	err = remote.Replay(bytes.NewReader(r.Frames), r.Machine, sink)
	if errors.As(err, new(*remote.EndError)) || errors.As(err, new(*remote.WithoutError)) {
		return err
	}
	return err
}
