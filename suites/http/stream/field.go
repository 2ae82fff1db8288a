package stream

import (
	"fmt"
	"net/http"
	"strings"

	"golang.org/x/net/http2"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/http/peer"
	"github.com/xcmatrix/xcmatrix/suites/http/rule"
)

// head returns an act that answers with fields and the body hello.
func head(fields ...string) act {
	return func(h *peer.H2, stream uint32) error {
		if err := h.Headers(stream, false, fields...); err != nil {
			return err
		}
		return h.WriteData(stream, true, []byte("hello"))
	}
}

func fieldRules() (rules []rule.Rule) {
	const status, value = "RFC 9113 §8.3.2", "RFC 9113 §8.2.1"
	refused := []string{"error"}
	for _, r := range []struct {
		id, text, clause string
		fields           []string
	}{
		{"status-none", "without :status", status, []string{"content-type", "text/plain"}},
		{"status-word", "whose :status is no number", status, []string{":status", "2x0"}},
		{"status-switch", "with status 101", "RFC 9113 §8.6", []string{":status", "101"}},
		{"pseudo-late", "with :status behind a field", "RFC 9113 §8.3", []string{"a", "b", ":status", "200"}},
		{"pseudo-unknown", "with a pseudo-header field that there is not", "RFC 9113 §8.3", []string{":status", "200", ":other", "b"}},
		{"pseudo-request", "with a pseudo-header field of requests", "RFC 9113 §8.3", []string{":status", "200", ":path", "/"}},
		{"pseudo-twice", "with two :status", "RFC 9113 §8.3", []string{":status", "200", ":status", "404"}},
		{"upper", "with a capital letter in a field's name", value, []string{":status", "200", "X-Upper", "b"}},
		{"name-space", "with a space in a field's name", value, []string{":status", "200", "a b", "c"}},
		{"name-empty", "with an empty field name", value, []string{":status", "200", "", "c"}},
		{"value-nul", "with NUL in a value", value, []string{":status", "200", "a", "b\x00c"}},
		{"value-lf", "with a line end in a value", value, []string{":status", "200", "a", "b\r\nc: d"}},
	} {
		rules = append(rules, rule.Rule{ID: r.id, Text: "refuses an answer " + r.text, Clause: r.clause, Severity: record.High, Want: refused, Play: asks(head(r.fields...))})
	}
	return append(rules,
		rule.Rule{ID: "head-limit", Text: "refuses a head beyond MaxResponseHeaderBytes", Clause: "RFC 9113 §6.5.2; Go net/http Transport.MaxResponseHeaderBytes", Severity: record.High, Want: refused,
			Play: func(s *rule.Scene) rule.Outcome {
				c := client(s, func(t *http.Transport) { t.MaxResponseHeaderBytes = 4 << 10 })
				return s.Get(c, s.Serve(answering(head(":status", "200", "a", strings.Repeat("x", 12<<10)))).URL("/"))
			}},
		rule.Rule{ID: "value-chinese", Text: "takes a value in UTF-8", Clause: "RFC 9110 §5.5", Severity: record.Medium, Want: []string{greeting + "; 龙芯"},
			Play: func(s *rule.Scene) rule.Outcome {
				r, o := s.Response(client(s), s.Request("GET", s.Serve(answering(head(":status", "200", "a", "龙芯"))).URL("/"), nil))
				if r == nil {
					return o
				}
				return rule.Join(o, rule.Did("%s", r.Header.Get("A")))
			}},
		rule.Rule{ID: "sends", Text: "sends small letters, and no field of a connection", Clause: "RFC 9113 §8.2", Severity: record.High, Want: []string{`GET http server.test /a?b "" "" "c"`}, Play: sends},
		rule.Rule{ID: "hints", Text: "takes the final answer behind 103", Clause: "RFC 9113 §8.1", Severity: record.High, Want: []string{greeting},
			Play: asks(func(h *peer.H2, stream uint32) error {
				if err := h.Headers(stream, false, ":status", "103", "link", "</a.css>"); err != nil {
					return err
				}
				return hello(h, stream)
			})},
		rule.Rule{ID: "hints-end", Text: "refuses an interim answer that ends the stream", Clause: "RFC 9113 §8.1", Severity: record.Medium, Want: refused,
			Play: asks(func(h *peer.H2, stream uint32) error { return h.Headers(stream, true, ":status", "103") })},
		rule.Rule{ID: "hints-endless", Text: "ends an answer of interim answers without end", Clause: "RFC 9110 §15.2", Severity: record.High, Want: refused,
			Play: asks(func(h *peer.H2, stream uint32) error {
				for {
					if err := h.Headers(stream, false, ":status", "103", "a", strings.Repeat("x", 1000)); err != nil {
						return err
					}
				}
			})},
	)
}

// sends tells what a client sends.
func sends(s *rule.Scene) rule.Outcome {
	var got peer.Frame
	raw := s.Serve(func(c *peer.Conn) error {
		h, err := peer.AcceptH2(c)
		if err != nil {
			return err
		}
		if got, err = h.Asked(); err != nil {
			return err
		}
		if err := hello(h, got.Stream); err != nil {
			return err
		}
		return peer.Hold(c)
	})
	r := s.Request("GET", raw.URL("/a?b"), nil)
	r.Host = "server.test"
	r.Header.Set("Connection", "keep-alive")
	r.Header.Set("Keep-Alive", "timeout=5")
	r.Header.Set("X-Upper", "c")
	if o := s.Do(client(s), r); o.Did != greeting {
		return o
	}
	for _, f := range got.Fields {
		if strings.ToLower(f.Name) != f.Name {
			return rule.Did("sends %s", f.Name)
		}
	}
	return rule.Did("%s", fmt.Sprintf("%s %s %s %s %q %q %q", got.Field(":method"), got.Field(":scheme"), got.Field(":authority"), got.Field(":path"),
		got.Field("connection"), got.Field("keep-alive"), got.Field("x-upper")))
}

func bodyRules() []rule.Rule {
	const length, trailer = "RFC 9113 §8.1.1", "RFC 9113 §8.1"
	cut := []string{"error", "200, then error"}
	tail := func(end bool, fields ...string) act {
		return func(h *peer.H2, stream uint32) error {
			if err := h.Headers(stream, false, ":status", "200"); err != nil {
				return err
			}
			if err := h.WriteData(stream, false, []byte("hello")); err != nil {
				return err
			}
			return h.Headers(stream, end, fields...)
		}
	}
	return []rule.Rule{
		{ID: "length-short", Text: "reports a body that is shorter than its length", Clause: length, Severity: record.High, Want: cut, Play: asks(head(":status", "200", "content-length", "9"))},
		{ID: "length-long", Text: "reports a body that is longer than its length", Clause: length, Severity: record.High, Want: cut, Play: asks(head(":status", "200", "content-length", "3"))},
		{ID: "data-first", Text: "refuses a body before its head", Clause: trailer, Severity: record.High, Want: []string{"error"},
			Play: asks(func(h *peer.H2, stream uint32) error { return h.WriteData(stream, true, []byte("hello")) })},
		{ID: "trailer", Text: "gives a trailer field", Clause: trailer, Severity: record.High, Want: []string{greeting + "; [42]"},
			Play: func(s *rule.Scene) rule.Outcome {
				r, o := s.Response(client(s), s.Request("GET", s.Serve(answering(tail(true, "x-sum", "42"))).URL("/"), nil))
				if r == nil {
					return o
				}
				return rule.Join(o, rule.Did("%v", r.Trailer["X-Sum"]))
			}},
		{ID: "trailer-pseudo", Text: "refuses a trailer with a pseudo-header field", Clause: trailer, Severity: record.Medium, Want: cut, Play: asks(tail(true, ":status", "200"))},
		{ID: "trailer-open", Text: "refuses a trailer that does not end the stream", Clause: trailer, Severity: record.Medium, Want: cut, Play: asks(tail(false, "x-sum", "42"))},
		{ID: "padding-long", Text: "refuses HEADERS whose padding is longer than the frame", Clause: "RFC 9113 §6.2", Severity: record.Medium, Want: []string{"error"},
			Play: asks(func(h *peer.H2, stream uint32) error {
				return h.WriteRawFrame(http2.FrameHeaders, http2.FlagHeadersEndHeaders|http2.FlagHeadersPadded, stream, []byte("\x20\x88"))
			})},
		{ID: "padding", Text: "takes padded DATA", Clause: "RFC 9113 §6.1", Severity: record.Medium, Want: []string{greeting},
			Play: asks(func(h *peer.H2, stream uint32) error {
				if err := h.Headers(stream, false, ":status", "200"); err != nil {
					return err
				}
				return h.WriteDataPadded(stream, true, []byte("hello"), make([]byte, 200))
			})},
	}
}
