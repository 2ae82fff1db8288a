// Package server has the requirements on an HTTP/1.1 server, and tries net/http's against them.
package server

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/xcmatrix/xcmatrix/suites/http/rule"
)

// Group is the rules for net/http's server.
func Group() rule.Group {
	return rule.Group{Name: "server", Title: "HTTP/1.1 server", Subject: "net/http",
		Rules: slices.Concat(lengthRules(), codingRules(), chunkRules(), lineRules(), fieldRules(), targetRules(), pathRules(), fileRules(),
			orderRules(), continueRules(), limitRules(), answerRules(), rangeRules()),
		Sane: tried(post("Content-Length: 5\r\n") + "hello"), SaneWant: whole}
}

// seen keeps the requests that a handler gets.
type seen struct {
	mu  sync.Mutex
	all []string
}

func (s *seen) add(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, text)
}

func (s *seen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.all) == 0 {
		return "nothing"
	}
	return strings.Join(s.all, ", ")
}

// handle reads a request's body, and answers 200, or 400 where the body cannot be read.
func (s *seen) handle(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		s.add(r.Method + " " + r.URL.Path + " error")
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	s.add(fmt.Sprintf("%s %s %q", r.Method, r.URL.Path, body))
}

// post begins a POST with fields, each with its line end.
func post(fields string) string { return "POST /a HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n" }

// probe is a request that is as it should be. What a server makes of it shows where it believes the bytes before it to end.
const probe = "GET /probe HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"

// whole is the outcome where a POST with the body "hello" and the probe are answered.
const whole = `200 200; POST /a "hello", GET /probe ""`

// tried returns a conversation in which a raw client sends text, and the probe behind it. It tells the statuses that come until the
// server closes, and what the handler saw.
func tried(text string, changes ...func(*http.Server)) func(*rule.Scene) rule.Outcome {
	return func(s *rule.Scene) rule.Outcome {
		var saw seen
		c := s.Dial(s.Handle(saw.handle, changes...))
		_ = c.Send(text + probe) // a server that refuses it may have closed: its answer tells
		var statuses []string
		for {
			r, err := c.Response("GET")
			if r.Status == 0 {
				if o := rule.Failed(err); o.Did == "hangs" {
					return o
				}
				return rule.Did("%s; %s", strings.Join(statuses, " "), &saw)
			}
			statuses = append(statuses, fmt.Sprint(r.Status))
		}
	}
}

// answers returns a conversation in which a raw client sends text to a handler. It tells of the first answer.
func answers(handler http.HandlerFunc, text string, tell func(status int, head, body string) string, changes ...func(*http.Server)) func(*rule.Scene) rule.Outcome {
	return func(s *rule.Scene) rule.Outcome {
		c := s.Dial(s.Handle(handler, changes...))
		if err := c.Send(text); err != nil {
			return rule.Failed(err)
		}
		method, _, _ := strings.Cut(text, " ")
		r, err := c.Response(method)
		if err != nil {
			return rule.Failed(err)
		}
		return rule.Did("%s", tell(r.Status, r.Head, r.Body))
	}
}
