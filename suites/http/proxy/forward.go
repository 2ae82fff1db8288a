package proxy

import (
	"net/http"
	"net/url"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/http/peer"
	"github.com/xcmatrix/xcmatrix/suites/http/rule"
)

// forwarded returns a conversation in which a client asks for a URL by a proxy that a URL names, and that plays a script. It tells the
// request as the proxy got it, with fields of these names.
func forwarded(script peer.Script, proxy, address string, names ...string) func(*rule.Scene) rule.Outcome {
	return func(s *rule.Scene) rule.Outcome {
		p := at(s, script)
		o := s.Get(p.client(proxy), address)
		return rule.Join(o, p.asked(names...), p.direct())
	}
}

func forwardRules() []rule.Rule {
	ok := peer.Always(peer.Answer(peer.OK("hello")))
	const plain = "http://" + proxyHost
	refused := peer.Answer("HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n")
	return []rule.Rule{
		{ID: "absolute", Text: "names the whole URL to the proxy, and the server in Host", Clause: "RFC 9112 §3.2.2", Severity: record.High,
			Want: []string{hello + `; asks GET http://origin.test:8080/a?b=c HTTP/1.1, Host "origin.test:8080"` + direct(0)},
			Play: forwarded(ok, plain, "http://origin.test:8080/a?b=c", "Host")},
		{ID: "fragment", Text: "sends no fragment to the proxy", Clause: "RFC 9110 §7.1", Severity: record.High,
			Want: []string{hello + `; asks GET http://origin.test/a HTTP/1.1` + direct(0)}, Play: forwarded(ok, plain, "http://origin.test/a#secret")},
		{ID: "userinfo", Text: "sends a URL's user and password as Authorization, and not in the request target", Clause: "RFC 9110 §4.2.4", Severity: record.High,
			Want: []string{hello + `; asks GET http://origin.test/ HTTP/1.1, Authorization "Basic dTpw"` + direct(0)}, Play: forwarded(ok, plain, "http://u:p@origin.test/", "Authorization")},
		{ID: "credentials", Text: "sends the proxy's user and password as Proxy-Authorization", Clause: "RFC 9110 §11.7.2; RFC 7617 §2", Severity: record.High,
			Want: []string{hello + `; asks GET http://origin.test/ HTTP/1.1, Proxy-Authorization "Basic dTpwOkA="` + direct(0)},
			Play: forwarded(ok, "http://u:p%3A%40@"+proxyHost, "http://origin.test/", "Proxy-Authorization")},
		{ID: "refused", Text: "gives a proxy's 407 to its caller", Clause: "RFC 9110 §15.5.8", Severity: record.High,
			Want: []string{`407 ""; asks GET http://origin.test/ HTTP/1.1` + direct(0)}, Play: forwarded(refused, plain, "http://origin.test/")},
		{ID: "down", Text: "reports a proxy that resets each connection, and does not go past it", Clause: "Go net/http Transport.Proxy", Severity: record.Critical,
			Want: []string{"error; asks nothing" + direct(0)}, Play: forwarded(peer.Reset, plain, "http://origin.test/")},
		{ID: "redirect", Text: "sends the proxy's password to no server that it is redirected to without the proxy", Clause: "RFC 9110 §11.7.2", Severity: record.Critical,
			Want: []string{hello + `; Proxy-Authorization ""` + direct(1)}, Play: redirected},
		{ID: "shared", Text: "uses the proxy's connection again for another server", Clause: "RFC 9112 §9.3", Severity: record.Medium,
			Want: []string{hello + "; " + hello + "; on 1 connections" + direct(0)}, Play: shared},
	}
}

// redirected is a conversation in which the proxy answers with a redirection to a host that the client goes to without the proxy.
func redirected(s *rule.Scene) rule.Outcome {
	p := at(s, peer.Answer("HTTP/1.1 302 Found\r\nLocation: http://inside.test/\r\nContent-Length: 0\r\n\r\n"))
	inside := s.Serve(peer.Answer(peer.OK("hello")))
	p.to = inside.Address()
	c := p.client("http://u:p@"+proxyHost, func(t *http.Transport) {
		byProxy := t.Proxy
		t.Proxy = func(r *http.Request) (proxy *url.URL, err error) {
			if r.URL.Host == "inside.test" {
				return nil, nil
			}
			return byProxy(r)
		}
	})
	o := s.Get(c, "http://origin.test/")
	for _, r := range inside.Requests() {
		o = rule.Join(o, rule.Did("Proxy-Authorization %q", r.Field("Proxy-Authorization")))
	}
	return rule.Join(o, p.direct())
}

// shared is a conversation of two requests to two servers by one proxy.
func shared(s *rule.Scene) rule.Outcome {
	p := at(s, peer.Always(peer.Answer(peer.OK("hello"))))
	c := p.client("http://" + proxyHost)
	first := s.Get(c, "http://one.test/")
	return rule.Join(first, s.Get(c, "http://two.test/"), rule.Did("on %d connections", p.proxy.Connections()), p.direct())
}
