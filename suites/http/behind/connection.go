package behind

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/xcmatrix/xcmatrix/drivers/servers/web"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/http/client"
	"github.com/xcmatrix/xcmatrix/suites/http/rule"
)

// endRules are about answers that do not come to their end.
func endRules(f front) []rule.Rule {
	const clause = "RFC 9112 §8"
	cut := []string{"200, then error", "error"}
	abort := func(length string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			if length != "" {
				w.Header().Set("Content-Length", length)
			}
			_, _ = io.WriteString(w, "hel")
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}
	}
	return []rule.Rule{
		{ID: "cut", Text: "shows a client that an answer with a length is cut", Clause: clause, Severity: record.High, Want: append(cut, "5xx"), Play: f.cut(abort("5"))},
		{ID: "cut-chunked", Text: "shows a client that a chunked answer is cut", Clause: clause, Severity: record.High, Want: append(cut, "5xx"), Play: f.cut(abort(""))},
		{ID: "absent", Text: "is told by a status where no server is there", Clause: "RFC 9110 §15.6.3", Severity: record.Medium, Want: []string{"5xx"},
			Play: func(s *rule.Scene) rule.Outcome {
				l := s.Listen()
				s.Must(l.Close())
				return brief(s.Get(s.Client(), "http://"+f.start(s, l.Addr().String())+"/"))
			}},
	}
}

// cut returns a conversation about an answer that ends before its end.
func (f front) cut(handler http.HandlerFunc) func(*rule.Scene) rule.Outcome {
	return func(s *rule.Scene) rule.Outcome { return brief(s.Get(s.Client(), "http://"+f.before(s, handler)+"/")) }
}

// brief returns an outcome without the page of a proxy's own.
func brief(o rule.Outcome) rule.Outcome {
	if len(o.Did) > 3 && o.Did[0] == '5' {
		return rule.Outcome{Did: "5xx", Said: o.Did}
	}
	return o
}

func connectionRules(f front) []rule.Rule {
	return []rule.Rule{
		{ID: "reuse", Text: "answers 50 requests after one another on one connection", Clause: "RFC 9112 §9.3", Severity: record.High, Want: []string{"50 answered, 1 connection"}, Play: f.many},
		{ID: "idle-rule", Text: "loses no POST where its IdleTimeout is far above the proxy's", Clause: "Go net/http Server.IdleTimeout", Severity: record.High, Want: []string{"0 of 100 lost"},
			Play: func(s *rule.Scene) rule.Outcome {
				address := f.before(s, func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) }, func(h *http.Server) { h.IdleTimeout = time.Minute })
				return client.AtIdleTime(s, 100, "http://"+address+"/", web.IdleTime, 0)
			}},
		{ID: "upgrade", Text: "changes to another protocol by Upgrade, as WebSocket does", Clause: "RFC 9110 §7.8; RFC 6455 §4.1", Severity: record.High, Want: []string{"101 websocket, echoes"}, Play: f.upgrade},
	}
}

// many sends requests after one another on one connection.
func (f front) many(s *rule.Scene) rule.Outcome {
	c := s.Dial(f.before(s, answer("hello")))
	n := 0
	for range 50 {
		if err := c.Send(get("/", "")); err != nil {
			break
		}
		if r, err := c.Response("GET"); err != nil || r.Status != http.StatusOK || r.Body != "hello" {
			break
		}
		n++
	}
	return rule.Did("%d answered, 1 connection", n)
}

// upgrade leaves HTTP for bytes that come back.
func (f front) upgrade(s *rule.Scene) rule.Outcome {
	c := s.Dial(f.before(s, func(w http.ResponseWriter, _ *http.Request) {
		raw, both, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer raw.Close()
		fmt.Fprint(both, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
		_ = both.Flush()
		_, _ = io.Copy(raw, bufio.NewReader(both))
	}))
	s.Must(c.Send(get("/", "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")))
	r, err := c.Response("GET")
	if err != nil {
		return rule.Failed(err)
	}
	if r.Status != http.StatusSwitchingProtocols {
		return rule.Did("%d", r.Status)
	}
	const frame = "\x81\x85\x00\x00\x00\x00hello"
	s.Must(c.Send(frame))
	back := make([]byte, len(frame))
	if _, err := io.ReadFull(c.In, back); err != nil {
		return rule.Failed(err)
	}
	if string(back) != frame {
		return rule.Did("101 %s, %q", r.Field("Upgrade"), back)
	}
	return rule.Did("101 %s, echoes", r.Field("Upgrade"))
}
