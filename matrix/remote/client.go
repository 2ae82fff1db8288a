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

// Launcher is what a target of a machine that is reached by SSH runs by, and what its results say.
const Launcher = "ssh"

// Client runs cells on one machine and fetches their events.
type Client struct {
	Host        ssh.Host
	Failed      error         // why the machine cannot be reached or cannot run payloads; nil if it can
	Wait        time.Duration // how long to wait for a machine after the connection is lost
	Coordinator string        // digest of the program that this process runs

	first   *ssh.Machine // as it was reached first
	machine *ssh.Machine // reached, and not used yet; nil while there is none
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
	At      store.Position // up to which the journal there is here already; zero for nothing

	// Job returns what is left to run. forwarded are the addresses on the machine that lead to some of this one, by the latter.
	Job func(forwarded map[string]string) Job

	// Bound has the run there end with the connection, and what is left begin again with the next one: its servers are
	// reached by the connection, and no verdict that hangs on a broken one gets here.
	Bound bool

	came int // entries
}

// Pauses between two attempts to connect grow from the first to the last.
const (
	firstPause = 500 * time.Millisecond
	lastPause  = time.Minute
)

// Carry has the machine run what is asked for, and returns when all of it has been taken in. A connection that breaks is
// made again. The error is an *ssh.LostError where the machine was not there for as long as it is waited for, and an
// *EndError where the run there came to no end.
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

func (c *Client) vanished(err error) error {
	return &ssh.LostError{Host: c.Host.Name, Why: record.Sayf("it cannot be reached any more, and was waited for %s (--wait): %s",
		"已无法连接，且已等待 %s（--wait）：%s", c.Wait, Sentence(err))}
}

// EndError says what kept the run on a machine from its end.
type EndError struct {
	Host string
	Why  record.Sentence
}

func (e *EndError) Error() string { return e.In("en") }

// Sentence returns what is said of it.
func (e *EndError) Sentence() record.Sentence { return record.Sayf("%s: %s", "%s：%s", e.Host, e.Why) }

// In returns the sentence in the language "en" or "zh".
func (e *EndError) In(lang string) string { return e.Sentence().In(lang) }

// WithoutError says that nothing has begun on a machine, because it lacks the servers that items need.
type WithoutError struct{ Items []string }

func (e *WithoutError) Error() string {
	return "there are no servers for " + strings.Join(e.Items, ", ")
}

// sinkError is that of whoever takes what the machine says.
type sinkError struct{ error }

func (e *sinkError) Unwrap() error { return e.error }

// session connects once, and takes what comes until there is no more or the connection breaks.
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

func (l *link) close() {
	l.Connection.Close()
	l.in.Close()
}

// end has the machine remove the session. Where that does not come through, a later session there does it.
func (l *link) end() {
	if l.out.Write(Frame{Done: true}) != nil || l.WriteCloser.Close() != nil {
		return
	}
	defer time.AfterFunc(stopTime, l.Connection.Kill).Stop()
	_ = l.Wait()
}

// stopTime is how long the machine may take to end what runs there when the run here is stopped.
const stopTime = 5 * time.Second

// stop has the machine end what runs, and ends the connection.
func (l *link) stop() {
	_ = l.out.Write(Frame{Stop: true}) // a connection that is gone stops nothing
	time.AfterFunc(stopTime, l.Connection.Kill)
}

// start reaches the machine, if it is not reached yet, and asks for the session.
func (c *Client) start(ctx context.Context, r *Request) (*link, error) {
	m := c.machine
	c.machine = nil // serves for one session
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
		m = nil // it was removed there: the next look tells that it has to be sent
	}
}

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

// redirected is a writer whose way can be changed.
type redirected struct{ io.Writer }

// session returns the name of the session on the machine.
func (r *Request) session() string {
	if r.Bound {
		return fmt.Sprintf("%s.%s.bound-%d-%s", r.Run, r.Target, r.At.Session, rand.Text()[:8])
	}
	return fmt.Sprintf("%s.%s.%d", r.Run, r.Target, r.At.Session)
}

// session is one connection's share of a session.
type session struct {
	*Request
	client *Client
	sink   Sink
	pieces map[string][]byte // of attachments
	size   int
}

// errAgain says that the session there is gone, and another one is to begin.
var errAgain = errors.New("the session there is gone: what is left begins again")

// follow takes what the machine says to its end.
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

// end is the machine's last word.
func (s *session) end(e End) error {
	if e.Entries != s.At.Entry {
		return fmt.Errorf("%w: it ends at entry %d, and %d have come", errFrame, e.Entries, s.At.Entry)
	}
	if e.Why != nil {
		return &EndError{s.client.Host.Name, *e.Why}
	}
	return nil
}

// maxAttachment bounds a file of an attempt, and what is gathered of several, in bytes.
const maxAttachment = 64 << 20

// attach gathers an attachment, and hands it on when it is whole.
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
