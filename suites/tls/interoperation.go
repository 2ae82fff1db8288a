package tls

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/tls/outside"
	"github.com/xcmatrix/xcmatrix/suites/tls/pair"
	"github.com/xcmatrix/xcmatrix/suites/tls/rfc8998"
	"github.com/xcmatrix/xcmatrix/suites/tls/subject"
	"github.com/xcmatrix/xcmatrix/suites/tls/tlcp"
	"github.com/xcmatrix/xcmatrix/suites/tls/wire"
)

// The ids of these specs are the rows of the interoperation table of the report: results/report reads "CLIENT to SERVER: SUITE, AUTH".
const interoperationSection = "interoperation"

// combination is a client, a server and what they agree on.
type combination struct {
	client, server string
	suite          wire.CipherSuite
	mutual         bool
	shake          func(c combination) (version string, err error) // one handshake, and a line there and back
}

func (c combination) text() string {
	auth := "server"
	if c.mutual {
		auth = "mutual"
	}
	return fmt.Sprintf("%s to %s: %v, %s", c.client, c.server, c.suite, auth)
}

// labels marks a combination with a program that no laboratory must have.
func (c combination) labels() Labels {
	for _, i := range outside.Implementations() {
		if c.client == i.Title || c.server == i.Title {
			return check.Optional()
		}
	}
	return nil
}

// fact is the name of the tally of n handshakes.
func (c combination) fact(n int) string { return fmt.Sprintf("tls/interoperation/%s/%d", c.text(), n) }

// Tally is how many handshakes of a combination succeeded.
type Tally struct {
	Done, Asked int
	Version     string // of the implementation that is not the suite's own
	Said        string // the first failure
}

// observedECDHE is the spec that gives no verdict on ECDHE.
const observedECDHE = "own to tjfoc: ECDHE_SM4_CBC_SM3, server"

// many is how many handshakes the specs under the label deep make of each combination.
const many = 200

func interoperation() {
	for _, c := range combinations() {
		It(c.text(), c.labels(), check.Within(4*time.Minute), func() { c.judge(check.IfNative(3, 1)) })
	}
	for _, c := range combinations() {
		It(fmt.Sprintf("%s, %d times", c.text(), many), c.labels(), check.Deep(), check.Within(20*time.Minute), func() { c.judge(many) })
	}
	It(observedECDHE, observeECDHE)
	lab()
}

// judge asks for n handshakes and fails the spec unless all succeed.
func (c combination) judge(n int) {
	GinkgoHelper()
	check.Gather(c.fact(n), func() Tally {
		t := Tally{Asked: n}
		for range n {
			version, err := c.shake(c)
			t.Version = version
			if err == nil {
				t.Done++
			} else if t.Said == "" {
				t.Said = err.Error()
			}
		}
		return t
	}).judge()
}

// judge fails the spec unless all handshakes succeeded.
func (t Tally) judge() {
	GinkgoHelper()
	if t.Version != "" {
		check.ObserveDiffers("version", t.Version, record.Say("each machine has its own", "各机器自备"))
	}
	if t.Done == t.Asked {
		return
	}
	check.Finish(record.SpecEnd{Verdict: record.Fail, Detail: &record.Sentence{
		En: fmt.Sprintf("%d of %d handshakes succeed: %s", t.Done, t.Asked, t.Said),
		Zh: fmt.Sprintf("%d 次握手中 %d 次成功：%s", t.Asked, t.Done, t.Said)}})
}

// combinations are all that are tried: RFC 8998 with what is not written in Go, and TLCP with tjfoc.
func combinations() (all []combination) {
	tls13, own, gmtls := subject.OwnTLS13(nil), subject.Own(nil), subject.Gmtls()
	for _, mutual := range []bool{false, true} {
		for _, suite := range []wire.CipherSuite{wire.TLS_SM4_GCM_SM3, wire.TLS_SM4_CCM_SM3} {
			all = append(all, combination{"own", "own", suite, mutual, shakeSubjects(tls13, tls13)})
			for _, i := range outside.Implementations() {
				all = append(all, combination{"own", i.Title, suite, mutual, shakeOutside(i, outside.AsServer)},
					combination{i.Title, "own", suite, mutual, shakeOutside(i, outside.AsClient)})
			}
		}
		all = append(all,
			combination{"own", "own", wire.ECC_SM4_GCM_SM3, mutual, shakeSubjects(own, own)},
			combination{"own", "tjfoc", wire.ECC_SM4_CBC_SM3, mutual, shakeSubjects(own, gmtls)},
			combination{"tjfoc", "own", wire.ECC_SM4_CBC_SM3, mutual, shakeSubjects(gmtls, own)},
			combination{"tjfoc", "tjfoc", wire.ECC_SM4_CBC_SM3, mutual, shakeSubjects(gmtls, gmtls)})
	}
	return all
}

// outsideTime is how long one handshake with an implementation outside may take: Java takes seconds to start, and much longer on a machine
// that runs virtual machines beside it.
const outsideTime = time.Minute

// material is what the service of an implementation says of itself, asked for once.
type material struct {
	outside.Certificates
	version string
}

var materials sync.Map

func materialOf(address string) (material, error) {
	once, _ := materials.LoadOrStore(address, sync.OnceValues(func() (m material, err error) {
		m.Certificates, m.version, err = outside.Get(address, check.ScaledTimeout(outsideTime))
		return m, err
	}))
	return once.(func() (material, error))()
}

// shakeOutside returns what shakes hands with an implementation in a role.
func shakeOutside(i outside.Implementation, role string) func(combination) (string, error) {
	return func(c combination) (string, error) {
		address := check.Env().Get(i.Variable())
		if address == "" {
			m, _ := i.Missing()
			check.Miss(m.Reason, m.Remedy)
		}
		m, err := materialOf(address)
		if err != nil {
			check.Error(record.Sayf("%[1]s: no certificates: %[2]v", "%[1]s：无法获得证书：%[2]v", i.Title, err))
		}
		conn, reply, err := outside.Dial(address, outside.Request{Role: role, Suite: c.suite, Mutual: c.mutual}, check.ScaledTimeout(outsideTime))
		switch {
		case reply.Error != "":
			return m.version, err
		case err != nil:
			check.Error(record.Sayf("%[1]s: %[2]v", "%[1]s：%[2]v", i.Title, err))
		}
		defer conn.Close()
		if role == outside.AsServer {
			return reply.Version, askOutside(conn, m, c)
		}
		return reply.Version, answerOutside(conn, m, c)
	}
}

// askOutside is the own client of a server outside.
func askOutside(conn net.Conn, m material, c combination) error {
	own := rfc8998.Config{Random: rand.Reader, Roots: m.Roots, Host: outside.Host, Suites: []wire.CipherSuite{c.suite}}
	if c.mutual {
		own.Identity = m.Client
	}
	tls, err := rfc8998.Client(conn, own)
	if err != nil {
		return err
	}
	if err := exchange(tls, false); err != nil {
		return err
	}
	return tls.Close()
}

// answerOutside is the own server of a client outside, which says how it saw the handshake.
func answerOutside(conn net.Conn, m material, c combination) error {
	own := rfc8998.Config{Random: rand.Reader, Identity: m.Server, Suites: []wire.CipherSuite{c.suite}}
	if c.mutual {
		own.Roots = m.Roots
	}
	tls, err := rfc8998.Server(conn, own)
	if err == nil {
		err = exchange(tls, true)
	}
	if err == nil {
		err = tls.Wire().CloseWrite()
	}
	if err != nil {
		return err
	}
	return outside.Outcome(conn)
}

// exchange carries a line from the client to the server and back.
func exchange(conn io.ReadWriter, asServer bool) error {
	got := make([]byte, len(outside.Line))
	if !asServer {
		if _, err := io.WriteString(conn, outside.Line); err != nil {
			return err
		}
	}
	if _, err := io.ReadFull(conn, got); err != nil {
		return fmt.Errorf("no line comes: %w", err)
	}
	if string(got) != outside.Line {
		return fmt.Errorf("%q comes, not the line", got)
	}
	if asServer {
		_, err := conn.Write(got)
		return err
	}
	return nil
}

// both runs a client and a server on the ends of a connection, and lets them exchange a line.
func both(client, server func(net.Conn) (io.ReadWriter, error)) error {
	_, patience := patience()
	a, b, err := pair.New(patience)
	if err != nil {
		return err
	}
	defer a.Close()
	defer b.Close()
	done := make(chan error, 1)
	side := func(shake func(net.Conn) (io.ReadWriter, error), conn net.Conn, asServer bool) error {
		tls, err := shake(conn)
		if err == nil {
			err = exchange(tls, asServer)
		}
		if err != nil {
			conn.Close() // the peer need not wait
		}
		return err
	}
	go func() { done <- side(server, b, true) }()
	return errors.Join(side(client, a, false), <-done)
}

// shakeSubjects returns what has two subjects shake hands.
func shakeSubjects(client, server subject.Subject) func(combination) (string, error) {
	return func(c combination) (string, error) {
		ids, err := identities()
		if err != nil {
			return "", err
		}
		ofClient := subject.Setup{Root: ids.root, Host: serverHost, Random: rand.Reader, Suites: []wire.CipherSuite{c.suite}}
		ofServer := subject.Setup{Identity: &ids.server, Random: rand.Reader, Suites: []wire.CipherSuite{c.suite}}
		if c.mutual {
			ofClient.Identity, ofServer.Root = &ids.client, ids.root
		}
		return check.ModuleVersion(cmp.Or(client.Module, server.Module)), both(
			func(conn net.Conn) (io.ReadWriter, error) { return subject.Shake(client.Client, conn, ofClient) },
			func(conn net.Conn) (io.ReadWriter, error) { return subject.Shake(server.Server, conn, ofServer) })
	}
}

// observeECDHE records what tjfoc's server answers to a client that offers ECDHE alone. Implementations of it were fitted to each other,
// not to the standard, so that no answer is wrong by it; a panic is a finding of another spec.
func observeECDHE() {
	ids, err := identities()
	check.NoError(err)
	client := tlcp.Config{Random: rand.Reader, Roots: ids.root.Pool(), Host: serverHost, Suites: []wire.CipherSuite{wire.ECDHE_SM4_CBC_SM3}}
	err = both(func(conn net.Conn) (io.ReadWriter, error) { return tlcp.Client(conn, client) },
		func(conn net.Conn) (io.ReadWriter, error) {
			return subject.Shake(subject.Gmtls().Server, conn, subject.Setup{Identity: &ids.server, Random: rand.Reader})
		})
	said := "it completes"
	if err != nil {
		said = "it does not complete"
	}
	check.Observe("ECDHE_SM4_CBC_SM3", said)
}
