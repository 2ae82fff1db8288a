package tls

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"syscall"
	"time"

	"github.com/emmansun/gmsm/smx509"

	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/tls/pair"
	"github.com/xcmatrix/xcmatrix/suites/tls/pki"
	"github.com/xcmatrix/xcmatrix/suites/tls/rfc8998"
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
	version  uint16 // of the protocol: wire.TLCP or wire.TLS13
	asServer bool   // the subject is the server
	now      time.Time
	random   io.Reader
	own      tlcp.Config    // of the suite's own peer: TLS 1.3 takes what it has too
	own13    rfc8998.Config // what only TLS 1.3 has
	setup    subject.Setup  // of the subject
	// after is what the own peer does after its handshake; nil: it sends a line and reads it back.
	after func(conn) error
	// leak, if not nil, says behind the conversation how the subject gave a secret away; "" where it did not.
	leak func() string
	drip bool // the own peer's records are written byte by byte
	// raw replaces the own peer: it has the connection alone.
	raw func(net.Conn) error
}

// conn is a connection of the suite's own peer, of either protocol.
type conn interface {
	io.ReadWriter
	Wire() *wire.Conn
	IsClient() bool
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

// newScene is a sane conversation of a role.
func newScene(c certified, r role, seed uint64) *scene {
	own, its := seeded(seed), seeded(seed+1)
	s := &scene{certified: c, version: r.Version, asServer: r.asServer, now: time.Now(), random: own}
	s.own = tlcp.Config{Random: own, Now: s.now, Host: serverHost, Roots: c.root.Pool(), Suites: r.Suites}
	s.setup = subject.Setup{Now: s.now, Host: serverHost, Random: its}
	ownIdentity, itsIdentity := c.server, c.client
	if r.asServer {
		ownIdentity, itsIdentity = itsIdentity, ownIdentity
	} else {
		s.own.Roots, s.setup.Root = nil, c.root
	}
	s.own.Identity, s.setup.Identity = &ownIdentity, &itsIdentity
	return s
}

// lenient are checks that the own peer leaves out where the subject must refuse what it sends: else a subject that does not might
// fail over the own peer's refusal.
var lenient = []string{"Finished verifies", "selected suite", "ClientKeyExchange is due", "ChangeCipherSpec is due", "Finished is due", "alert protected"}

// played changes the conversation, and plays it.
func (s *scene) played(its subject.Subject, stage func(*scene), accepts bool) (Outcome, error) {
	if !accepts {
		s.own.Omit = lenient
	}
	stage(s)
	return s.play(its)
}

// mutual has the server ask for a certificate.
func (s *scene) mutual() {
	s.own.Roots, s.setup.Root = s.root.Pool(), s.root
}

// mutualOwn has the own server ask the subject for a certificate.
func (s *scene) mutualOwn() { s.own.Roots = s.root.Pool() }

// dripping writes each byte by itself, the first ones slowly.
type dripping struct {
	net.Conn
	written int
}

func (d *dripping) Write(b []byte) (n int, err error) {
	for i := range b {
		if d.written++; d.written < 40 {
			time.Sleep(time.Millisecond)
		}
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

// patience is how long the own peer waits for an answer, and the subject for an end.
func patience() (own, its time.Duration) {
	return check.ScaledTimeout(2 * time.Second), check.ScaledTimeout(6 * time.Second)
}

// line is what is carried there and back: twice the same, so that a record sent again makes it whole.
const line = half + half

const half = "0123456776543210\n" // reads the same from its end: OpenSSL's server reverses it

// play lets both sides talk, and says how it went for the subject.
func (s *scene) play(its subject.Subject) (Outcome, error) {
	side := its.Client
	if s.asServer {
		side = its.Server
	}
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
			err = echo(conn, s.asServer)
		}
		b.Close()
		done <- err
	}()
	errOwn := s.playOwn(a)
	a.Close()
	o := outcome(<-done, errOwn)
	if s.leak != nil {
		o.Leaked = s.leak()
	}
	return o, nil
}

// playOwn is the own peer's side.
func (s *scene) playOwn(raw net.Conn) error {
	if s.raw != nil {
		return s.raw(raw)
	}
	if s.drip {
		raw = &dripping{Conn: raw}
	}
	c, err := s.shakeOwn(raw)
	switch {
	case err != nil:
	case s.after != nil:
		err = s.after(c)
	default:
		err = echo(c, !s.asServer)
	}
	gone := errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET)
	if gone || err == nil && !s.asServer { // the subject has gone or will go, and may say why
		err = errors.Join(err, firstAlert(c.Wire()))
	}
	return err
}

// shakeOwn is the own peer's handshake.
func (s *scene) shakeOwn(raw net.Conn) (conn, error) {
	if s.version == wire.TLCP {
		if s.asServer {
			return tlcp.Client(raw, s.own)
		}
		return tlcp.Server(raw, s.own)
	}
	o, config := s.own, s.own13
	config.Random, config.Now, config.Host, config.Roots, config.Suites = o.Random, o.Now, o.Host, o.Roots, o.Suites
	config.SignatureID, config.Alter, config.AlterRecord, config.Omit, config.Verified = o.SignatureID, o.Alter, o.AlterRecord, o.Omit, o.Verified
	if o.Identity != nil {
		config.Identity = o.Identity.Sign
	}
	if s.asServer {
		return rfc8998.Client(raw, config)
	}
	return rfc8998.Server(raw, config)
}

// firstAlert reads until the peer's alert, or its end.
func firstAlert(c *wire.Conn) error {
	for {
		if _, _, err := c.ReadRecord(); err != nil {
			return err
		}
	}
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
