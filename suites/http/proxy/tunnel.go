package proxy

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/http/peer"
	"github.com/xcmatrix/xcmatrix/suites/http/rule"
)

// tunnel makes the proxy's script for a server's address.
type tunnel func(server string) peer.Script

// open returns a tunnel that a proxy opens with a status, fields that each end in CRLF, and nothing else.
func open(status, fields string) tunnel {
	return after("HTTP/1.1 " + status + "\r\n" + fields + "\r\n")
}

// after returns a tunnel that a proxy opens after it has sent text.
func after(text string) tunnel {
	return func(server string) peer.Script {
		return peer.Steps(peer.ReadHead, peer.Send(text), func(c *peer.Conn) error { return join(c, server) })
	}
}

// join copies between a proxy's connection and a server until one of them ends.
func join(c *peer.Conn, server string) error {
	to, err := net.Dial("tcp", server)
	if err != nil {
		return err
	}
	var back sync.WaitGroup
	back.Go(func() {
		_, _ = io.Copy(c.Conn, to)
		_ = c.Close()
	})
	_, err = io.Copy(to, c.In)
	_ = to.Close()
	back.Wait()
	return err
}

// tunnelPlace is a place with a server behind the proxy's tunnel.
type tunnelPlace struct {
	*place
	server string   // its address
	got    []string // what its handler tells of each request
}

// hosts are those that the server behind the tunnel has a certificate for.
var hosts = []string{"origin.test", "other.test", "2001:db8::1"}

// secure returns a place whose server speaks TLS, and whose proxy opens a tunnel to it.
func secure(s *rule.Scene, how tunnel) *tunnelPlace {
	t := &tunnelPlace{}
	server, client := certified(s, hosts...)
	server.NextProtos = []string{"h2", "http/1.1"}
	var mu sync.Mutex
	t.server = s.HandleTLS(server, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		t.got = append(t.got, fmt.Sprintf("%s %q %q", r.Proto, r.Header.Get("Proxy-Authorization"), r.Header.Get("X-Way")))
		mu.Unlock()
		_, _ = io.WriteString(w, "hello")
	})
	t.place = at(s, how(t.server))
	t.roots, t.to = client, t.server
	return t
}

// tunnelled returns a conversation in which a client asks a server behind a tunnel.
func tunnelled(how tunnel) func(*rule.Scene) rule.Outcome {
	return func(s *rule.Scene) rule.Outcome {
		p := secure(s, how)
		o := s.Get(p.client("http://"+proxyHost), "https://origin.test/")
		return rule.Join(o, p.direct())
	}
}

// connected returns a conversation that tells CONNECT, with fields of these names, and what the server behind the tunnel gets.
func connected(proxy, address string, change func(*http.Transport), names ...string) func(*rule.Scene) rule.Outcome {
	return func(s *rule.Scene) rule.Outcome {
		p := secure(s, open("200 OK", ""))
		r := s.Request("GET", address, nil)
		r.Header.Set("Authorization", "Bearer secret")
		o := s.Do(p.client(proxy, change), r)
		return rule.Join(o, p.asked(names...), rule.Did("the server gets %v", p.got), p.direct())
	}
}

func tunnelRules() []rule.Rule {
	const clause, plain = "RFC 9110 §9.3.6", "http://" + proxyHost
	none := func(*http.Transport) {}
	ownField := func(t *http.Transport) { t.ProxyConnectHeader = http.Header{"X-Way": {"mine"}} }
	http2 := func(t *http.Transport) { t.ForceAttemptHTTP2 = true }
	asks := func(rest, gets string) []string {
		return []string{hello + "; asks CONNECT " + rest + "; the server gets [" + gets + "]" + direct(0)}
	}
	const unmarked = `HTTP/1.1 "" ""`
	well := []string{hello + direct(0)}
	return []rule.Rule{
		{ID: "connect", Text: "asks for a tunnel by the server's name and port, in the request target and in Host", Clause: clause, Severity: record.High,
			Want: asks(`origin.test:443 HTTP/1.1, Host "origin.test:443"`, unmarked), Play: connected(plain, "https://origin.test/", none, "Host")},
		{ID: "connect-port", Text: "asks for a tunnel to the URL's port", Clause: clause, Severity: record.High,
			Want: asks(`origin.test:8443 HTTP/1.1`, unmarked), Play: connected(plain, "https://origin.test:8443/", none)},
		{ID: "connect-address6", Text: "asks for a tunnel to an IPv6 address in brackets", Clause: clause + "; RFC 3986 §3.2.2", Severity: record.High,
			Want: asks(`[2001:db8::1]:443 HTTP/1.1`, unmarked), Play: connected(plain, "https://[2001:db8::1]/", none)},
		{ID: "connect-credentials", Text: "sends the proxy's password with CONNECT, and not to the server", Clause: "RFC 9110 §11.7.2", Severity: record.Critical,
			Want: asks(`origin.test:443 HTTP/1.1, Proxy-Authorization "Basic dTpw"`, unmarked), Play: connected("http://u:p@"+proxyHost, "https://origin.test/", none, "Proxy-Authorization")},
		{ID: "connect-secrets", Text: "sends a request's Authorization to the server alone", Clause: clause, Severity: record.Critical,
			Want: asks(`origin.test:443 HTTP/1.1, Authorization ""`, unmarked), Play: connected(plain, "https://origin.test/", none, "Authorization")},
		{ID: "connect-fields", Text: "sends ProxyConnectHeader with CONNECT, and not to the server", Clause: "Go net/http Transport.ProxyConnectHeader", Severity: record.Medium,
			Want: asks(`origin.test:443 HTTP/1.1, X-Way "mine"`, unmarked), Play: connected(plain, "https://origin.test/", ownField, "X-Way")},
		{ID: "connect-h2", Text: "speaks HTTP/2 with the server behind a tunnel", Clause: "RFC 9113 §3.2", Severity: record.High,
			Want: asks(`origin.test:443 HTTP/1.1`, `HTTP/2.0 "" ""`), Play: connected(plain, "https://origin.test/", http2)},
		{ID: "connect-created", Text: "takes 201 for an open tunnel, as any 2xx", Clause: clause, Severity: record.Low, Want: well, Play: tunnelled(open("201 Created", ""))},
		{ID: "connect-interim", Text: "passes over 103 before a tunnel's 200", Clause: "RFC 9110 §15.2", Severity: record.Low, Want: well,
			Play: tunnelled(after("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"))},
		{ID: "connect-length", Text: "passes over Content-Length of a tunnel's 200", Clause: clause, Severity: record.High, Want: well, Play: tunnelled(open("200 OK", "Content-Length: 5\r\n"))},
		{ID: "connect-chunked", Text: "passes over Transfer-Encoding of a tunnel's 200", Clause: clause, Severity: record.High, Want: well, Play: tunnelled(open("200 OK", "Transfer-Encoding: chunked\r\n"))},
		{ID: "connect-reason", Text: "takes a tunnel's 200 without a reason", Clause: "RFC 9112 §4", Severity: record.High, Want: well, Play: tunnelled(open("200 ", ""))},
		{ID: "connect-old", Text: "takes a tunnel's 200 of HTTP/1.0, as many proxies send it", Clause: "RFC 9110 §2.5", Severity: record.High, Want: well,
			Play: tunnelled(after("HTTP/1.0 200 Connection established\r\n\r\n"))},
		{ID: "connect-reuse", Text: "uses a tunnel again for the same server, and no other", Clause: clause, Severity: record.Critical,
			Want: []string{hello + "; " + hello + "; " + hello + "; asks origin.test:443, other.test:443" + direct(0)}, Play: reuse},
		{ID: "connect-wrong-server", Text: "refuses a tunnel that leads to another server", Clause: "RFC 9110 §4.3.4", Severity: record.Critical, Want: []string{"error" + direct(0)}, Play: misled},
		{ID: "secure-proxy", Text: "speaks TLS with a proxy of the scheme https", Clause: "Go net/http Transport.Proxy", Severity: record.High,
			Want: []string{hello + "; asks GET http://origin.test/ HTTP/1.1" + direct(0)}, Play: secureProxy("proxy.test")},
		{ID: "secure-proxy-name", Text: "refuses a proxy of the scheme https that has another name's certificate, and asks it nothing", Clause: "RFC 9110 §4.3.4", Severity: record.Critical,
			Want: []string{"error; asks nothing" + direct(0)}, Play: secureProxy("stranger.test")},
	}
}

// reuse is a conversation of two requests to one server and one to another, all by tunnels.
func reuse(s *rule.Scene) rule.Outcome {
	p := secure(s, open("200 OK", ""))
	c := p.client("http://" + proxyHost)
	o := rule.Join(s.Get(c, "https://origin.test/"), s.Get(c, "https://origin.test/"), s.Get(c, "https://other.test/"))
	asked := ""
	for _, r := range p.proxy.Requests() {
		if asked != "" {
			asked += ", "
		}
		asked += r.Field("Host")
	}
	return rule.Join(o, rule.Did("asks %s", asked), p.direct())
}

// misled is a conversation in which the tunnel leads to a server that has no certificate for the name.
func misled(s *rule.Scene) rule.Outcome {
	p := secure(s, open("200 OK", ""))
	o := s.Get(p.client("http://"+proxyHost), "https://bank.test/")
	return rule.Join(o, p.direct())
}

// secureProxy returns a conversation with a proxy that speaks TLS, with the certificate of a name.
func secureProxy(name string) func(*rule.Scene) rule.Outcome {
	return func(s *rule.Scene) rule.Outcome {
		server, client := certified(s, name)
		p := &place{scene: s, roots: client}
		p.proxy = peer.Serve(tls.NewListener(s.Listen(), server), s.Deadline, peer.Answer(peer.OK("hello")))
		s.AtEnd(p.proxy.Close)
		o := s.Get(p.client("https://"+proxyHost), "http://origin.test/")
		return rule.Join(o, p.asked(), p.direct())
	}
}
