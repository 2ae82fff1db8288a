package broker

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/matrix/fleet"
)

// atOnce is how many requests of one kind the hub answers at a time: each may wait for the disk.
const atOnce = 64

// requestTime is how long the hub works on a request.
const requestTime = 30 * time.Second

// serve answers the requests of members.
func (h *Hub) serve() error {
	if err := h.readPools(); err != nil {
		return err
	}
	for subject, f := range map[string]func(context.Context, string, *nats.Msg) (any, error){
		reportSubject: h.report, commitSubject: h.commit, payloadSubject: h.payload, poolSubject: h.pool, listSubject: h.list,
	} {
		slots := make(chan struct{}, atOnce)
		s, err := h.conn.Subscribe(subject+"*", func(m *nats.Msg) {
			slots <- struct{}{}
			go func() {
				defer func() { <-slots }()
				ctx, cancel := context.WithTimeout(context.Background(), requestTime)
				defer cancel()
				value, err := f(ctx, last(m.Subject), m)
				answer(m, value, err)
			}()
		})
		if err != nil {
			return err
		}
		if err := s.SetPendingLimits(-1, 1<<30); err != nil {
			return err
		}
	}
	return nil
}

// member returns a member that is not revoked, of a role.
func (h *Hub) member(name, role string) (member, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	m := h.members.Members[name]
	if m == nil || m.Revoked || m.Role != role {
		return member{}, refuse("%s is no %s of this hub", "%s 不是此中心的 %s", name, role)
	}
	return *m, nil
}

// report takes the report of a machine, and returns the pools that it fits.
func (h *Hub) report(ctx context.Context, name string, m *nats.Msg) (any, error) {
	var b fleet.Beat
	if err := json.Unmarshal(m.Data, &b); err != nil || b.Key == "" {
		return nil, refuse("it is no report of an agent", "不是代理的报告")
	}
	if b.V > fleet.Version+1 || b.V < fleet.Version-1 {
		return nil, refuse("the agent is of version %d and the hub of %d: bring the older one up to date", "代理版本为 %d，中心版本为 %d：请升级较旧者", b.V, fleet.Version)
	}
	known, err := h.member(name, fleet.AgentRole)
	if err != nil {
		return nil, err
	}
	if known.Key == "" {
		if err := h.showKey(ctx, name, b.Key); err != nil {
			return nil, err
		}
		if known, err = h.member(name, fleet.AgentRole); err != nil {
			return nil, err
		}
	}
	if known.Key != b.Key {
		return nil, refuse("%s shows another machine key than before: revoke it, and enrol it again", "%s 出示的机器密钥与此前不同：请撤销后重新登记", name)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.beats[name] = beat{b, time.Now()}
	orders := fleet.Orders{V: fleet.Version, Lease: h.lease}
	if known.Reserved != "" {
		return orders, nil
	}
	at := fleet.Machine{ID: name, Labels: known.Labels, Facts: b.Facts}
	for pool, needs := range h.pools {
		if needs.Fits(at) {
			orders.Pools = append(orders.Pools, pool)
		}
	}
	return orders, nil
}

// list returns the machines.
func (h *Hub) list(_ context.Context, name string, _ *nats.Msg) (any, error) {
	if _, err := h.member(name, fleet.CoordinatorRole); err != nil {
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	all := h.members.machines()
	for i := range all {
		if b, ok := h.beats[all[i].ID]; ok {
			all[i].Facts, all[i].Job, all[i].Seen = b.Facts, b.Job, b.at
		}
	}
	return all, nil
}

// leastDisk is the space in bytes that must be free for a new job.
const leastDisk = 1 << 30

// needsKey is the key of a pool's needs in its consumer's metadata.
const needsKey = "needs"

// readPools reads the pools from the consumers that there are.
func (h *Hub) readPools() error {
	ctx, cancel := context.WithTimeout(context.Background(), requestTime)
	defer cancel()
	all := h.jobs.ListConsumers(ctx)
	for c := range all.Info() {
		var needs fleet.Needs
		if json.Unmarshal([]byte(c.Config.Metadata[needsKey]), &needs) == nil {
			h.pools[c.Name] = needs
		}
	}
	return all.Err()
}

// pool makes the pool of a job that a coordinator is going to submit.
func (h *Hub) pool(ctx context.Context, name string, m *nats.Msg) (any, error) {
	var p poolRequest
	if err := json.Unmarshal(m.Data, &p); err != nil || !fleet.ValidName(p.Run) || !fleet.ValidName(p.Job) {
		return nil, refuse("it is no request for a pool", "不是有效的作业池请求")
	}
	if _, err := h.member(name, fleet.CoordinatorRole); err != nil {
		return nil, err
	}
	var fs unix.Statfs_t
	if unix.Statfs(h.dir.path, &fs) == nil && fs.Bavail*uint64(fs.Bsize) < leastDisk {
		return nil, refuse("the hub's disk is full (%d MiB free, %d needed): no job is taken", "中心磁盘已满（剩余 %d MiB，需要 %d MiB）：不接受作业", fs.Bavail*uint64(fs.Bsize)>>20, uint64(leastDisk)>>20)
	}
	if _, err := h.results.GetLastMsgForSubject(ctx, resultSubject+p.Run+"."+p.Job); err == nil {
		return poolAnswer{Done: true}, nil
	}
	needs, err := json.Marshal(p.Needs)
	if err != nil {
		return nil, err
	}
	pool := p.Needs.Pool()
	_, err = h.js.CreateOrUpdateConsumer(ctx, jobStream, jetstream.ConsumerConfig{Durable: pool, FilterSubject: jobSubject + pool + ".>",
		AckPolicy: jetstream.AckExplicitPolicy, AckWait: h.lease, MaxDeliver: -1, MaxAckPending: 10_000, Metadata: map[string]string{needsKey: string(needs)}})
	if err != nil {
		return nil, err
	}
	h.addPool(pool, p.Needs)
	return poolAnswer{}, nil
}

// addPool notes a pool, and wakes the machines that fit it, if it is new.
func (h *Hub) addPool(pool string, needs fleet.Needs) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, known := h.pools[pool]; known {
		return
	}
	h.pools[pool] = needs
	for name, b := range h.beats {
		if m := h.members.Members[name]; m != nil && needs.Fits(fleet.Machine{ID: name, Labels: m.Labels, Facts: b.Facts}) {
			_ = h.conn.Publish(wake(name), nil) // it reports regularly as well
		}
	}
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
	queued, err := h.fits(ctx, name, known, r)
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
	if err == nil {
		h.mu.Lock()
		h.done = append(h.done, doneJob{queued, time.Now()})
		h.mu.Unlock()
	}
	return struct{}{}, err
}

// doneJob is a job whose result was stored at a time.
type doneJob struct {
	sequence uint64 // in the queue
	at       time.Time
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
		_ = h.jobs.DeleteMsg(ctx, job.sequence) // is not there any more, most of the time
	}
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

// fits returns the sequence of the job of a result in the queue; 0 if it is done. It returns an error unless the job was submitted,
// and the machine fits it.
func (h *Hub) fits(ctx context.Context, name string, known member, r fleet.Result) (queued uint64, err error) {
	h.mu.Lock()
	reported, ok := h.beats[name]
	if !ok {
		h.mu.Unlock()
		return 0, fleet.ErrUnreported
	}
	at := fleet.Machine{ID: name, Labels: known.Labels, Facts: reported.Facts}
	var pools []string
	for pool, needs := range h.pools {
		if needs.Fits(at) {
			pools = append(pools, pool)
		}
	}
	h.mu.Unlock()
	for _, pool := range pools {
		if job, err := h.jobs.GetLastMsgForSubject(ctx, jobSubject+pool+"."+r.Run+"."+r.Job); err == nil {
			return job.Sequence, nil
		}
	}
	if err := h.mine(ctx, resultSubject+r.Run+"."+r.Job, r); err == nil || errors.Is(err, fleet.ErrLate) {
		return 0, err
	}
	return 0, refuse("job %s of run %s is none that %s may do", "运行 %[2]s 的作业 %[1]s 不是 %[3]s 可执行的作业", r.Job, r.Run, name)
}
