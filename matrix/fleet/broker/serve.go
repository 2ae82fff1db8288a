package broker

import (
	"context"
	"encoding/json"
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
	if err := h.noteQueued(); err != nil {
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
