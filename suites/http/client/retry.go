package client

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/http/peer"
	"github.com/xcmatrix/xcmatrix/suites/http/rule"
)

// lateClose is a server whose idle time is over just as a request arrives: it ends the first connection behind the first answer,
// when the second request is there.
func lateClose() peer.Script {
	return peer.Each(peer.Steps(peer.Answer(peer.OK("hello")), peer.Read), peer.Always(peer.Answer(peer.OK("again"))))
}

// late returns a conversation whose second request meets a server that closes.
func late(script peer.Script, second func(*rule.Scene, string) *http.Request) func(*rule.Scene) rule.Outcome {
	return func(s *rule.Scene) rule.Outcome {
		raw, c := s.Serve(script), s.Client()
		first := s.Get(c, raw.URL("/"))
		o := s.Do(c, second(s, raw.URL("/second")))
		return rule.Join(first, o, rule.Did("sent %d times", len(raw.Requests())-1))
	}
}

// request returns what makes a request with a body, and with fields given as names and values by turns.
func request(method, body string, fields ...string) func(*rule.Scene, string) *http.Request {
	return func(s *rule.Scene, url string) *http.Request {
		r := s.Request(method, url, nil)
		if body != "" {
			r = s.Request(method, url, strings.NewReader(body))
		}
		for i := 0; i+1 < len(fields); i += 2 {
			r.Header.Set(fields[i], fields[i+1])
		}
		return r
	}
}

func retryRules() []rule.Rule {
	const documented = "Go net/http Transport; RFC 9110 §9.2.2"
	again, once := []string{hello + `; 200 "again"; sent 2 times`}, []string{hello + "; error; sent 1 times"}
	stream := func(s *rule.Scene, url string) *http.Request {
		r := s.Request("POST", url, io.MultiReader(strings.NewReader("pay"))) // cannot be read twice
		r.Header.Set("Idempotency-Key", "1")
		return r
	}
	return []rule.Rule{
		{ID: "late-get", Text: "sends GET again where the server's idle time ends as it arrives", Clause: documented, Severity: record.High, Want: again, Play: late(lateClose(), request("GET", ""))},
		{ID: "late-options", Text: "sends OPTIONS again where the server's idle time ends as it arrives", Clause: documented, Severity: record.Medium, Want: again, Play: late(lateClose(), request("OPTIONS", ""))},
		{ID: "late-post", Text: "sends POST once where the server's idle time ends as it arrives, and reports that", Clause: documented, Severity: record.Critical, Want: once, Play: late(lateClose(), request("POST", "pay"))},
		{ID: "late-patch", Text: "never sends PATCH again", Clause: documented, Severity: record.Critical, Want: once, Play: late(lateClose(), request("PATCH", "pay"))},
		{ID: "late-key", Text: "sends POST with Idempotency-Key again", Clause: documented, Severity: record.High, Want: again, Play: late(lateClose(), request("POST", "pay", "Idempotency-Key", "1"))},
		{ID: "late-stream", Text: "does not send a body again that it can read only once", Clause: documented, Severity: record.Critical, Want: once, Play: late(lateClose(), stream)},
		{ID: "late-reset", Text: "sends GET again where the server resets an idle connection", Clause: documented, Severity: record.High, Want: again,
			Play: late(peer.Each(peer.Steps(peer.Answer(peer.OK("hello")), peer.Read, peer.Reset), peer.Always(peer.Answer(peer.OK("again")))), request("GET", ""))},
		{ID: "first-get", Text: "does not repeat a GET on a connection that was never answered", Clause: documented, Severity: record.Medium, Want: []string{"error; sent 1 times"},
			Play: func(s *rule.Scene) rule.Outcome {
				raw := s.Serve(peer.Read)
				return rule.Join(s.Get(s.Client(), raw.URL("/")), rule.Did("sent %d times", len(raw.Requests())))
			}},
		{ID: "idle-rule", Text: "loses no POST where its IdleConnTimeout is far below the server's keepAliveTimeout", Clause: "Go net/http Transport.IdleConnTimeout", Severity: record.High,
			Want: []string{"0 of 100 lost"}, Play: idle(100, time.Second, 50*time.Millisecond)},
		{ID: "idle-rule-thousand", Text: "loses POSTs at the server's keepAliveTimeout, and none of 1,000 where its IdleConnTimeout is far below that", Clause: "Go net/http Transport.IdleConnTimeout", Severity: record.High,
			Want: []string{"lost without the rule; 0 of 1000 lost"}, Deep: true, Limit: time.Minute,
			Play: func(s *rule.Scene) rule.Outcome {
				return rule.Join(raceSeen(s), idle(1000, 3*time.Second, 100*time.Millisecond)(s))
			}},
	}
}

// raceSeen has clients without an IdleConnTimeout lose a POST at a server's idle time: what a client with one does not lose says
// something where that happens alone.
func raceSeen(s *rule.Scene) rule.Outcome {
	for range 20 {
		if o := idle(100, 300*time.Millisecond, 0)(s); o.Said != "" {
			return rule.Outcome{Did: "lost without the rule", Said: o.String()}
		}
	}
	return rule.Did("none of 2000 lost without the rule")
}

// idle returns a conversation of n clients, each with a connection of its own, for the times after which server and client close
// idle connections; 0: never. It sends a POST, waits for the time at which the server closes, give or take some milliseconds, and
// sends another.
func idle(n int, server, client time.Duration) func(*rule.Scene) rule.Outcome {
	return func(s *rule.Scene) rule.Outcome {
		address := s.Handle(func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) },
			func(h *http.Server) { h.IdleTimeout = server })
		return AtIdleTime(s, n, "http://"+address, server, client)
	}
}

// AtIdleTime has n clients send a POST to a URL that answers with its body, and another when the server closes idle connections,
// after the time server. It tells how many were lost.
func AtIdleTime(s *rule.Scene, n int, url string, server, client time.Duration) rule.Outcome {
	var lost atomic.Int32
	var all sync.WaitGroup
	var mu sync.Mutex
	var first error
	for i := range n {
		c := s.Client(func(t *http.Transport) { t.IdleConnTimeout = client })
		all.Go(func() {
			errFirst := post(s, c, url)
			time.Sleep(server + time.Duration(i%40-30)*100*time.Microsecond)
			if err := errors.Join(errFirst, post(s, c, url)); err != nil {
				lost.Add(1)
				mu.Lock()
				first = err
				mu.Unlock()
			}
		})
	}
	all.Wait()
	o := rule.Did("%d of %d lost", lost.Load(), n)
	if first != nil {
		o.Said = first.Error()
	}
	return o
}

// post sends a small POST, and returns an error unless its body comes back.
func post(s *rule.Scene, c *http.Client, url string) error {
	r, err := http.NewRequestWithContext(s.Ctx, "POST", url, strings.NewReader("pay"))
	if err != nil {
		return err
	}
	response, err := c.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if body, err := io.ReadAll(response.Body); err != nil || string(body) != "pay" {
		return fmt.Errorf("%q, %v", body, err)
	}
	return nil
}
