package client

import (
	"bytes"
	"net/http"
	"strings"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/http/peer"
	"github.com/xcmatrix/xcmatrix/suites/http/rule"
)

// readBody is the step that reads the body of a request whose head the step before has read.
func readBody(n int) peer.Script {
	return func(c *peer.Conn) error {
		_, err := c.In.Discard(n)
		return err
	}
}

// expecting returns a conversation in which a client with a timeout sends a body of n bytes with Expect: 100-continue, and then a
// GET. It tells both answers.
func expecting(script peer.Script, n int, timeout time.Duration) func(*rule.Scene) rule.Outcome {
	return func(s *rule.Scene) rule.Outcome {
		raw := s.Serve(script)
		c := s.Client(func(t *http.Transport) { t.ExpectContinueTimeout = timeout })
		r := s.Request("PUT", raw.URL("/"), bytes.NewReader(bytes.Repeat([]byte("x"), n)))
		r.Header.Set("Expect", "100-continue")
		first := s.Do(c, r)
		return rule.Join(first, s.Get(c, raw.URL("/next")))
	}
}

// never is a time that does not pass in a conversation.
const never = time.Hour

func expectRules() []rule.Rule {
	const clause = "RFC 9110 §10.1.1"
	const goOn = "HTTP/1.1 100 Continue\r\n\r\n"
	const n = 60 << 10
	next := peer.Always(peer.Answer(peer.OK("hello")))
	both, refused := []string{hello + "; " + hello}, []string{`413 "no"; ` + hello}
	answerBody := peer.Steps(readBody(n), peer.Send(peer.OK("hello")), next)
	early := func(fields string) string {
		return "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n" + fields + "\r\nno"
	}
	return []rule.Rule{
		{ID: "continue", Text: "sends its body when the server says 100", Clause: clause, Severity: record.High, Want: both,
			Play: expecting(peer.Steps(peer.ReadHead, peer.Send(goOn), answerBody), n, never)},
		{ID: "continue-silent", Text: "sends its body to a server that never says 100, when ExpectContinueTimeout is over", Clause: clause, Severity: record.High, Want: both,
			Play: expecting(peer.Steps(peer.ReadHead, answerBody), n, 20*time.Millisecond)},
		{ID: "continue-twice", Text: "passes over a second 100", Clause: clause, Severity: record.High, Want: both,
			Play: expecting(peer.Steps(peer.ReadHead, peer.Send(goOn+goOn), answerBody), n, never)},
		{ID: "continue-empty", Text: "expects nothing where it has no body", Clause: clause, Severity: record.High, Want: both,
			Play: expecting(next, 0, never)},
		{ID: "continue-hints", Text: "waits for 100 although 103 comes first", Clause: clause, Severity: record.Medium, Want: both,
			Play: expecting(peer.Steps(peer.ReadHead, peer.Send("HTTP/1.1 103 Early Hints\r\n\r\n"+goOn), answerBody), n, never)},
		{ID: "continue-refused", Text: "gives the status that comes in place of 100, and the next request is not disturbed", Clause: clause, Severity: record.Critical, Want: refused,
			Play: expecting(peer.Each(peer.Steps(peer.ReadHead, peer.Send(early("")), readBody(n), next), next), n, never)},
		{ID: "continue-refused-close", Text: "gives the status that comes in place of 100 from a server that closes", Clause: clause, Severity: record.High, Want: refused,
			Play: expecting(peer.Each(peer.Steps(peer.ReadHead, peer.Send(early("Connection: close\r\n"))), next), n, never)},
		{ID: "continue-refused-large", Text: "sends nothing of 5 MiB to a server that refuses it in place of 100 and closes", Clause: clause, Severity: record.High, Want: []string{`413 "no"; sends 0 bytes`}, Play: refusedLarge},
		{ID: "continue-failed", Text: "gives 417 to its caller", Clause: clause, Severity: record.Medium, Want: []string{`417 ""; ` + hello},
			Play: expecting(peer.Each(peer.Steps(peer.ReadHead, peer.Send("HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n"), readBody(n), next), next), n, never)},
		{ID: "early-status", Text: "gives a status that comes before the body of 5 MiB was sent", Clause: "RFC 9112 §9.5", Severity: record.High, Want: []string{`413 "no"; ` + hello},
			Play: func(s *rule.Scene) rule.Outcome {
				raw := s.Serve(peer.Each(peer.Steps(peer.ReadHead, peer.Send(early("Connection: close\r\n")), peer.Hold), next))
				c := s.Client()
				first := s.Do(c, s.Request("POST", raw.URL("/"), strings.NewReader(strings.Repeat("x", 5<<20))))
				return rule.Join(first, s.Get(c, raw.URL("/next")))
			}},
		{ID: "early-success", Text: "does not corrupt the next request where 200 comes before the body of 5 MiB was sent", Clause: "RFC 9112 §9.3", Severity: record.Critical, Want: both,
			Play: func(s *rule.Scene) rule.Outcome {
				raw := s.Serve(peer.Each(peer.Steps(peer.ReadHead, peer.Send(peer.OK("hello")), readBody(5<<20), next), next))
				c := s.Client()
				first := s.Do(c, s.Request("POST", raw.URL("/"), strings.NewReader(strings.Repeat("x", 5<<20))))
				return rule.Join(first, s.Get(c, raw.URL("/next")))
			}},
	}
}

// refusedLarge tells how much of a large body the server gets after it has refused it.
func refusedLarge(s *rule.Scene) rule.Outcome {
	got := make(chan int, 1)
	raw := s.Serve(peer.Steps(peer.ReadHead, peer.Send("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno"), func(c *peer.Conn) error {
		text, err := c.Rest()
		got <- len(text)
		return err
	}))
	c := s.Client(func(t *http.Transport) { t.ExpectContinueTimeout = never })
	r := s.Request("PUT", raw.URL("/"), strings.NewReader(strings.Repeat("x", 5<<20)))
	r.Header.Set("Expect", "100-continue")
	o := s.Do(c, r)
	c.CloseIdleConnections()
	return rule.Join(o, rule.Did("sends %d bytes", <-got))
}
