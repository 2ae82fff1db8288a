package remote

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/matrix/lock"
	"github.com/xcmatrix/xcmatrix/matrix/ssh"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// Launcher is the name of the launcher for machines that are reached by SSH.
const Launcher = "ssh"

// Client runs cells on one machine and fetches their events.
type Client struct {
	Host        ssh.Host
	Failed      error         // why the machine cannot be reached or cannot run payloads; nil if it can
	Wait        time.Duration // how long to wait for a machine after the connection is lost
	Coordinator string        // digest of the program that this process runs

	first   *ssh.Machine // of the first connection
	machine *ssh.Machine // connected and not used yet; nil if there is none
}

// NewClient returns a client of a machine that was reached.
func NewClient(m *ssh.Machine, wait time.Duration) *Client {
	return &Client{Host: m.Host, Wait: wait, first: m, machine: m}
}

// Key returns the build key of payloads for the machine.
func (c *Client) Key(k build.Key) build.Key { return c.first.Key(k) }

// About returns a line about the machine: name, architecture, kernel, page size and directory.
func (c *Client) About() string {
	m := c.first
	return fmt.Sprintf("%s, %s, Linux %s, %d KiB, %s", m.Name, m.Machine, m.Kernel, m.Page>>10, m.Base)
}

// Forwarding returns a client of the same machine whose connections lead to addresses of this one.
func (c *Client) Forwarding(addresses []string) *Client {
	other := &Client{Host: c.Host, Wait: c.Wait, Coordinator: c.Coordinator, first: c.first}
	other.Host.Forward = addresses
	return other
}

// Close ends the connection.
func (c *Client) Close() {
	if c.machine != nil {
		c.machine.Close()
		c.machine = nil
	}
}

// Launcher returns the description of the launcher for the journal.
func (c *Client) Launcher() record.Launcher {
	return record.Launcher{Name: Launcher, Version: c.first.Client, HostKey: c.first.HostKey, Coordinator: c.Coordinator,
		Command: []string{"ssh", "HOST", "xcmatrix", "exec", "--request", "-", "--events-fd", "3"}}
}

// Sink receives the events of a machine.
type Sink interface {
	// Entry receives an entry of the machine's journal. Each is passed once, in order.
	Entry(at store.Position, e Entry) error
	// Attachment receives an attachment of an attempt.
	Attachment(cell store.Cell, name string, content []byte) error
	// Waiting is called with the holder of the machine lock for which the run waits.
	Waiting(h lock.Holder)
	// Notice is called with a sentence about a change of the connection.
	Notice(what record.Sentence)
}

// Request is a request to run cells.
type Request struct {
	Payload build.Payload
	Run     string         // id of the run
	Target  string         // id
	At      store.Position // up to which the machine's journal was fetched already; zero for nothing

	// Job returns the job with the cells that are left. forwarded maps addresses of this machine to the addresses on the
	// other machine that lead to them.
	Job func(forwarded map[string]string) Job

	// Bound says that the run on the machine ends with the connection, and the rest begins again with the next one,
	// because its specs reach servers through the connection. No verdict on a broken connection is kept.
	Bound bool

	came int // number of entries received
}

// Pauses between two attempts to connect grow from the first to the last.
const (
	firstPause = 500 * time.Millisecond
	lastPause  = time.Minute
)

// Carry runs cells on the machine and returns when all events have been received. It connects again if a connection
// breaks. The error is an *ssh.LostError if the machine was not reachable for c.Wait, and an *EndError if the run on the
// machine did not end normally.
func (c *Client) Carry(ctx context.Context, r Request, sink Sink) error {
	if r.At.Session == 0 {
		r.At.Session = 1
	}
	pause, since := firstPause, time.Now()
	for {
		before := r.came
		err := c.session(ctx, &r, sink)
		switch {
		case err == nil || ctx.Err() != nil:
			return err
		case errors.As(err, new(*EndError)), errors.As(err, new(*sinkError)), errors.As(err, new(*WithoutError)), errors.As(err, new(*record.Missing)):
			return err
		case r.came != before:
			pause, since = firstPause, time.Now()
		}
		if gone := time.Since(since); gone+pause > c.Wait {
			return c.vanished(err)
		}
		sink.Notice(record.Sayf("%s; trying again in %s, the work there goes on", "%s；%s 后重试，该机器上的工作仍在继续", Sentence(err), pause))
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(pause):
		}
		pause = min(2*pause, lastPause)
	}
}

// Sentence returns an error as a sentence in both languages.
func Sentence(err error) record.Sentence {
	var lost *ssh.LostError
	var ended *EndError
	var problem *record.Problem
	var missing *record.Missing
	switch {
	case errors.As(err, &lost):
		return lost.Sentence()
	case errors.As(err, &ended):
		return ended.Sentence()
	case errors.As(err, &problem):
		return problem.Sentence
	case errors.As(err, &missing):
		return missing.Reason
	}
	return record.Sayf("%v", "%v", err)
}

// vanished returns the error for a machine that was not reachable for c.Wait.
func (c *Client) vanished(err error) error {
	return &ssh.LostError{Host: c.Host.Name, Why: record.Sayf("it cannot be reached any more, and was waited for %s (--wait): %s",
		"已无法连接，且已等待 %s（--wait）：%s", c.Wait, Sentence(err))}
}

// EndError has the reason why the run on a machine did not end normally.
type EndError struct {
	Host string
	Why  record.Sentence
}

func (e *EndError) Error() string { return e.In("en") }

// Sentence returns the error as a sentence.
func (e *EndError) Sentence() record.Sentence { return record.Sayf("%s: %s", "%s：%s", e.Host, e.Why) }

// In returns the sentence in the language "en" or "zh".
func (e *EndError) In(lang string) string { return e.Sentence().In(lang) }

// WithoutError says that the machine has not begun to run, because it lacks the servers of items.
type WithoutError struct{ Items []string }

func (e *WithoutError) Error() string {
	return "there are no servers for " + strings.Join(e.Items, ", ")
}

// sinkError is an error of the Sink.
type sinkError struct{ error }

func (e *sinkError) Unwrap() error { return e.error }

// session connects once, and receives events until the session ends or the connection breaks.
func (c *Client) session(ctx context.Context, r *Request, sink Sink) error {
	connection, err := c.start(ctx, r)
	if err != nil {
		return err
	}
	if r.Bound {
		defer func() { r.At = store.Position{Session: r.At.Session + 1} }()
	}
	s := &session{Request: r, client: c, sink: sink, pieces: map[string][]byte{}}
	defer connection.close()
	stopped := context.AfterFunc(ctx, func() { connection.stop() })
	defer stopped()
	err = s.follow(connection)
	if err == nil {
		connection.end()
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		if ended := connection.Wait(); ended != nil {
			return ended
		}
		return &ssh.LostError{Host: c.Host.Name, Why: record.Say("the connection has ended", "连接已中断")}
	}
	return err
}

// link is a connection with a session on it.
type link struct {
	*ssh.Connection
	in  *Reader
	out *Writer
}

// close closes the connection.
func (l *link) close() {
	l.Connection.Close()
	l.in.Close()
}

// end requests that the machine removes the session. If the request is lost, a later session removes it.
func (l *link) end() {
	if l.out.Write(Frame{Done: true}) != nil || l.WriteCloser.Close() != nil {
		return
	}
	defer time.AfterFunc(stopTime, l.Connection.Kill).Stop()
	_ = l.Wait()
}

// stopTime is the time that a machine has to end its run after the run here was stopped.
const stopTime = 5 * time.Second

// stop requests that the machine ends its run, and closes the connection.
func (l *link) stop() {
	_ = l.out.Write(Frame{Stop: true}) // fails only if the connection has ended
	time.AfterFunc(stopTime, l.Connection.Kill)
}

// start connects to the machine, if it is not connected, and opens the session.
func (c *Client) start(ctx context.Context, r *Request) (*link, error) {
	m := c.machine
	c.machine = nil // is for one session
	for {
		var err error
		if m == nil {
			if m, err = ssh.Reach(ctx, c.Host); err != nil {
				return nil, err
			}
		}
		if m.HostKey != c.first.HostKey {
			m.Close()
			return nil, fmt.Errorf("%s shows another host key than it did when the run began", c.Host.Name)
		}
		if !m.Has(r.Payload) {
			if err := m.Send(ctx, r.Payload); err != nil {
				m.Close()
				return nil, err
			}
		}
		l, err := c.open(ctx, m, r)
		if !errors.Is(err, ssh.ErrDamaged) {
			return l, err
		}
		m = nil // Start has removed it: after the next look it is sent again
	}
}

// open opens the session on a connection.
func (c *Client) open(ctx context.Context, m *ssh.Machine, r *Request) (*link, error) {
	var request bytes.Buffer
	to := &redirected{&request}
	out, err := NewWriter(to)
	if err != nil {
		return nil, err
	}
	if err := out.Write(Frame{Open: &Open{V: Version, After: r.At.Entry, Job: r.Job(m.Forwarded)}}); err != nil {
		return nil, err
	}
	connection, err := m.Start(ctx, r.Payload, r.session(), request.Bytes())
	if err != nil {
		return nil, err
	}
	to.Writer = connection
	in, err := NewReader(connection)
	if err != nil {
		connection.Close()
		return nil, err
	}
	return &link{connection, in, out}, nil
}

// redirected is a writer whose destination can be changed.
type redirected struct{ io.Writer }

// session returns the name of the session on the machine.
func (r *Request) session() string {
	if r.Bound {
		return fmt.Sprintf("%s.%s.bound-%d-%s", r.Run, r.Target, r.At.Session, rand.Text()[:8])
	}
	return fmt.Sprintf("%s.%s.%d", r.Run, r.Target, r.At.Session)
}

// session is the part of a session on one connection.
type session struct {
	*Request
	client *Client
	sink   Sink
	pieces map[string][]byte // of attachments that are not complete
	size   int
}

// errAgain is the error if the machine has lost the session, so that another one has to begin.
var errAgain = errors.New("the session there is gone: what is left begins again")

// follow receives frames up to the end of the session.
func (s *session) follow(l *link) error {
	first, err := l.in.Next()
	switch {
	case err != nil:
		return err
	case first.Hello == nil || first.Hello.V != Version:
		return fmt.Errorf("%w: it begins without a greeting of version %d", errFrame, Version)
	case first.Hello.Lost:
		s.At = store.Position{Session: s.At.Session + 1}
		return errAgain
	case len(first.Hello.Without) > 0:
		return &WithoutError{first.Hello.Without}
	}
	for {
		f, err := l.in.Next()
		if err != nil {
			return err
		}
		if f.End != nil {
			return s.end(*f.End)
		}
		if err := s.take(f); err != nil {
			return err
		}
	}
}

// take processes one frame.
func (s *session) take(f Frame) error {
	switch {
	case f.Entry != nil:
		if f.Entry.N != s.At.Entry+1 {
			return fmt.Errorf("%w: entry %d follows entry %d", errFrame, f.Entry.N, s.At.Entry)
		}
		at := store.Position{Session: s.At.Session, Entry: f.Entry.N}
		if err := s.sink.Entry(at, *f.Entry); err != nil {
			return &sinkError{err}
		}
		s.At, s.came = at, s.came+1
	case f.Attachment != nil:
		return s.attach(*f.Attachment)
	case f.Waiting != nil:
		s.sink.Waiting(*f.Waiting)
	}
	return nil
}

// end processes the last frame of the machine.
func (s *session) end(e End) error {
	if e.Entries != s.At.Entry {
		return fmt.Errorf("%w: it ends at entry %d, and %d have come", errFrame, e.Entries, s.At.Entry)
	}
	if e.Why != nil {
		return &EndError{s.client.Host.Name, *e.Why}
	}
	return nil
}

// maxAttachment is the largest file of an attempt, and the largest sum of incomplete ones, in bytes.
const maxAttachment = 64 << 20

// attach adds a piece of an attachment, and passes the attachment on when it is complete.
func (s *session) attach(a Attachment) error {
	key := fmt.Sprintf("%v %q", a.Cell, a.Name)
	if s.size += len(a.Data); s.size > maxAttachment {
		return fmt.Errorf("%w: attachments of more than %d bytes", errFrame, maxAttachment)
	}
	s.pieces[key] = append(s.pieces[key], a.Data...)
	if !a.Last {
		return nil
	}
	packed := s.pieces[key]
	delete(s.pieces, key)
	s.size -= len(packed)
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return fmt.Errorf("%w: attachment %s: %w", errFrame, key, err)
	}
	content, err := io.ReadAll(io.LimitReader(z, maxAttachment+1))
	if err != nil || len(content) > maxAttachment {
		return fmt.Errorf("%w: attachment %s cannot be unpacked", errFrame, key)
	}
	if err := s.sink.Attachment(a.Cell, a.Name, content); err != nil {
		return &sinkError{err}
	}
	return nil
}
