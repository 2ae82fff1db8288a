// Package proxy has the requirements on a client that reaches servers by way of a proxy, and tries net/http's against them. What must
// go by the proxy is never to reach a server directly: each conversation counts the direct connections.
package proxy

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/xcmatrix/xcmatrix/drivers/authority"
	"github.com/xcmatrix/xcmatrix/suites/http/peer"
	"github.com/xcmatrix/xcmatrix/suites/http/rule"
)

// Groups returns the rules for NO_PROXY and its relatives, and for the client.
func Groups() []rule.Group {
	return []rule.Group{
		{Name: "no-proxy", Title: "HTTP_PROXY and NO_PROXY", Subject: "golang.org/x/net/http/httpproxy", Module: "golang.org/x/net",
			Rules: slices.Concat(exceptionRules(), variableRules()), Sane: chosen("", "http://example.com/"), SaneWant: byProxy},
		{Name: "proxy", Title: "HTTP client by way of a proxy", Subject: "net/http",
			Rules: slices.Concat(forwardRules(), tunnelRules(), refusalRules(), socksRules()), Sane: tunnelled(open("200 OK", "")), SaneWant: hello + direct(0)},
	}
}

// hello is the outcome of a request that the server answers.
const hello = `200 "hello"`

// direct is the part of an outcome that tells how many connections went to a server without the proxy.
func direct(n int) string { return fmt.Sprintf("; %d direct", n) }

// place has a proxy, and counts the connections that go elsewhere.
type place struct {
	scene *rule.Scene
	proxy *peer.Server
	roots *tls.Config // what the client trusts
	to    string      // where direct connections end; empty: nowhere

	mu   sync.Mutex
	past []string // the addresses of direct connections
}

// proxyHost is the proxy's name: a loopback address would never be used as one.
const proxyHost = "proxy.test:3128"

// at returns a place whose proxy plays a script.
func at(s *rule.Scene, script peer.Script) *place {
	return &place{scene: s, proxy: s.Serve(script)}
}

// dial connects to the proxy where its name is asked for, and counts what else is.
func (p *place) dial(ctx context.Context, network, address string) (net.Conn, error) {
	to := p.proxy.Address()
	if address != proxyHost {
		p.mu.Lock()
		p.past = append(p.past, address)
		p.mu.Unlock()
		if to = p.to; to == "" {
			return nil, fmt.Errorf("there is no way to %s but the proxy", address)
		}
	}
	var d net.Dialer
	return d.DialContext(ctx, network, to)
}

// direct tells how many connections went past the proxy.
func (p *place) direct() rule.Outcome {
	p.mu.Lock()
	defer p.mu.Unlock()
	return rule.Did("%d direct", len(p.past))
}

// client returns a client that uses the proxy at a URL.
func (p *place) client(proxy string, changes ...func(*http.Transport)) *http.Client {
	u, err := url.Parse(proxy)
	p.scene.Must(err)
	return p.scene.Client(append([]func(*http.Transport){func(t *http.Transport) {
		t.Proxy, t.DialContext = http.ProxyURL(u), p.dial
		if p.roots != nil {
			t.TLSClientConfig = p.roots.Clone()
		}
	}}, changes...)...)
}

// asked tells the first request that the proxy got: its line, and its fields of these names.
func (p *place) asked(names ...string) rule.Outcome {
	all := p.proxy.Requests()
	if len(all) == 0 {
		return rule.Did("asks nothing")
	}
	parts := []string{all[0].Line()}
	for _, name := range names {
		parts = append(parts, fmt.Sprintf("%s %q", name, all[0].Field(name)))
	}
	return rule.Did("asks %s", strings.Join(parts, ", "))
}

// certified returns a server's certificate for hosts, and the configuration of a client that trusts it.
func certified(s *rule.Scene, hosts ...string) (server, client *tls.Config) {
	ca, err := authority.New()
	s.Must(err)
	pair, err := ca.Issue(time.Now().Add(time.Hour), hosts...)
	s.Must(err)
	server, err = pair.Server()
	s.Must(err)
	roots, _ := authority.Roots(ca.Inline())
	return server, &tls.Config{RootCAs: roots}
}
