package tls

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"time"

	"github.com/emmansun/gmsm/smx509"

	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/tls/pair"
	"github.com/xcmatrix/xcmatrix/suites/tls/pki"
	"github.com/xcmatrix/xcmatrix/suites/tls/subject"
	"github.com/xcmatrix/xcmatrix/suites/tls/tlcp"
	"github.com/xcmatrix/xcmatrix/suites/tls/wire"
)

const (
	serverHost = "server.test"
	clientHost = "client.test"
)

// certified are the identities of a scene. They are made once a process: a check changes copies.
type certified struct {
	root, below, stranger *pki.Authority // stranger is a root that nobody trusts
	server, client        tlcp.Identity
}

// encryption is the key usage of an encryption certificate: GB/T 38636-2020 §6.4.5.3.
const encryption = smx509.KeyUsageKeyEncipherment | smx509.KeyUsageDataEncipherment | smx509.KeyUsageKeyAgreement

// scene is one conversation: a subject on one side, and on the other the suite's own peer, which a check makes behave as it
// likes.
type scene struct {
	certified
	now    time.Time
	random io.Reader
	own    tlcp.Config   // of the suite's own peer
	setup  subject.Setup // of the subject
	// after is what the own peer does after its handshake; nil: it sends a line and reads it back.
	after func(*tlcp.Conn) error
	drip  bool // the own peer's records are written byte by byte
	// raw replaces the own peer: it has the connection alone.
	raw func(net.Conn) error
}

// issueIdentities issues the certificates of one conversation: two roots, an intermediate, a server and a client.
func issueIdentities(random io.Reader, now time.Time) (c certified, err error) {
	issue := func(a *pki.Authority, l pki.Leaf) *pki.Identity {
		i, e := a.Issue(l)
		err = errors.Join(err, e)
		return i
	}
	var errs [3]error
	c.root, errs[0] = pki.NewRoot(random, now, "root")
	c.stranger, errs[1] = pki.NewRoot(random, now, "stranger")
	if err = errors.Join(errs[:2]...); err != nil {
		return c, err
	}
	if c.below, errs[2] = c.root.Intermediate("intermediate"); errs[2] != nil {
		return c, errs[2]
	}
	c.server = tlcp.Identity{Sign: issue(c.root, pki.Leaf{Host: serverHost}), Encrypt: issue(c.root, pki.Leaf{Host: serverHost, Usage: encryption})}
	c.client = tlcp.Identity{Sign: issue(c.root, pki.Leaf{Host: clientHost, Client: true}),
		Encrypt: issue(c.root, pki.Leaf{Host: clientHost, Client: true, Usage: encryption})}
	return c, err
}

// newScene is a sane conversation of a subject that is the server, or the client.
func newScene(c certified, s subject.Subject, asServer bool, seed uint64) *scene {
	own, its := seeded(seed), seeded(seed+1)
	sc := &scene{certified: c, now: time.Now(), random: own}
	sc.own = tlcp.Config{Random: own, Now: sc.now, Host: serverHost, Roots: c.root.Pool(), Suites: s.Suites}
	sc.setup = subject.Setup{Now: sc.now, Host: serverHost, Random: its}
	ownIdentity, itsIdentity := c.server, c.client
	if asServer {
		ownIdentity, itsIdentity = itsIdentity, ownIdentity
	} else {
		sc.own.Roots, sc.setup.Root = nil, c.root
	}
	sc.own.Identity, sc.setup.Identity = &ownIdentity, &itsIdentity
	return sc
}

// mutual has the server ask for a certificate.
func (s *scene) mutual() {
	s.own.Roots, s.setup.Root = s.root.Pool(), s.root
}

// mutualOwn has the own server ask the subject for a certificate.
func (s *scene) mutualOwn() { s.own.Roots = s.root.Pool() }

// dripping writes each byte by itself.
type dripping struct{ net.Conn }

func (d dripping) Write(b []byte) (n int, err error) {
	for i := range b {
		if _, err = d.Conn.Write(b[i : i+1]); err != nil {
			return i, err
		}
	}
	return len(b), nil
}

// seeded returns random bytes that are the same for the same seed.
func seeded(seed uint64) io.Reader {
	var key [32]byte
	for i := range key {
		key[i] = byte(seed >> (8 * (i % 8)))
	}
	return rand.NewChaCha8(key)
}

// Outcome is how a conversation went for the subject.
type Outcome struct {
	Completed bool                  // it called the handshake complete, and carried a line there and back
	Panicked  string                // with what
	Hung      bool                  // it did not end although its peer had gone
	Alert     wire.AlertDescription // that it sent; 0 where it sent none
	Said      string                // its error, or the own peer's where it had none
}

func (o Outcome) String() string {
	switch {
	case o.Panicked != "":
		return "it panics: " + o.Panicked
	case o.Hung:
		return "it does not end after its peer has gone"
	case o.Completed:
		return "it completes the handshake"
	}
	return "it refuses: " + o.Said
}

// patience is how long the own peer waits for an answer, and the subject for an end.
func patience() (own, its time.Duration) {
	return check.ScaledTimeout(2 * time.Second), check.ScaledTimeout(6 * time.Second)
}

const line = "GET / HTTP/1.0\r\n\r\n"

// play lets both sides talk, and says how it went for the subject.
func (s *scene) play(side func(net.Conn, subject.Setup) (io.ReadWriter, error), asServer bool) (Outcome, error) {
	ownPatience, itsPatience := patience()
	a, b, err := pair.New(itsPatience)
	if err != nil {
		return Outcome{}, err
	}
	defer a.Close()
	defer b.Close()
	if err := a.SetDeadline(time.Now().Add(ownPatience)); err != nil {
		return Outcome{}, err
	}
	done := make(chan error, 1)
	go func() {
		conn, err := subject.Shake(side, b, s.setup)
		if err == nil {
			err = echo(conn, asServer)
		}
		b.Close()
		done <- err
	}()
	errOwn := s.playOwn(a, asServer)
	a.Close()
	return outcome(<-done, errOwn), nil
}

// playOwn is the own peer's side.
func (s *scene) playOwn(raw net.Conn, subjectIsServer bool) error {
	if s.raw != nil {
		return s.raw(raw)
	}
	shake := tlcp.Server
	if subjectIsServer {
		shake = tlcp.Client
	}
	if s.drip {
		raw = dripping{raw}
	}
	conn, err := shake(raw, s.own)
	switch {
	case err != nil:
		return err
	case s.after != nil:
		return s.after(conn)
	}
	return echo(conn, !subjectIsServer)
}

// echo carries a line from the client to the server and back.
func echo(conn io.ReadWriter, asServer bool) error {
	got := make([]byte, len(line))
	if asServer {
		if _, err := io.ReadFull(conn, got); err != nil {
			return err
		}
		_, err := conn.Write(got)
		return err
	}
	if _, err := io.WriteString(conn, line); err != nil {
		return err
	}
	if _, err := io.ReadFull(conn, got); err != nil {
		return err
	}
	if string(got) != line {
		return fmt.Errorf("%q came back", got)
	}
	return nil
}

// outcome returns how a conversation went, from the subject's error and from that of the suite's own peer.
func outcome(its, own error) Outcome {
	o := Outcome{Completed: its == nil}
	var panicked *subject.Panic
	var alert *wire.PeerAlert
	switch {
	case errors.As(its, &panicked):
		o.Panicked = fmt.Sprintf("%q", fmt.Sprint(panicked.Value))
	case errors.Is(its, os.ErrDeadlineExceeded):
		o.Hung = true
	}
	if errors.As(own, &alert) {
		o.Alert = alert.Description
	}
	if its != nil {
		o.Said = its.Error()
	} else if own != nil {
		o.Said = "the own peer: " + own.Error()
	}
	return o
}
