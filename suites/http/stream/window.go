package stream

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/http2"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/http/peer"
	"github.com/xcmatrix/xcmatrix/suites/http/rule"
)

func windowRules() []rule.Rule {
	const clause = "RFC 9113 §6.9"
	return []rule.Rule{
		{ID: "window-kept", Text: "sends no more of a body than the server's window takes", Clause: clause, Severity: record.Critical, Want: []string{"10 bytes, then 30"}, Play: keepsWindow},
		{ID: "window-large", Text: "takes 20 MiB, and gives the server new windows", Clause: clause, Severity: record.High, Want: []string{`200 "20971520 bytes"`}, Play: asks(large)},
		{ID: "window-starved", Text: "takes an answer while it does not read another one", Clause: "RFC 9113 §5.2.2", Severity: record.High, Want: []string{greeting}, Play: starved},
		{ID: "streams", Text: "has requests wait for one another where the server allows one stream at a time", Clause: "RFC 9113 §5.1.2; Go net/http HTTP2Config.StrictMaxConcurrentRequests", Severity: record.High, Want: []string{"all are answered, 1 at a time"}, Limit: patience, Play: streams},
	}
}

// large answers with 20 MiB, in windows as the client gives them.
func large(h *peer.H2, stream uint32) error {
	if err := h.Headers(stream, false, ":status", "200"); err != nil {
		return err
	}
	left, onStream, onConnection := 20<<20, 65535, 65535
	block := make([]byte, 16<<10)
	for left > 0 {
		n := min(len(block), left, onStream, onConnection)
		if n == 0 {
			f, err := h.Next()
			switch {
			case err != nil:
				return err
			case f.Type == http2.FrameWindowUpdate && f.Stream == 0:
				onConnection += int(f.Increment)
			case f.Type == http2.FrameWindowUpdate && f.Stream == stream:
				onStream += int(f.Increment)
			}
			continue
		}
		left, onStream, onConnection = left-n, onStream-n, onConnection-n
		if err := h.WriteData(stream, left == 0, block[:n]); err != nil {
			return err
		}
	}
	return nil
}

// keepsWindow gives a client a window of 10 bytes for a body of 30, and then of 20 more.
func keepsWindow(s *rule.Scene) rule.Outcome {
	got := make(chan int, 2)
	known := false
	raw := s.Serve(answering(func(h *peer.H2, stream uint32) error {
		if !known {
			known = true
			return hello(h, stream)
		}
		n := 0
		until := func(enough func(peer.Frame) bool) error {
			_, err := h.Until(func(f peer.Frame) bool {
				if f.Type == http2.FrameData {
					n += len(f.Payload)
				}
				return enough(f)
			})
			return err
		}
		err := until(func(peer.Frame) bool { return n >= 10 })
		if err == nil {
			err = h.WritePing(false, [8]byte{1}) // behind its acknowledgement nothing else is on its way
		}
		if err == nil {
			err = until(func(f peer.Frame) bool { return f.Type == http2.FramePing })
		}
		got <- n
		if err == nil {
			err = h.WriteWindowUpdate(stream, 20)
		}
		if err == nil {
			err = until(func(peer.Frame) bool { return n >= 30 })
		}
		got <- n
		if err != nil {
			return err
		}
		return hello(h, stream)
	}, http2.Setting{ID: http2.SettingInitialWindowSize, Val: 10}))
	c := client(s)
	if o := s.Get(c, raw.URL("/")); o.Did != greeting { // the client knows the settings then
		return o
	}
	if o := s.Do(c, s.Request("POST", raw.URL("/"), strings.NewReader(strings.Repeat("x", 30)))); o.Did != greeting {
		return o
	}
	return rule.Did("%d bytes, then %d", <-got, <-got)
}

// starved leaves an answer of 20 MiB unread, and asks for another one.
func starved(s *rule.Scene) rule.Outcome {
	raw := s.Serve(func(c *peer.Conn) error {
		h, err := peer.AcceptH2(c)
		if err != nil {
			return err
		}
		one, err := h.Asked()
		if err != nil {
			return err
		}
		if err := h.Headers(one.Stream, false, ":status", "200"); err != nil {
			return err
		}
		for range 3 { // less than the first window of the connection
			if err := h.WriteData(one.Stream, false, make([]byte, 16<<10)); err != nil {
				return err
			}
		}
		two, err := h.Asked()
		if err != nil {
			return err
		}
		if err := hello(h, two.Stream); err != nil {
			return err
		}
		return peer.Hold(c)
	})
	c := client(s)
	unread, err := c.Do(s.Request("GET", raw.URL("/"), nil))
	if err != nil {
		return rule.Failed(err)
	}
	defer unread.Body.Close()
	return s.Get(c, raw.URL("/"))
}

// enough is how long eight small requests to a server on this machine may take, one after the other.
const enough = 2 * time.Second

// streams sends eight requests at once, on one connection, to a server that allows one stream at a time.
func streams(s *rule.Scene) rule.Outcome {
	most := 0
	raw := s.Serve(answering(func(h *peer.H2, stream uint32) error {
		// What follows in the buffer would be the next request, which must not be there yet.
		if err := h.WritePing(false, [8]byte{1}); err != nil {
			return err
		}
		open := 1
		if _, err := h.Until(func(f peer.Frame) bool {
			if f.Type == http2.FrameHeaders {
				open++
			}
			return f.Type == http2.FramePing
		}); err != nil {
			return err
		}
		most = max(most, open)
		return hello(h, stream)
	}, http2.Setting{ID: http2.SettingMaxConcurrentStreams, Val: 1}))
	c := client(s, func(t *http.Transport) { t.HTTP2 = &http.HTTP2Config{StrictMaxConcurrentRequests: true} })
	if o := s.Get(c, raw.URL("/")); o.Did != greeting { // the client knows the settings then
		return o
	}
	ctx, cancel := context.WithTimeout(s.Ctx, check.ScaledTimeout(enough))
	defer cancel()
	var all sync.WaitGroup
	var mu sync.Mutex
	answered := 0
	for range 8 {
		r := s.Request("GET", raw.URL("/"), nil).WithContext(ctx)
		all.Go(func() {
			if s.Do(c, r).Did == greeting {
				mu.Lock()
				defer mu.Unlock()
				answered++
			}
		})
	}
	all.Wait()
	if answered < 8 {
		return rule.Outcome{Did: "some are never answered", Said: fmt.Sprintf("%d of 8", answered)}
	}
	return rule.Did("all are answered, %d at a time", most)
}
