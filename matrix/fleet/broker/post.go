package broker

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/xcmatrix/xcmatrix/matrix/fleet"
)

// post is an agent's connection.
type post struct {
	conn *nats.Conn
	name string
	turn int // of the pool that is asked next

	woken chan struct{}
}

// NewPost connects an agent.
func NewPost(c fleet.Credential) (fleet.Post, error) {
	conn, err := connect(c)
	if err != nil {
		return nil, err
	}
	p := &post{conn: conn, name: c.Name, woken: make(chan struct{}, 1)}
	_, err = conn.Subscribe(wake(c.Name), func(*nats.Msg) {
		select {
		case p.woken <- struct{}{}:
		default:
		}
	})
	if err != nil {
		conn.Close()
		return nil, err
	}
	return p, nil
}

func (p *post) Woken() <-chan struct{} { return p.woken }

func (p *post) Machine() string { return p.name }

func (p *post) Close() { p.conn.Close() }

func (p *post) Report(ctx context.Context, b fleet.Beat) (fleet.Orders, error) {
	var orders fleet.Orders
	raw, err := json.Marshal(b)
	if err != nil {
		return orders, err
	}
	got, err := request(ctx, p.conn, &nats.Msg{Subject: reportSubject + p.name, Data: raw}, tryTime)
	if err != nil {
		return orders, err
	}
	return orders, json.Unmarshal(got.Data, &orders)
}

// nextTime is how long the hub keeps a question for a job open.
const nextTime = 2 * time.Second

// Next asks one pool after another, from call to call.
func (p *post) Next(ctx context.Context, pools []string) (fleet.Delivery, error) {
	if len(pools) == 0 {
		return nil, nil
	}
	limit := nextTime / time.Duration(len(pools))
	for range pools {
		p.turn = (p.turn + 1) % len(pools)
		d, err := p.ask(ctx, pools[p.turn], max(limit, 50*time.Millisecond))
		if d != nil || err != nil {
			return d, err
		}
	}
	return nil, nil
}

// ask asks one pool.
func (p *post) ask(ctx context.Context, pool string, limit time.Duration) (fleet.Delivery, error) {
	answers, err := p.conn.SubscribeSync(p.conn.NewInbox())
	if err != nil {
		return nil, err
	}
	defer answers.Unsubscribe() //nolint:errcheck // the connection is gone then
	question, err := json.Marshal(map[string]any{"batch": 1, "expires": limit.Nanoseconds()})
	if err != nil {
		return nil, err
	}
	if err := p.conn.PublishRequest("$JS.API.CONSUMER.MSG.NEXT."+jobStream+"."+pool, answers.Subject, question); err != nil {
		return nil, ignoreLost(err)
	}
	waiting, cancel := context.WithTimeout(ctx, limit+time.Second)
	defer cancel()
	m, err := answers.NextMsgWithContext(waiting)
	if err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, ignoreLost(err)
	}
	if status := m.Header.Get("Status"); status != "" && len(m.Data) == 0 { // no job: 404, 408, 409
		if code, _ := strconv.Atoi(status); code == 503 || code == 404 {
			time.Sleep(100 * time.Millisecond)
		}
		return nil, nil
	}
	meta, err := m.Metadata()
	if err != nil {
		return nil, err
	}
	d := &delivery{m: m, lease: int(meta.NumDelivered)}
	if err := json.Unmarshal(m.Data, &d.job); err != nil || !fleet.ValidName(d.job.Run) || !fleet.ValidName(d.job.ID) || d.job.V > fleet.Version+1 {
		_ = m.Term()
		return nil, errors.New("a job came that this program cannot read: bring it up to date")
	}
	return d, nil
}

// ignoreLost returns nil for an error that another connection mends.
func ignoreLost(err error) error {
	if errors.Is(err, nats.ErrConnectionClosed) || errors.Is(err, nats.ErrBadSubscription) {
		return err
	}
	return nil
}

// delivery is a job with its lease.
type delivery struct {
	m     *nats.Msg
	job   fleet.Job
	lease int
}

func (d *delivery) Job() fleet.Job { return d.job }
func (d *delivery) Lease() int     { return d.lease }
func (d *delivery) Renew() error   { return d.m.InProgress() }
func (d *delivery) Done() error    { return d.m.Ack() }
func (d *delivery) Release()       { _ = d.m.NakWithDelay(time.Second) } // lost with the connection, the lease ends

func (p *post) Payload(ctx context.Context, digest string, w io.Writer) error {
	for at := int64(0); ; {
		raw, err := json.Marshal(payloadRequest{digest, at})
		if err != nil {
			return err
		}
		got, err := request(ctx, p.conn, &nats.Msg{Subject: payloadSubject + p.name, Data: raw}, 30*time.Second)
		if err != nil {
			return err
		}
		if _, err := w.Write(got.Data); err != nil {
			return err
		}
		if at += int64(len(got.Data)); len(got.Data) < pieceSize {
			return nil
		}
	}
}

func (p *post) Commit(ctx context.Context, r fleet.Result) error {
	m, err := resultMessage(commitSubject+p.name, r)
	if err != nil {
		return err
	}
	_, err = request(ctx, p.conn, m, max(tryTime, time.Duration(len(r.Frames)>>20)*2*time.Second))
	return err
}
