// Package lookup has the requirements on how a client finds a server by its name: DNS answers, right and wrong, and several addresses,
// of which some are dead. It tries Go's resolver and dialer against them.
package lookup

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/http/peer"
	"github.com/xcmatrix/xcmatrix/suites/http/rule"
)

// Group is the rules for Go's resolver and dialer.
func Group() rule.Group {
	return rule.Group{Name: "lookup", Title: "HTTP client that looks a server up", Subject: "net",
		Rules: slices.Concat(answerRules(), addressRules()), Sane: found(zone{addresses: live}), SaneWant: hello}
}

// hello is the outcome of a request that the server answers.
const hello = `200 "hello"`

// Addresses of the server: it listens at the first, and nobody at the others.
var (
	live = []string{"127.0.0.1"}
	dead = []string{"127.0.0.2", "127.0.0.3", "127.0.0.4"}
)

// place is a client whose names a DNS server of the suite's own knows, and a server at 127.0.0.1.
type place struct {
	scene  *rule.Scene
	names  *server
	server *peer.Server
	dialer net.Dialer

	mu      sync.Mutex
	dialled []string // addresses that the client tried, without their ports
}

// at returns a place with a zone.
func at(s *rule.Scene, z zone) *place {
	p := &place{scene: s, names: serve(s, z), server: s.Serve(peer.Always(peer.Answer(peer.OK("hello"))))}
	p.dialer.Resolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		var d net.Dialer
		if strings.HasPrefix(network, "tcp") {
			return d.DialContext(ctx, "tcp4", p.names.tcp.Addr().String())
		}
		return d.DialContext(ctx, "udp4", p.names.udp.LocalAddr().String())
	}}
	p.dialer.ControlContext = func(_ context.Context, _, address string, _ syscall.RawConn) error {
		host, _, err := net.SplitHostPort(address)
		p.mu.Lock()
		p.dialled = append(p.dialled, host)
		p.mu.Unlock()
		return err
	}
	return p
}

// get asks the server by a name.
func (p *place) get(host string) rule.Outcome {
	c := p.scene.Client(func(t *http.Transport) { t.DialContext = p.dialer.DialContext })
	return p.ask(c, host)
}

func (p *place) ask(c *http.Client, host string) rule.Outcome {
	_, port, err := net.SplitHostPort(p.server.Address())
	p.scene.Must(err)
	response, err := c.Do(p.scene.Request("GET", "http://"+host+":"+port+"/", nil))
	if err == nil {
		return rule.Body(response)
	}
	var notFound *net.DNSError
	switch {
	case p.scene.Ctx.Err() != nil:
		return rule.Failed(err)
	case errors.As(err, &notFound):
		return rule.Outcome{Did: fmt.Sprintf("lookup fails: not found %t, temporary %t, timeout %t", notFound.IsNotFound, notFound.IsTemporary, notFound.IsTimeout), Said: err.Error()}
	case errors.Is(err, context.DeadlineExceeded):
		return rule.Outcome{Did: "timeout", Said: err.Error()}
	}
	return rule.Outcome{Did: "error", Said: err.Error()}
}

// tried tells the addresses that the client tried, in order.
func (p *place) tried() rule.Outcome {
	p.mu.Lock()
	defer p.mu.Unlock()
	return rule.Did("tried %s", strings.Join(p.dialled, ", "))
}

// name is the server's name. It ends in a dot, so that the machine's list of domains to search adds nothing.
const name = "origin.test."

// found returns a conversation with a server that a zone's answers lead to.
func found(z zone) func(*rule.Scene) rule.Outcome {
	return func(s *rule.Scene) rule.Outcome { return at(s, z).get(name) }
}

// patience is how long a client waits for what never comes.
const patience = 100 * time.Millisecond

// needsIPv6 skips the spec on a machine whose loopback interface has no IPv6 address.
func needsIPv6() {
	l, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		check.Skip(record.Say("this machine has no IPv6 address of its own", "本机没有 IPv6 环回地址"))
	}
	_ = l.Close()
}
