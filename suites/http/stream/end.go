package stream

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"golang.org/x/net/http2"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/http/peer"
	"github.com/xcmatrix/xcmatrix/suites/http/rule"
)

// patience is how long a conversation may take that shows whether a connection stays.
const patience = 10 * time.Second

func blockRules() []rule.Rule {
	return []rule.Rule{
		{ID: "block-parts", Text: "takes a field block in many CONTINUATIONs", Clause: "RFC 9113 §6.10", Severity: record.High, Want: []string{greeting},
			Play: asks(func(h *peer.H2, stream uint32) error {
				block := h.Encode(":status", "200", "a", strings.Repeat("x", 20))
				if err := h.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: block[:1]}); err != nil {
					return err
				}
				for i := 1; i < len(block); i++ {
					if err := h.WriteContinuation(stream, i == len(block)-1, block[i:i+1]); err != nil {
						return err
					}
				}
				return h.WriteData(stream, true, []byte("hello"))
			})},
		{ID: "block-endless", Text: "ends the connection at CONTINUATIONs without end", Clause: "RFC 9113 §10.5.1; CVE-2023-45288", Severity: record.Critical, Want: ends(),
			Play: fatal(func(h *peer.H2, stream uint32) error {
				if err := h.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: h.Encode(":status", "200")}); err != nil {
					return err
				}
				for {
					if err := h.WriteContinuation(stream, false, h.Encode("a", strings.Repeat("~", 8000))); err != nil {
						return err
					}
				}
			})},
	}
}

// first returns a script whose first connection does one thing, and whose others answer as they should.
func first(do act) peer.Script { return peer.Each(answering(do), answering(hello)) }

// repeated returns a conversation in which a client asks once, and tells how many connections it opened.
func repeated(do act, method, body string) func(*rule.Scene) rule.Outcome {
	return func(s *rule.Scene) rule.Outcome {
		raw := s.Serve(first(do))
		var r *http.Request
		if body == "" {
			r = s.Request(method, raw.URL("/"), nil)
		} else {
			r = s.Request(method, raw.URL("/"), strings.NewReader(body))
		}
		return rule.Join(s.Do(client(s), r), rule.Did("%d connections", raw.Connections()))
	}
}

func endRules() []rule.Rule {
	const reset, away = "RFC 9113 §8.7", "RFC 9113 §6.8"
	rst := func(code http2.ErrCode) act {
		return func(h *peer.H2, stream uint32) error { return h.WriteRSTStream(stream, code) }
	}
	goAway := func(last func(uint32) uint32, code http2.ErrCode, then act) act {
		return func(h *peer.H2, stream uint32) error {
			if err := h.WriteGoAway(last(stream), code, nil); err != nil || then == nil {
				return err
			}
			return then(h, stream)
		}
	}
	highest := func(uint32) uint32 { return 1<<31 - 1 }
	again, once := []string{greeting + "; 2 connections"}, []string{greeting + "; 1 connections"}
	return []rule.Rule{
		{ID: "reset", Text: "reports a stream that is reset", Clause: "RFC 9113 §5.4.2", Severity: record.High, Want: []string{"error; 1 connections"}, Play: repeated(rst(http2.ErrCodeInternal), "GET", "")},
		{ID: "reset-post", Text: "does not send a POST again that is reset", Clause: reset, Severity: record.Critical, Want: []string{"error; 1 connections"}, Play: repeated(rst(http2.ErrCodeInternal), "POST", "pay")},
		{ID: "refused", Text: "sends a request again that the server has refused", Clause: reset, Severity: record.High, Want: []string{greeting + "; sent 2 times"}, Play: refusedOnce("GET", "")},
		{ID: "refused-post", Text: "sends a POST again that the server has refused without a look at it", Clause: reset, Severity: record.High, Want: []string{greeting + "; sent 2 times"}, Play: refusedOnce("POST", "pay")},
		{ID: "away-below", Text: "sends a request again on another connection that GOAWAY leaves out", Clause: away, Severity: record.High, Want: again, Play: repeated(goAway(none, http2.ErrCodeNo, nil), "GET", "")},
		{ID: "away-below-post", Text: "sends a POST again on another connection that GOAWAY leaves out", Clause: away, Severity: record.High, Want: again, Play: repeated(goAway(none, http2.ErrCodeNo, nil), "POST", "pay")},
		{ID: "away-answered", Text: "takes the answer behind a GOAWAY that includes its stream", Clause: away, Severity: record.High, Want: once, Play: repeated(goAway(same, http2.ErrCodeNo, hello), "GET", "")},
		{ID: "away-warning", Text: "takes the answer behind a GOAWAY that only warns", Clause: away, Severity: record.High, Want: once, Play: repeated(goAway(highest, http2.ErrCodeNo, hello), "GET", "")},
		{ID: "away-next", Text: "opens another connection for the request behind a GOAWAY", Clause: away, Severity: record.High, Want: []string{greeting + "; " + greeting + "; 2 connections"},
			Play: func(s *rule.Scene) rule.Outcome {
				raw, c := s.Serve(first(goAway(highest, http2.ErrCodeNo, hello))), client(s)
				one := s.Get(c, raw.URL("/"))
				return rule.Join(one, s.Get(c, raw.URL("/")), rule.Did("%d connections", raw.Connections()))
			}},
		{ID: "cut", Text: "reports an answer whose connection ends", Clause: "RFC 9113 §5.1", Severity: record.High, Want: []string{"200, then error; 1 connections"},
			Play: repeated(func(h *peer.H2, stream uint32) error {
				if err := h.Headers(stream, false, ":status", "200"); err != nil {
					return err
				}
				if err := h.WriteData(stream, false, []byte("hel")); err != nil {
					return err
				}
				return io.EOF
			}, "GET", "")},
		{ID: "early", Text: "takes an answer that comes before it has sent its body, and a reset without an error behind that", Clause: "RFC 9113 §8.1", Severity: record.High, Want: []string{greeting},
			Play: func(s *rule.Scene) rule.Outcome {
				raw := s.Serve(answering(func(h *peer.H2, stream uint32) error {
					if err := hello(h, stream); err != nil {
						return err
					}
					return h.WriteRSTStream(stream, http2.ErrCodeNo)
				}))
				return s.Do(client(s), s.Request("POST", raw.URL("/"), strings.NewReader(strings.Repeat("x", 1<<20))))
			}},
	}
}

// refusedOnce has a server refuse the first request, and answer the next one.
func refusedOnce(method, body string) func(*rule.Scene) rule.Outcome {
	return func(s *rule.Scene) rule.Outcome {
		sent := make(chan struct{}, 10)
		raw := s.Serve(answering(func(h *peer.H2, stream uint32) error {
			sent <- struct{}{}
			if len(sent) == 1 {
				return h.WriteRSTStream(stream, http2.ErrCodeRefusedStream)
			}
			return hello(h, stream)
		}))
		r := s.Request(method, raw.URL("/"), nil)
		if body != "" {
			r = s.Request(method, raw.URL("/"), strings.NewReader(body))
		}
		return rule.Join(s.Do(client(s), r), rule.Did("%s", fmt.Sprintf("sent %d times", len(sent))))
	}
}
