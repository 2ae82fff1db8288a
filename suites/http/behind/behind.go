// Package behind has the requirements on Go's HTTP server behind a reverse proxy: what a client sends comes to the handler as it is,
// what the handler answers comes to the client, and both agree where each request ends.
package behind

import (
	"net/http"
	"slices"

	. "github.com/onsi/ginkgo/v2"

	"github.com/xcmatrix/xcmatrix/suites/http/rule"
)

// hello is the outcome of a request that is answered as it should be.
const hello = `200 "hello"`

// Groups returns the rules for Go's server behind each front.
func Groups() (all []rule.Group) {
	for _, f := range fronts() {
		g := rule.Group{Name: "behind-" + f.name, Title: "Go's server behind " + f.title, Subject: "net/http behind " + f.title, Optional: f.program,
			Rules: slices.Concat(contentRules(f), bodyRules(f), endRules(f), connectionRules(f), smugglingRules(f)),
			Sane:  func(s *rule.Scene) rule.Outcome { return s.Get(s.Client(), "http://"+f.before(s, answer("hello"))+"/") }, SaneWant: hello}
		if f.program {
			g.Needs = needsPrograms
		}
		all = append(all, g)
	}
	return all
}

// before starts a server with a handler and the front before it, and returns the front's address.
func (f front) before(s *rule.Scene, handler http.HandlerFunc, changes ...func(*http.Server)) (address string) {
	GinkgoHelper()
	return f.start(s, s.Handle(handler, changes...))
}

// answer returns a handler that answers with text.
func answer(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(text)) }
}

// asked returns a conversation in which a raw client sends text, which the handler answers with what tell makes of the request.
func (f front) asked(text string, tell func(*http.Request) string) func(*rule.Scene) rule.Outcome {
	return func(s *rule.Scene) rule.Outcome {
		c := s.Dial(f.before(s, func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte(tell(r))) }))
		s.Must(c.Send(text))
		r, err := c.Response("GET")
		if err != nil {
			return rule.Failed(err)
		}
		return rule.Did("%d %s", r.Status, r.Body)
	}
}

// answered returns a conversation in which a client asks, and tells something of the response.
func (f front) answered(handler http.HandlerFunc, tell func(*http.Response) string) func(*rule.Scene) rule.Outcome {
	return func(s *rule.Scene) rule.Outcome {
		response, o := s.Response(s.Client(), s.Request("GET", "http://"+f.before(s, handler)+"/", nil))
		if response == nil || tell == nil {
			return o
		}
		return rule.Join(o, rule.Did("%s", tell(response)))
	}
}
