package broker

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/xcmatrix/xcmatrix/matrix/fleet"
)

// placed is a job and the pool in whose queue it is.
type placed struct{ pool, run, job string }

// subject returns the subject of the job in the queue.
func (p placed) subject() string { return jobSubject + p.pool + "." + p.run + "." + p.job }

// placedOf returns the job of a subject in the queue; false if it is none.
func placedOf(subject string) (placed, bool) {
	parts := strings.Split(strings.TrimPrefix(subject, jobSubject), ".")
	if len(parts) != 3 {
		return placed{}, false
	}
	return placed{parts[0], parts[1], parts[2]}, true
}

// maxQueued is how many jobs the hub remembers the pools of; it looks others up in the queue.
const maxQueued = 100_000

// noteQueued remembers the pool of each job that is submitted.
func (h *Hub) noteQueued() error {
	_, err := h.conn.Subscribe(jobSubject+">", func(m *nats.Msg) {
		p, ok := placedOf(m.Subject)
		h.mu.Lock()
		defer h.mu.Unlock()
		if ok && len(h.queued) < maxQueued {
			h.queued[p.run+"."+p.job] = p.pool
		}
	})
	return err
}

// commit stores the result of a job, once.
func (h *Hub) commit(ctx context.Context, name string, m *nats.Msg) (any, error) {
	known, err := h.member(name, fleet.AgentRole)
	if err != nil {
		return nil, err
	}
	r, err := parseResult(m.Header.Get(resultHeader), m.Data)
	switch {
	case err != nil:
		return nil, err
	case r.Machine != name:
		return nil, refuse("%s reports a result of %s", "%s 提交了 %s 的结果", name, r.Machine)
	case known.Key == "":
		return nil, refuse("%s has not shown its machine key", "%s 尚未出示机器密钥", name)
	}
	if err := r.Verify(known.Key); err != nil {
		return nil, refuse("%v", "%v", err)
	}
	pool, err := h.poolOf(ctx, name, known, r)
	if err != nil {
		return nil, err
	}
	subject := resultSubject + r.Run + "." + r.Job
	message, err := resultMessage(subject, r)
	if err != nil {
		return nil, err
	}
	_, err = h.js.PublishMsg(ctx, message, jetstream.WithExpectLastSequencePerSubject(0))
	var refused *jetstream.APIError
	if errors.As(err, &refused) { // there is one: the machine's own from a try whose answer was lost, or another's
		return nil, h.mine(ctx, subject, r)
	}
	if err == nil && pool != "" {
		h.mu.Lock()
		delete(h.queued, r.Run+"."+r.Job)
		h.done = append(h.done, doneJob{placed{pool, r.Run, r.Job}, time.Now()})
		h.mu.Unlock()
	}
	return struct{}{}, err
}

// poolOf returns the pool of the job of a result; "" if the job is done. It returns an error unless the job was submitted, and the
// machine fits it.
func (h *Hub) poolOf(ctx context.Context, name string, known member, r fleet.Result) (string, error) {
	h.mu.Lock()
	reported, ok := h.beats[name]
	at := fleet.Machine{ID: name, Labels: known.Labels, Facts: reported.Facts}
	var pools []string
	for pool, needs := range h.pools {
		if needs.Fits(at) {
			pools = append(pools, pool)
		}
	}
	pool, queued := h.queued[r.Run+"."+r.Job]
	fits := h.pools[pool].Fits(at)
	h.mu.Unlock()
	switch {
	case !ok:
		return "", fleet.ErrUnreported
	case queued && fits:
		return pool, nil
	}
	for _, pool := range pools { // of a job that was submitted before the hub was started
		if _, err := h.jobs.GetLastMsgForSubject(ctx, placed{pool, r.Run, r.Job}.subject()); err == nil {
			return pool, nil
		}
	}
	if err := h.mine(ctx, resultSubject+r.Run+"."+r.Job, r); err == nil || errors.Is(err, fleet.ErrLate) {
		return "", err
	}
	return "", refuse("job %s of run %s is none that %s may do", "运行 %[2]s 的作业 %[1]s 不是 %[3]s 可执行的作业", r.Job, r.Run, name)
}

// mine returns nil if the result that is stored is r, and ErrLate if it is another one.
func (h *Hub) mine(ctx context.Context, subject string, r fleet.Result) error {
	there, err := h.results.GetLastMsgForSubject(ctx, subject)
	if err != nil {
		return err
	}
	stored, err := parseResult(there.Header.Get(resultHeader), there.Data)
	if err != nil {
		return err
	}
	if stored.Machine == r.Machine && stored.Lease == r.Lease && stored.Digest == r.Digest {
		return nil
	}
	return fleet.ErrLate
}

// doneJob is a job whose result was stored at a time.
type doneJob struct {
	placed
	at time.Time
}

// ackTime is how long a job stays in the queue after its result was stored: the agent's acknowledgement takes it away before.
const ackTime = 2 * time.Second

// clearDone takes jobs from the queue that have a result and were not acknowledged: another machine would do them in vain.
func (h *Hub) clearDone() {
	h.mu.Lock()
	n := 0
	for n < len(h.done) && time.Since(h.done[n].at) > ackTime {
		n++
	}
	old := h.done[:n]
	h.done = h.done[n:]
	h.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), requestTime)
	defer cancel()
	for _, job := range old {
		if m, err := h.jobs.GetLastMsgForSubject(ctx, job.subject()); err == nil {
			_ = h.jobs.DeleteMsg(ctx, m.Sequence) // else it is done once more, and that result is late
		}
	}
}
