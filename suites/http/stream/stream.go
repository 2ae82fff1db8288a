// Package stream has the requirements on an HTTP/2 client, and tries net/http's against them.
package stream

import (
	"net/http"
	"slices"

	"golang.org/x/net/http2"

	"github.com/xcmatrix/xcmatrix/suites/http/peer"
	"github.com/xcmatrix/xcmatrix/suites/http/rule"
)

// Group is the rules for net/http's client, which speaks HTTP/2 without TLS.
func Group() rule.Group {
	return rule.Group{Name: "client2", Title: "HTTP/2 client", Subject: "net/http",
		Rules: slices.Concat(fieldRules(), bodyRules(), frameRules(), settingRules(), blockRules(), endRules(), windowRules()),
		Sane:  asks(hello), SaneWant: greeting}
}

// greeting is the outcome of a request that is answered as it should be.
const greeting = `200 "hello"`

// act is what a raw server does when it has read a request.
type act func(h *peer.H2, stream uint32) error

// hello answers a request as it should be.
func hello(h *peer.H2, stream uint32) error { return h.Reply(stream, "200", "hello") }

// client returns a client that speaks HTTP/2 alone.
func client(s *rule.Scene, changes ...func(*http.Transport)) *http.Client {
	return s.Client(append([]func(*http.Transport){func(t *http.Transport) {
		t.Protocols = &http.Protocols{}
		t.Protocols.SetUnencryptedHTTP2(true)
	}}, changes...)...)
}

// answering returns a script that answers each request of a connection, and then reads until its end.
func answering(do act, settings ...http2.Setting) peer.Script {
	return func(c *peer.Conn) error {
		h, err := peer.AcceptH2(c, settings...)
		if err != nil {
			return err
		}
		for {
			asked, err := h.Asked()
			if err != nil {
				return err
			}
			if err := do(h, asked.Stream); err != nil {
				return err
			}
		}
	}
}

// asks returns a conversation in which a client asks once.
func asks(do act, settings ...http2.Setting) func(*rule.Scene) rule.Outcome {
	return func(s *rule.Scene) rule.Outcome {
		return s.Get(client(s), s.Serve(answering(do, settings...)).URL("/"))
	}
}

// fatal returns a conversation after which the client must have ended the connection.
func fatal(do act, settings ...http2.Setting) func(*rule.Scene) rule.Outcome {
	return func(s *rule.Scene) rule.Outcome {
		ended := make(chan struct{})
		raw := s.Serve(peer.Each(func(c *peer.Conn) error {
			defer close(ended)
			return answering(do, settings...)(c)
		}, answering(hello)))
		o := s.Get(client(s), raw.URL("/"))
		select {
		case <-ended:
			return rule.Join(o, rule.Did("the connection ends"))
		case <-s.Ctx.Done():
			return rule.Join(o, rule.Did("the connection stays"))
		}
	}
}

// ends are the outcomes that fatal allows: a client may ask again on another connection.
func ends() []string {
	return []string{"error; the connection ends", "200, then error; the connection ends", greeting + "; the connection ends"}
}

// raw returns an act that writes a frame as it is, and then the right answer.
func raw(kind http2.FrameType, flags http2.Flags, on func(stream uint32) uint32, payload string) act {
	return func(h *peer.H2, stream uint32) error {
		if err := h.WriteRawFrame(kind, flags, on(stream), []byte(payload)); err != nil {
			return err
		}
		return hello(h, stream)
	}
}

// same, none and idle say on which stream a frame comes.
func same(stream uint32) uint32 { return stream }
func none(uint32) uint32        { return 0 }
func idle(stream uint32) uint32 { return stream + 100 }
