package proxy

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/http/peer"
	"github.com/xcmatrix/xcmatrix/suites/http/rule"
)

// refusing returns a tunnel that no proxy opens: it reads CONNECT, and then plays a script.
func refusing(script peer.Script) tunnel {
	return func(string) peer.Script { return peer.Steps(peer.ReadHead, script) }
}

// refusalRules are about a tunnel that does not come about or dies: the client must report it, and must not go past the proxy.
func refusalRules() []rule.Rule {
	const clause = "RFC 9110 §9.3.6"
	failed := []string{"error" + direct(0)}
	says := func(text string) func(*rule.Scene) rule.Outcome { return tunnelled(refusing(peer.Send(text))) }
	page := "HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 15\r\n\r\n<html>no</html>"
	return []rule.Rule{
		{ID: "tunnel-forbidden", Text: "reports a tunnel that is forbidden with 403", Clause: clause, Severity: record.Critical, Want: failed, Play: says("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")},
		{ID: "tunnel-password", Text: "reports a tunnel that asks for a password with 407", Clause: clause, Severity: record.Critical, Want: failed,
			Play: says("HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n")},
		{ID: "tunnel-page", Text: "never takes a proxy's page for the server's answer", Clause: clause + "; CVE-2009-2061", Severity: record.Critical, Want: failed, Play: says(page)},
		{ID: "tunnel-redirected", Text: "does not follow a proxy's redirection of CONNECT", Clause: clause, Severity: record.Critical, Want: failed,
			Play: says("HTTP/1.1 302 Found\r\nLocation: http://login.test/\r\nContent-Length: 0\r\n\r\n")},
		{ID: "tunnel-closed", Text: "reports a proxy that closes in place of an answer", Clause: clause, Severity: record.Critical, Want: failed, Play: says("")},
		{ID: "tunnel-reset", Text: "reports a proxy that resets in place of an answer", Clause: clause, Severity: record.Critical, Want: failed, Play: tunnelled(refusing(peer.Reset))},
		{ID: "tunnel-cut", Text: "reports an answer to CONNECT that is cut", Clause: "RFC 9112 §8", Severity: record.Critical, Want: failed, Play: says("HTTP/1.1 200 OK\r\nX-Wa")},
		{ID: "tunnel-foreign", Text: "reports an answer to CONNECT that is no HTTP", Clause: "RFC 9112 §4", Severity: record.Critical, Want: failed, Play: says("SSH-2.0-server\r\n\r\n")},
		{ID: "tunnel-plain", Text: "refuses a tunnel behind which nothing speaks TLS", Clause: "RFC 9110 §4.3.3", Severity: record.Critical, Want: failed,
			Play: says("HTTP/1.1 200 OK\r\n\r\n" + peer.OK("hello"))},
		{ID: "tunnel-endless", Text: "ends an answer to CONNECT whose head has no end", Clause: "Go net/http Transport.MaxResponseHeaderBytes", Severity: record.High, Want: []string{"error; ended by the client" + direct(0)}, Play: endless},
		{ID: "tunnel-silent", Text: "gives up a proxy that never answers CONNECT when the request's time is over", Clause: "Go net/http Client.Timeout", Severity: record.High, Want: []string{"timeout" + direct(0)}, Play: silent},
		{ID: "tunnel-dies", Text: "reports a tunnel that dies, where the proxy opens no other", Clause: clause, Severity: record.Critical, Want: []string{hello + "; error" + direct(0)}, Play: dies(false)},
		{ID: "tunnel-dies-h2", Text: "reports a tunnel with HTTP/2 that dies, where the proxy opens no other", Clause: clause, Severity: record.Critical, Want: []string{hello + "; error" + direct(0)}, Play: dies(true)},
		{ID: "tunnel-again", Text: "opens another tunnel where one has died", Clause: "Go net/http Transport", Severity: record.High, Want: []string{hello + "; " + hello + direct(0)}, Play: again},
	}
}

// endless is a conversation with a proxy whose answer to CONNECT has fields without end.
func endless(s *rule.Scene) rule.Outcome {
	ended := make(chan string, 1)
	p := secure(s, refusing(func(c *peer.Conn) error {
		err := c.Send("HTTP/1.1 200 OK\r\n")
		field := "X-More: " + strings.Repeat("x", 8<<10) + "\r\n"
		for sent := 0; err == nil && sent < 64<<20; sent += len(field) {
			err = c.Send(field)
		}
		if err == nil {
			ended <- "not ended within 64 MiB"
			return nil
		}
		ended <- "ended by the client"
		return err
	}))
	o := s.Get(p.client("http://"+proxyHost), "https://origin.test/")
	return rule.Join(o, rule.Did("%s", <-ended), p.direct())
}

// silent is a conversation with a proxy that does not answer CONNECT.
func silent(s *rule.Scene) rule.Outcome {
	p := secure(s, refusing(peer.Hold))
	c := p.client("http://" + proxyHost)
	c.Timeout = 50 * time.Millisecond
	_, err := c.Do(s.Request("GET", "https://origin.test/", nil))
	if errors.Is(err, context.DeadlineExceeded) && s.Ctx.Err() == nil {
		return rule.Join(rule.Did("timeout"), p.direct())
	}
	return rule.Join(rule.Did("no timeout"), p.direct())
}

// dies returns a conversation whose tunnel dies behind the first answer. The proxy refuses the next.
func dies(http2 bool) func(*rule.Scene) rule.Outcome {
	return func(s *rule.Scene) rule.Outcome {
		p := secure(s, func(server string) peer.Script {
			return peer.Each(open("200 OK", "")(server), refusing(peer.Send("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"))(server))
		})
		return rule.Join(p.cutBetween(func(t *http.Transport) { t.ForceAttemptHTTP2 = http2 }), p.direct())
	}
}

// again is a conversation whose tunnel dies behind the first answer. The proxy opens the next.
func again(s *rule.Scene) rule.Outcome {
	p := secure(s, open("200 OK", ""))
	return rule.Join(p.cutBetween(func(*http.Transport) {}), p.direct())
}

// cutBetween asks twice, and cuts all of the proxy's connections in between.
func (p *tunnelPlace) cutBetween(change func(*http.Transport)) rule.Outcome {
	c := p.client("http://"+proxyHost, change)
	first := p.scene.Get(c, "https://origin.test/")
	p.proxy.Cut()
	return rule.Join(first, p.scene.Get(c, "https://origin.test/"))
}
