package broker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/xcmatrix/xcmatrix/matrix/fleet"
)

// queue is a coordinator's connection.
type queue struct {
	conn *nats.Conn
	js   jetstream.JetStream
	name string

	mu      sync.Mutex
	runs    map[string]jetstream.ConsumeContext // of the results of each run
	came    map[string]fleet.Result             // by run and job
	waiters map[string]chan struct{}            // closed when the result is there
}

// NewQueue connects a coordinator.
func NewQueue(c fleet.Credential) (fleet.Queue, error) {
	conn, err := connect(c)
	if err != nil {
		return nil, err
	}
	js, err := jetstream.New(conn)
	if err != nil {
		conn.Close()
		return nil, err
	}
	return &queue{conn: conn, js: js, name: c.Name, runs: map[string]jetstream.ConsumeContext{}, came: map[string]fleet.Result{}, waiters: map[string]chan struct{}{}}, nil
}

func (q *queue) Close() {
	q.mu.Lock()
	for _, c := range q.runs {
		c.Stop()
	}
	q.mu.Unlock()
	q.conn.Close()
}

// ask sends a request to the hub and decodes the answer.
func (q *queue) ask(ctx context.Context, subject string, question, into any) error {
	raw, err := json.Marshal(question)
	if err != nil {
		return err
	}
	got, err := request(ctx, q.conn, &nats.Msg{Subject: subject + q.name, Data: raw}, tryTime)
	if err != nil {
		return err
	}
	return json.Unmarshal(got.Data, into)
}

func (q *queue) Machines(ctx context.Context) ([]fleet.Machine, error) {
	var all []fleet.Machine
	return all, q.ask(ctx, listSubject, nil, &all)
}

// again calls f until it returns another error than that the connection is lost, which is made again meanwhile.
func again(ctx context.Context, f func() error) error {
	for {
		err := f()
		if !lostWithConnection(err) || ctx.Err() != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// lostWithConnection reports whether an error is that of a connection which is lost, or of a hub that is starting again.
func lostWithConnection(err error) bool {
	for _, one := range []error{nats.ErrReconnectBufExceeded, nats.ErrConnectionReconnecting, nats.ErrTimeout, nats.ErrNoResponders, nats.ErrDisconnected, jetstream.ErrNoStreamResponse, context.DeadlineExceeded} {
		if errors.Is(err, one) {
			return true
		}
	}
	return false
}

func (q *queue) HasPayload(ctx context.Context, digest string) (bool, error) {
	files, err := q.js.ObjectStore(ctx, payloads)
	if err != nil {
		return false, err
	}
	_, err = files.GetInfo(ctx, objectName(digest))
	if errors.Is(err, jetstream.ErrObjectNotFound) {
		return false, nil
	}
	return err == nil, err
}

func (q *queue) PutPayload(ctx context.Context, digest string, content io.Reader) error {
	files, err := q.js.ObjectStore(ctx, payloads)
	if err != nil {
		return err
	}
	_, err = files.Put(ctx, jetstream.ObjectMeta{Name: objectName(digest), Opts: &jetstream.ObjectMetaOptions{ChunkSize: pieceSize}}, content)
	return err
}

// runName returns the name of the object of a detached run.
func runName(run string) string { return "run-" + run }

func (q *queue) PutDetached(ctx context.Context, d fleet.Detached) error {
	raw, err := json.Marshal(d)
	if err != nil {
		return err
	}
	files, err := q.js.ObjectStore(ctx, payloads)
	if err != nil {
		return err
	}
	_, err = files.PutBytes(ctx, runName(d.Manifest.Run), raw)
	return err
}

func (q *queue) Detached(ctx context.Context, run string) (fleet.Detached, error) {
	var d fleet.Detached
	if !fleet.ValidName(run) {
		return d, fleet.ErrNoRun
	}
	files, err := q.js.ObjectStore(ctx, payloads)
	if err != nil {
		return d, err
	}
	raw, err := files.GetBytes(ctx, runName(run))
	if errors.Is(err, jetstream.ErrObjectNotFound) {
		return d, fleet.ErrNoRun
	}
	if err != nil {
		return d, err
	}
	if err := json.Unmarshal(raw, &d); err != nil || d.Manifest.Run != run || d.V > fleet.Version+1 {
		return d, refuse("what the hub has of run %s cannot be read by this program: bring it up to date", "本程序无法读取中心保存的运行 %s：请升级本程序", run)
	}
	return d, nil
}

func (q *queue) Submit(ctx context.Context, j fleet.Job) error {
	var pool poolAnswer
	if err := q.ask(ctx, poolSubject, poolRequest{fleet.Version, j.Needs, j.Run, j.ID}, &pool); err != nil || pool.Done {
		return err
	}
	raw, err := json.Marshal(j)
	if err != nil {
		return err
	}
	err = again(ctx, func() error {
		_, err := q.js.Publish(ctx, fmt.Sprintf("%s%s.%s.%s", jobSubject, j.Needs.Pool(), j.Run, j.ID), raw)
		return err
	})
	var refused *jetstream.APIError
	if errors.As(err, &refused) && refused.ErrorCode == notStored && strings.Contains(refused.Description, "per subject") {
		return nil // it is queued
	}
	return err
}

// notStored is JetStream's error code for a message that the stream does not take: one subject has one message.
const notStored jetstream.ErrorCode = 10077

func (q *queue) Await(ctx context.Context, run, job string) (fleet.Result, error) {
	key := run + "/" + job
	if err := q.follow(ctx, run); err != nil {
		return fleet.Result{}, err
	}
	q.mu.Lock()
	there := q.waiters[key]
	if there == nil {
		there = make(chan struct{})
		q.waiters[key] = there
		if _, ok := q.came[key]; ok {
			close(there)
		}
	}
	q.mu.Unlock()
	select {
	case <-there:
	case <-ctx.Done():
		return fleet.Result{}, context.Cause(ctx)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	r := q.came[key]
	delete(q.came, key)
	delete(q.waiters, key)
	return r, nil
}

// follow begins to receive the results of a run, those that are there included.
func (q *queue) follow(ctx context.Context, run string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.runs[run] != nil {
		return nil
	}
	var c jetstream.Consumer
	err := again(ctx, func() (err error) {
		c, err = q.js.OrderedConsumer(ctx, resultStream, jetstream.OrderedConsumerConfig{FilterSubjects: []string{resultSubject + run + ".>"}})
		return err
	})
	if err != nil {
		return err
	}
	q.runs[run], err = c.Consume(func(m jetstream.Msg) {
		r, err := parseResult(m.Headers().Get(resultHeader), m.Data())
		if err != nil {
			return // the hub stores none that cannot be read
		}
		key := r.Run + "/" + r.Job
		q.mu.Lock()
		defer q.mu.Unlock()
		if _, twice := q.came[key]; twice || m.Subject() != resultSubject+r.Run+"."+r.Job {
			return
		}
		q.came[key] = r
		if there := q.waiters[key]; there != nil {
			close(there)
		}
	}, jetstream.PullMaxMessages(4)) // each may have MaxResult bytes
	return err
}
