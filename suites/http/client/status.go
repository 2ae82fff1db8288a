package client

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/http/peer"
	"github.com/xcmatrix/xcmatrix/suites/http/rule"
)

const head = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"

func statusRules() []rule.Rule {
	const clause = "RFC 9112 §4"
	status := func(r *http.Response) string { return fmt.Sprintf("%q", r.Status) }
	refused := []string{"error"}
	return []rule.Rule{
		{ID: "empty-reason", Text: "takes a status line with an empty reason phrase, as Tomcat sends it", Clause: clause, Severity: record.High,
			Want: []string{`200 "hello"; "200 "`}, Play: read("HTTP/1.1 200 \r\nContent-Length: 5\r\n\r\nhello", status)},
		{ID: "foreign-reason", Text: "takes a reason phrase in Chinese", Clause: clause, Severity: record.Medium,
			Want: []string{`200 "hello"; "200 成功"`}, Play: read("HTTP/1.1 200 成功\r\nContent-Length: 5\r\n\r\nhello", status)},
		{ID: "short-status", Text: "refuses a status of two digits", Clause: clause, Severity: record.Medium, Want: refused,
			Play: answered("HTTP/1.1 20 OK\r\nContent-Length: 5\r\n\r\nhello")},
		{ID: "long-status", Text: "refuses a status of four digits", Clause: clause, Severity: record.Medium, Want: refused,
			Play: answered("HTTP/1.1 2000 OK\r\nContent-Length: 5\r\n\r\nhello")},
		{ID: "word-status", Text: "refuses a status that is no number", Clause: clause, Severity: record.Medium, Want: refused,
			Play: answered("HTTP/1.1 abc OK\r\nContent-Length: 5\r\n\r\nhello")},
		{ID: "other-protocol", Text: "refuses an answer of another protocol", Clause: clause, Severity: record.Medium, Want: refused,
			Play: answered("SSH-2.0-server\r\n\r\n")},
		{ID: "lower-protocol", Text: "refuses a protocol name in small letters", Clause: "RFC 9112 §2.3", Severity: record.Low, Want: refused,
			Play: answered("http/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")},
		{ID: "no-answer", Text: "reports a server that ends the connection without an answer", Clause: "RFC 9112 §9.6", Severity: record.High, Want: refused,
			Play: func(s *rule.Scene) rule.Outcome { return s.Get(s.Client(), s.Serve(peer.Read).URL("/")) }},
		{ID: "cut-head", Text: "reports a head that ends within a field", Clause: "RFC 9112 §8", Severity: record.High, Want: refused,
			Play: answered("HTTP/1.1 200 OK\r\nContent-Le")},
		{ID: "byte-by-byte", Text: "takes an answer whose bytes come one by one", Clause: "RFC 9112 §2.2", Severity: record.High, Want: []string{hello},
			Play: func(s *rule.Scene) rule.Outcome {
				return s.Get(s.Client(), s.Serve(peer.Steps(peer.Read, func(c *peer.Conn) error { return c.SendEach(peer.OK("hello")) })).URL("/"))
			}},
		{ID: "html-proxy", Text: "gives the status and the page of a gateway that answers HTML in place of the service", Clause: "RFC 9110 §15.6.3", Severity: record.Medium,
			Want: []string{`502 "<html>bad</html>"; text/html`},
			Play: read("HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 16\r\n\r\n<html>bad</html>", func(r *http.Response) string { return r.Header.Get("Content-Type") })},
	}
}

func interimRules() []rule.Rule {
	const clause = "RFC 9110 §15.2"
	final := peer.OK("hello")
	return []rule.Rule{
		{ID: "early-hints", Text: "passes over 103 Early Hints", Clause: clause, Severity: record.High, Want: []string{hello},
			Play: answered("HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n" + final)},
		{ID: "unasked-continue", Text: "passes over a 100 that it did not ask for", Clause: clause, Severity: record.High, Want: []string{hello},
			Play: answered("HTTP/1.1 100 Continue\r\n\r\n" + final)},
		{ID: "several-interims", Text: "passes over several interim answers", Clause: clause, Severity: record.Medium, Want: []string{hello},
			Play: answered(strings.Repeat("HTTP/1.1 102 Processing\r\n\r\n", 4) + final)},
		{ID: "endless-interims", Text: "ends a row of interim answers that does not end", Clause: "Go net/http Transport.MaxResponseHeaderBytes", Severity: record.High, Want: []string{"error"},
			Play: func(s *rule.Scene) rule.Outcome {
				flood := peer.Steps(peer.Read, peer.Always(peer.Send("HTTP/1.1 103 Early Hints\r\nX: "+strings.Repeat("x", 1000)+"\r\n\r\n")))
				return s.Get(s.Client(func(t *http.Transport) { t.MaxResponseHeaderBytes = 64 << 10 }), s.Serve(flood).URL("/"))
			}},
		{ID: "interim-length", Text: "takes no length from an interim answer", Clause: clause, Severity: record.High, Want: []string{hello},
			Play: answered("HTTP/1.1 103 Early Hints\r\nContent-Length: 1\r\n\r\n" + final)},
	}
}
