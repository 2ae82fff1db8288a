package client

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/xcmatrix/xcmatrix/suites/http/peer"
	"github.com/xcmatrix/xcmatrix/suites/http/rule"
)

// cancelled cancels a request when the server has it.
func cancelled(s *rule.Scene) rule.Outcome {
	ctx, cancel := context.WithCancel(s.Ctx)
	defer cancel()
	gone := make(chan struct{})
	raw := s.Serve(peer.Steps(peer.Read, func(*peer.Conn) error { cancel(); return nil }, peer.Hold, func(*peer.Conn) error { close(gone); return nil }))
	o := s.Do(s.Client(), s.Request("GET", raw.URL("/"), nil).WithContext(ctx))
	select {
	case <-gone:
		return rule.Join(o, rule.Did("the server sees the end"))
	case <-s.Ctx.Done():
		return rule.Join(o, rule.Did("the connection stays"))
	}
}

// perHost sends eight requests at once by a client that may have two connections, and counts those that a server has at once.
func perHost(s *rule.Scene) rule.Outcome {
	var mu sync.Mutex
	open, most, answered := 0, 0, 0
	raw := s.Serve(func(c *peer.Conn) error {
		mu.Lock()
		open++
		most = max(most, open)
		mu.Unlock()
		err := peer.Always(peer.Answer(peer.OK("hello")))(c)
		mu.Lock()
		open--
		mu.Unlock()
		return err
	})
	client := s.Client(func(t *http.Transport) { t.MaxConnsPerHost = 2 })
	var all sync.WaitGroup
	for range 8 {
		r := s.Request("GET", raw.URL("/"), nil)
		all.Go(func() {
			if o := s.Do(client, r); o.Did == hello {
				mu.Lock()
				answered++
				mu.Unlock()
			}
		})
	}
	all.Wait()
	mu.Lock()
	defer mu.Unlock()
	if most <= 2 {
		return rule.Did("%d answered on at most 2 connections at once", answered)
	}
	return rule.Did("%d answered on %d connections at once", answered, most)
}

// pattern is 20 MiB in which no part is like the one before it.
func pattern() string {
	var b strings.Builder
	for i := uint32(1); b.Len() < 20<<20; i = i*1664525 + 1013904223 {
		b.Write([]byte{byte(i >> 24), byte(i >> 16), byte(i >> 8), byte(i)})
	}
	return b.String()
}

func same(got, want string) string {
	if got == want {
		return "all right"
	}
	return "not the same"
}

func largeDown(s *rule.Scene) rule.Outcome {
	want := pattern()
	response, err := s.Client().Do(s.Request("GET", s.Serve(peer.Answer(peer.OK(want))).URL("/"), nil))
	if err != nil {
		return rule.Failed(err)
	}
	defer response.Body.Close()
	var got bytes.Buffer
	if _, err := io.Copy(&got, response.Body); err != nil {
		return rule.Failed(err)
	}
	return rule.Did("%d bytes, %s", got.Len(), same(got.String(), want))
}

func largeUp(s *rule.Scene) rule.Outcome {
	want := pattern()
	raw := s.Serve(peer.Answer(peer.OK("hello")))
	o := s.Do(s.Client(), s.Request("POST", raw.URL("/"), strings.NewReader(want)))
	all := raw.Requests()
	if len(all) != 1 {
		return o
	}
	return rule.Join(o, rule.Did("%d bytes, %s", len(all[0].Body), same(all[0].Body, want)))
}
