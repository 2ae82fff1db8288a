package client

import (
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/http/peer"
	"github.com/xcmatrix/xcmatrix/suites/http/rule"
)

// twice returns a conversation of two requests after one another, and tells on which connections they came.
func twice(script peer.Script) func(*rule.Scene) rule.Outcome {
	return func(s *rule.Scene) rule.Outcome {
		raw, c := s.Serve(script), s.Client()
		first := s.Get(c, raw.URL("/"))
		return rule.Join(first, s.Get(c, raw.URL("/")), connections(raw))
	}
}

// connections tells the connections on which requests came, in the order of the requests.
func connections(raw *peer.Server) rule.Outcome {
	var numbers []string
	for _, r := range raw.Requests() {
		numbers = append(numbers, fmt.Sprint(r.Conn))
	}
	return rule.Did("on connections %s", strings.Join(numbers, ", "))
}

const (
	reused    = hello + "; " + hello + "; on connections 1, 1"
	separated = hello + "; " + hello + "; on connections 1, 2"
)

func reuseRules() []rule.Rule {
	const clause = "RFC 9112 §9.3"
	ok := func(fields string) string { return head + fields + "\r\nhello" }
	closing := peer.Each(peer.Steps(peer.Answer(ok("Connection: close\r\n")), peer.Hold), peer.Answer(ok("")))
	return []rule.Rule{
		{ID: "keep-alive", Text: "uses a connection again although the server names no Keep-Alive", Clause: clause, Severity: record.High, Want: []string{reused},
			Play: twice(peer.Always(peer.Answer(ok(""))))},
		{ID: "keep-alive-timeout", Text: "takes Keep-Alive with a timeout", Clause: "RFC 9112 §C.2.2", Severity: record.Medium, Want: []string{reused},
			Play: twice(peer.Always(peer.Answer(ok("Keep-Alive: timeout=60, max=100\r\n"))))},
		{ID: "close", Text: "does not use a connection again that the server closes", Clause: clause, Severity: record.High, Want: []string{separated}, Play: twice(closing)},
		{ID: "close-list", Text: "finds close in a list, in any letters", Clause: "RFC 9110 §7.6.1", Severity: record.High, Want: []string{separated},
			Play: twice(peer.Each(peer.Steps(peer.Answer(ok("Connection: Foo, CLOSE\r\n")), peer.Hold), peer.Answer(ok(""))))},
		{ID: "old-server", Text: "does not use the connection of an HTTP/1.0 server again", Clause: clause, Severity: record.High, Want: []string{separated},
			Play: twice(peer.Each(peer.Steps(peer.Answer("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello"), peer.Hold), peer.Answer(ok(""))))},
		{ID: "old-chunked", Text: "does not use the connection of an HTTP/1.0 answer again that is chunked", Clause: "RFC 9112 §6.1", Severity: record.Medium,
			Want: []string{separated, `error; ` + hello + "; on connections 1, 2"},
			Play: twice(peer.Each(peer.Steps(peer.Answer("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nhello"), peer.Answer(ok("")), peer.Hold),
				peer.Answer(ok(""))))},
		{ID: "after-chunks", Text: "uses a connection again behind a chunked body with a trailer", Clause: clause, Severity: record.Medium, Want: []string{reused},
			Play: twice(peer.Always(peer.Answer(chunked("5\r\nhello\r\n0\r\nX-Sum: 42\r\n\r\n"))))},
		{ID: "after-no-content", Text: "uses a connection again behind 204", Clause: clause, Severity: record.Medium, Want: []string{`204 ""; 204 ""; on connections 1, 1`},
			Play: twice(peer.Always(peer.Answer("HTTP/1.1 204 No Content\r\n\r\n")))},
		{ID: "after-unread", Text: "does not read another answer where the first one's body was left unread", Clause: "RFC 9112 §9.3", Severity: record.Critical,
			Want: []string{`"world" on connections 1, 2`, `"world" on connections 1, 1`}, Play: unread},
		{ID: "unsolicited", Text: "takes no answer that came before its request", Clause: "RFC 9112 §9.2", Severity: record.Critical, Want: []string{separated}, Play: unsolicited},
		{ID: "unsolicited-storm", Text: "takes no answer that came before its request, 400 times with no time between", Clause: "RFC 9112 §9.2", Severity: record.Critical,
			Want: []string{"0 of 400 wrong"}, Deep: true, Play: unsolicitedStorm},
		{ID: "surplus", Text: "does not use a connection again on which more came than the body's length", Clause: "RFC 9112 §6.3", Severity: record.Critical, Want: []string{separated},
			Play: twice(peer.Each(peer.Steps(peer.Answer(ok("")+"surplus"), peer.Hold), peer.Answer(ok(""))))},
		{ID: "no-keep-alives", Text: "asks the server to close where connections are not kept", Clause: "RFC 9112 §9.6", Severity: record.Medium, Want: []string{hello + `; "close"`},
			Play: func(s *rule.Scene) rule.Outcome {
				raw := s.Serve(peer.Answer(ok("")))
				o := s.Get(s.Client(func(t *http.Transport) { t.DisableKeepAlives = true }), raw.URL("/"))
				return rule.Join(o, rule.Did("%q", raw.Requests()[0].Field("Connection")))
			}},
	}
}

// unread leaves the first answer's body unread, and asks again.
func unread(s *rule.Scene) rule.Outcome {
	raw := s.Serve(peer.Each(peer.Steps(peer.Answer(head+"\r\n"), peer.Hold), peer.Answer(peer.OK("world"))))
	c := s.Client()
	first, err := c.Do(s.Request("GET", raw.URL("/"), nil))
	if err != nil {
		return rule.Failed(err)
	}
	s.Must(first.Body.Close())
	second, err := c.Do(s.Request("GET", raw.URL("/"), nil))
	if err != nil {
		return rule.Failed(err)
	}
	body, err := io.ReadAll(second.Body)
	s.Must(second.Body.Close())
	if err != nil {
		return rule.Failed(err)
	}
	return rule.Did("%q %s", body, connections(raw).Did)
}

// unsolicited has the server send a second answer before it is asked, and waits until the client gives up the connection.
func unsolicited(s *rule.Scene) rule.Outcome {
	gone := make(chan struct{})
	raw := s.Serve(peer.Each(
		peer.Steps(peer.Answer(peer.OK("hello")+peer.OK("wrong")), peer.Hold, func(*peer.Conn) error { close(gone); return nil }),
		peer.Answer(peer.OK("hello"))))
	c := s.Client()
	first := s.Get(c, raw.URL("/"))
	select {
	case <-gone:
	case <-s.Ctx.Done():
		return rule.Did("keeps the connection")
	}
	return rule.Join(first, s.Get(c, raw.URL("/")), connections(raw))
}

// unsolicitedStorm sends the second request as soon as the first is answered.
func unsolicitedStorm(s *rule.Scene) rule.Outcome {
	wrong := 0
	const rounds = 400
	for range rounds {
		raw := s.Serve(peer.Each(peer.Steps(peer.Answer(peer.OK("hello")+peer.OK("wrong")), peer.Hold), peer.Answer(peer.OK("hello"))))
		c := s.Client()
		for range 2 {
			if o := s.Get(c, raw.URL("/")); o.Did != hello {
				wrong++
			}
		}
		c.CloseIdleConnections()
		raw.Close()
	}
	return rule.Did("%d of %d wrong", wrong, rounds)
}
