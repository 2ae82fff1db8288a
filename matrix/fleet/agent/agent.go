// Package agent takes jobs from a hub and runs them on this machine. A job is run by a session, as one that comes by SSH, so it
// outlives the agent's connection and the agent itself; its result is kept until the hub has it.
package agent

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix/fleet"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/regular"
)

// Options are what an agent needs.
type Options struct {
	Post  fleet.Post
	Dir   string                // with the machine's key, payloads, sessions and results that are not at the hub yet
	Env   []string              // of payloads, "NAME=value"
	Facts func() record.Machine // of this machine, now
	Tell  func(record.Sentence) // what happens; nil for nobody
	Once  bool                  // end after one job
}

// agent runs jobs.
type agent struct {
	Options
	key   fleet.Key
	lease time.Duration // of a job

	mu  sync.Mutex
	job string // that runs, as run/job
}

// Run takes jobs until ctx is done. It returns an error if the hub refuses the machine, or the directory cannot be used.
func Run(ctx context.Context, o Options) error {
	key, err := fleet.OpenKey(o.Dir)
	if err != nil {
		return err
	}
	a := &agent{Options: o, key: key}
	orders, err := a.report(ctx)
	if err != nil {
		return err
	}
	if a.lease = orders.Lease; a.lease <= 0 {
		a.lease = fleet.LeaseTime
	}
	if err := a.goOn(ctx); err != nil {
		return err
	}
	pools := make(chan []string, 1)
	pools <- orders.Pools
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go a.beat(ctx, pools, cancel)
	return a.take(ctx, pools)
}

// report reports once, and returns what the hub answers.
func (a *agent) report(ctx context.Context) (fleet.Orders, error) {
	a.mu.Lock()
	job := a.job
	a.mu.Unlock()
	return a.Post.Report(ctx, fleet.Beat{V: fleet.Version, Key: a.key.Public(), Facts: a.Facts(), Job: job})
}

// beat reports until ctx is done, and passes on which pools the machine fits. A refusal ends the agent.
func (a *agent) beat(ctx context.Context, pools chan []string, end context.CancelCauseFunc) {
	tick := time.NewTicker(fleet.BeatTime)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-a.Post.Woken():
		}
		orders, err := a.report(ctx)
		var refused *record.Problem
		switch {
		case errors.As(err, &refused):
			end(err)
			return
		case err == nil:
			select {
			case <-pools: // nobody has read the last ones
			default:
			}
			pools <- orders.Pools
		}
	}
}

// take takes jobs, one at a time.
func (a *agent) take(ctx context.Context, pools chan []string) error {
	var fits []string
	for ctx.Err() == nil {
		if len(fits) == 0 {
			select {
			case fits = <-pools:
			case <-ctx.Done():
			}
			continue
		}
		select {
		case fits = <-pools:
		default:
		}
		d, err := a.Post.Next(ctx, fits)
		switch {
		case ctx.Err() != nil:
		case err != nil:
			a.tell(record.Sayf("%v", "%v", err))
			pause(ctx, time.Second)
		case d != nil:
			if err := a.work(ctx, d); err != nil {
				a.tell(record.Sayf("%v", "%v", err))
				pause(ctx, time.Second)
			} else if a.Once {
				return nil
			}
		}
	}
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

func (a *agent) tell(what record.Sentence) {
	if a.Tell != nil {
		a.Tell(what)
	}
}

// work runs a job and stores its result at the hub, and renews the lease meanwhile.
func (a *agent) work(ctx context.Context, d fleet.Delivery) error {
	j := d.Job()
	stop := a.keep(d)
	defer stop()
	if err := a.begin(j, d.Lease()); err != nil {
		return err
	}
	err := a.carry(ctx, j, d.Lease())
	switch {
	case errors.Is(err, errGivenBack):
		d.Release()
		pause(ctx, a.lease)
		return nil
	case err != nil:
		return err
	}
	return d.Done()
}

// errGivenBack says that a job has no result of this machine, and another one may try it.
var errGivenBack = errors.New("the job is given back")

// keep renews the lease of a job until stop is called.
func (a *agent) keep(d fleet.Delivery) (stop func()) {
	end := make(chan struct{})
	go func() {
		tick := time.NewTicker(a.lease / 4)
		defer tick.Stop()
		for {
			select {
			case <-end:
				return
			case <-tick.C:
				_ = d.Renew() // without a connection the job goes to another agent, and this result will be late
			}
		}
	}()
	return sync.OnceFunc(func() { close(end) })
}

// jobFile has the job that an agent runs, so that an agent that is started again goes on with it.
const jobFile = "job.json"

// held is the content of jobFile.
type held struct {
	Job   fleet.Job `json:"job"`
	Lease int       `json:"lease"`
}

// begin notes the job that runs.
func (a *agent) begin(j fleet.Job, lease int) error {
	a.setJob(j.Run + "/" + j.ID)
	a.tell(record.Sayf("job %s of run %s begins", "开始运行 %[2]s 的作业 %[1]s", j.ID, j.Run))
	raw, err := json.Marshal(held{j, lease})
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(a.Dir, jobFile), raw, 0o600)
}

func (a *agent) setJob(name string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.job = name
}

// maxJob is the largest jobFile in bytes.
const maxJob = 64 << 20

// goOn finishes the job that an earlier agent of this directory has begun. Its lease may be lost: the hub decides.
func (a *agent) goOn(ctx context.Context) error {
	raw, err := regular.ReadNamed(filepath.Join(a.Dir, jobFile), maxJob)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	var h held
	if err == nil {
		err = json.Unmarshal(raw, &h)
	}
	if err != nil || !fleet.ValidName(h.Job.Run) || !fleet.ValidName(h.Job.ID) {
		return os.Remove(filepath.Join(a.Dir, jobFile)) // half written: the hub gives the job to somebody
	}
	a.setJob(h.Job.Run + "/" + h.Job.ID)
	a.tell(record.Sayf("job %s of run %s goes on", "继续运行 %[2]s 的作业 %[1]s", h.Job.ID, h.Job.Run))
	err = a.carry(ctx, h.Job, h.Lease)
	if errors.Is(err, errGivenBack) {
		return nil // its lease ends by itself
	}
	return err
}

// carry runs a job to its end, and commits its result. It returns nil as well if the job has the result of another machine, and
// errGivenBack if the machine cannot run it, or the hub refuses the result: the last machine that may try says so in a result.
func (a *agent) carry(ctx context.Context, j fleet.Job, lease int) error {
	r := fleet.Result{V: fleet.Version, Run: j.Run, Job: j.ID, Machine: a.Post.Machine(), Lease: lease}
	if lease > fleet.MaxLeases {
		lost := record.Sayf("%d machines have lost this job: their agents or their connections ended", "已有 %d 台机器丢失此作业：其代理或连接已终止", lease-1)
		r.Lost = &lost
	} else if err := a.session(ctx, j, &r); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx) // the session goes on; the next agent of this directory ends it
		}
		said := record.Sayf("machine %s cannot run this job: %v", "机器 %s 无法运行此作业：%v", r.Machine, err)
		a.tell(said)
		if lease < fleet.MaxLeases {
			return errors.Join(errGivenBack, a.end(j))
		}
		r.Lost = &said
	}
	err := a.commit(ctx, r)
	var refused *record.Problem
	switch {
	case errors.Is(err, fleet.ErrLate):
		a.tell(record.Sayf("the result of job %s is late: another machine has done it", "作业 %s 的结果已迟：已由其他机器完成", j.ID))
	case errors.As(err, &refused):
		a.tell(record.Sayf("the hub refuses the result of job %s: %s", "中心拒绝作业 %s 的结果：%s", j.ID, refused.Sentence))
		return errors.Join(errGivenBack, a.end(j))
	case err != nil:
		return err
	default:
		a.tell(record.Sayf("job %s of run %s is done", "运行 %[2]s 的作业 %[1]s 已完成", j.ID, j.Run))
	}
	return a.end(j)
}

// commit signs a result and stores it at the hub. A hub that was started again first gets a report.
func (a *agent) commit(ctx context.Context, r fleet.Result) error {
	if err := a.key.Sign(&r); err != nil {
		return err
	}
	for {
		err := a.Post.Commit(ctx, r)
		if !errors.Is(err, fleet.ErrUnreported) {
			return err
		}
		if _, err := a.report(ctx); err != nil {
			return err
		}
	}
}

// end forgets the job that runs.
func (a *agent) end(j fleet.Job) error {
	a.setJob("")
	a.forget(j)
	return os.Remove(filepath.Join(a.Dir, jobFile))
}
