// Package client has the requirements on an HTTP/1.1 client, and tries net/http's against them.
package client

import (
	"net/http"
	"slices"

	"github.com/xcmatrix/xcmatrix/suites/http/peer"
	"github.com/xcmatrix/xcmatrix/suites/http/rule"
)

// Group is the rules for net/http's client.
func Group() rule.Group {
	return rule.Group{Name: "client", Title: "HTTP/1.1 client", Subject: "net/http",
		Rules: slices.Concat(statusRules(), interimRules(), lengthRules(), chunkRules(), fieldRules(), requestRules(),
			reuseRules(), retryRules(), expectRules(), redirectRules(), cookieRules(), codingRules(), patienceRules()),
		Sane: sane, SaneWant: hello}
}

// hello is the outcome of a request that is answered as it should be.
const hello = `200 "hello"`

func sane(s *rule.Scene) rule.Outcome {
	return s.Get(s.Client(), s.Serve(peer.Answer(peer.OK("hello"))).URL("/"))
}

// answered returns a conversation in which a server answers GET with text, whatever that is, and ends the connection.
func answered(text string) func(*rule.Scene) rule.Outcome {
	return func(s *rule.Scene) rule.Outcome {
		return s.Get(s.Client(), s.Serve(peer.Answer(text)).URL("/"))
	}
}

// read returns a conversation in which a server answers GET with text, of which the client tells something.
func read(text string, tell func(*http.Response) string) func(*rule.Scene) rule.Outcome {
	return func(s *rule.Scene) rule.Outcome {
		response, o := s.Response(s.Client(), s.Request("GET", s.Serve(peer.Answer(text)).URL("/"), nil))
		if response == nil || o.Did == "hangs" {
			return o
		}
		return rule.Join(o, rule.Did("%s", tell(response)))
	}
}
