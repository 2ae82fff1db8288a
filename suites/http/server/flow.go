package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/http/rule"
)

func orderRules() []rule.Rule {
	const clause = "RFC 9112 §9.3"
	return []rule.Rule{
		{ID: "pipeline", Text: "answers requests that come at once in their order", Clause: "RFC 9112 §9.3.2", Severity: record.High,
			Want: []string{`200 200 200 200; GET /1 "", POST /2 "ab", GET /3 "", GET /probe ""`},
			Play: tried("GET /1 HTTP/1.1\r\nHost: h\r\n\r\nPOST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nabGET /3 HTTP/1.1\r\nHost: h\r\n\r\n")},
		{ID: "close", Text: "reads no request behind one with Connection: close", Clause: "RFC 9112 §9.6", Severity: record.High, Want: []string{`200; GET /a ""`},
			Play: tried("GET /a HTTP/1.1\r\nHost: h\r\nConnection: foo, Close\r\n\r\n")},
		{ID: "old", Text: "closes behind an HTTP/1.0 request", Clause: clause, Severity: record.High, Want: []string{`200; GET /a ""`}, Play: tried("GET /a HTTP/1.0\r\nHost: h\r\n\r\n")},
		{ID: "old-keep-alive", Text: "keeps the connection of an HTTP/1.0 client that asks for it, or closes", Clause: clause, Severity: record.Low,
			Want: []string{`200 200; GET /a "", GET /probe ""`, `200; GET /a ""`}, Play: tried("GET /a HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\n\r\n")},
		{ID: "byte-by-byte", Text: "takes a request whose bytes come one by one", Clause: "RFC 9112 §2.2", Severity: record.High, Want: []string{`POST /a "hello"`},
			Play: func(s *rule.Scene) rule.Outcome {
				var saw seen
				c := s.Dial(s.Handle(saw.handle))
				s.Must(c.SendEach(post("Content-Length: 5\r\n") + "hello"))
				if _, err := c.Response("POST"); err != nil {
					return rule.Failed(err)
				}
				return rule.Did("%s", &saw)
			}},
		{ID: "unread", Text: "does not take the body that a handler left unread for a request", Clause: clause, Severity: record.Critical,
			Want: []string{"200, then 200 probe", "200, then end"}, Play: unread(10 << 10)},
		{ID: "unread-large", Text: "does not take 8 MiB that a handler left unread for a request", Clause: clause, Severity: record.Critical,
			Want: []string{"200, then 200 probe", "200, then end"}, Play: unread(8 << 20)},
		{ID: "shutdown", Text: "ends by Shutdown when the requests in work are answered, and takes no others", Clause: "Go net/http Server.Shutdown", Severity: record.High,
			Want: []string{`answered "late", shut down, refuses`}, Play: shutdown},
		{ID: "panic", Text: "goes on when a handler panics, and does not end that answer as a whole one", Clause: "Go net/http Handler", Severity: record.Critical,
			Want: []string{`"part" without an end; next 200`}, Play: panics},
		{ID: "gone", Text: "tells a handler that its client has gone", Clause: "Go net/http Request.Context", Severity: record.High, Want: []string{"context canceled"}, Play: gone},
	}
}

// unread has a client send a body of n bytes that looks like requests, which the handler leaves unread, and the probe behind it.
func unread(n int) func(*rule.Scene) rule.Outcome {
	return func(s *rule.Scene) rule.Outcome {
		c := s.Dial(s.Handle(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.URL.Path) }))
		evil := "GET /evil HTTP/1.1\r\nHost: h\r\n\r\n"
		body := strings.Repeat(evil, n/len(evil)+1)[:n]
		go func() { _ = c.Send(post(fmt.Sprintf("Content-Length: %d\r\n", n)) + body + probe) }()
		first, err := c.Response("POST")
		if err != nil {
			return rule.Failed(err)
		}
		next, err := c.Response("GET")
		switch {
		case next.Status != 0:
			return rule.Did("%d, then %d %s", first.Status, next.Status, strings.TrimPrefix(next.Body, "/"))
		case rule.Failed(err).Did == "hangs":
			return rule.Failed(err)
		}
		return rule.Did("%d, then end", first.Status)
	}
}

// shutdown shuts a server down while a request is in work.
func shutdown(s *rule.Scene) rule.Outcome {
	inWork, goOn := make(chan struct{}), make(chan struct{})
	var server *http.Server
	address := s.Handle(func(w http.ResponseWriter, _ *http.Request) {
		close(inWork)
		<-goOn
		fmt.Fprint(w, "late")
	}, func(h *http.Server) { server = h })
	c := s.Dial(address)
	s.Must(c.Send(get("/")))
	<-inWork
	closed := make(chan struct{})
	server.RegisterOnShutdown(func() { close(closed) })
	done := make(chan error, 1)
	go func() { done <- server.Shutdown(s.Ctx) }()
	<-closed // Shutdown has begun: its listeners are closed before
	close(goOn)
	r, err := c.Response("GET")
	if err != nil {
		return rule.Failed(err)
	}
	if err := <-done; err != nil {
		return rule.Failed(err)
	}
	if o := s.Get(s.Client(), "http://"+address); o.Did != "error" {
		return rule.Did("answered %q, shut down, %s", r.Body, o.Did)
	}
	return rule.Did("answered %q, shut down, refuses", r.Body)
}

func panics(s *rule.Scene) rule.Outcome {
	address := s.Handle(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/a" {
			fmt.Fprint(w, "part")
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}
	})
	c := s.Dial(address)
	s.Must(c.Send(get("/a")))
	r, err := c.Response("GET")
	next := s.Get(s.Client(), "http://"+address)
	end := "with an end"
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		end = "without an end"
	}
	return rule.Did("%q %s; next %s", r.Body, end, strings.Fields(next.Did)[0])
}

// gone has a client go away while a handler works.
func gone(s *rule.Scene) rule.Outcome {
	inWork, told := make(chan struct{}), make(chan error, 1)
	c := s.Dial(s.Handle(func(_ http.ResponseWriter, r *http.Request) {
		close(inWork)
		select {
		case <-r.Context().Done():
			told <- r.Context().Err()
		case <-s.Ctx.Done():
			told <- errors.New("not told")
		}
	}))
	s.Must(c.Send(get("/")))
	<-inWork
	s.Must(c.Close())
	err := <-told
	if errors.Is(err, context.Canceled) {
		return rule.Did("context canceled")
	}
	return rule.Did("%v", err)
}

func continueRules() []rule.Rule {
	const clause = "RFC 9110 §10.1.1"
	reads := func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) }
	refuses := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusRequestEntityTooLarge) }
	expecting := func(handler http.HandlerFunc, expect, version string) func(*rule.Scene) rule.Outcome {
		return func(s *rule.Scene) rule.Outcome {
			c := s.Dial(s.Handle(handler))
			s.Must(c.Send("POST /a HTTP/" + version + "\r\nHost: h\r\nContent-Length: 5\r\nExpect: " + expect + "\r\n\r\n"))
			if version == "1.0" {
				s.Must(c.Send("hello")) // such a client waits for nothing
			}
			first, err := c.Response("POST")
			if err != nil {
				return rule.Failed(err)
			}
			if first.Status != http.StatusContinue {
				return rule.Did("%d %q", first.Status, first.Body)
			}
			s.Must(c.Send("hello"))
			r, err := c.Response("POST")
			if err != nil {
				return rule.Failed(err)
			}
			return rule.Did("100, then %d %q", r.Status, r.Body)
		}
	}
	return []rule.Rule{
		{ID: "continue", Text: "says 100 when the handler reads the body", Clause: clause, Severity: record.High, Want: []string{`100, then 200 "hello"`}, Play: expecting(reads, "100-continue", "1.1")},
		{ID: "continue-case", Text: "takes 100-Continue in any letters", Clause: clause, Severity: record.Low, Want: []string{`100, then 200 "hello"`}, Play: expecting(reads, "100-CONTINUE", "1.1")},
		{ID: "continue-refused", Text: "says no 100 where the handler refuses without reading", Clause: clause, Severity: record.High, Want: []string{`413 ""`}, Play: expecting(refuses, "100-continue", "1.1")},
		{ID: "continue-unknown", Text: "answers 417 to an unknown expectation, or passes over it", Clause: clause, Severity: record.Low, Want: []string{`417 ""`, `200 "hello"`}, Play: expecting(reads, "200-ok", "1.1")},
		{ID: "continue-old", Text: "says no 100 to an HTTP/1.0 client", Clause: clause, Severity: record.Medium, Want: []string{`200 "hello"`}, Play: expecting(reads, "100-continue", "1.0")},
		{ID: "continue-refused-next", Text: "does not take the body of an expectation that was refused for a request", Clause: clause, Severity: record.Critical, Want: []string{"413; nothing"},
			Play: func(s *rule.Scene) rule.Outcome {
				c := s.Dial(s.Handle(refuses))
				s.Must(c.Send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 33\r\nExpect: 100-continue\r\n\r\nGET /evil HTTP/1.1\r\nHost: hhhh\r\n\r\n"))
				first, err := c.Response("POST")
				if err != nil {
					return rule.Failed(err)
				}
				if next, _ := c.Response("GET"); next.Status != 0 {
					return rule.Did("%d; %d", first.Status, next.Status)
				}
				return rule.Did("%d; nothing", first.Status)
			}},
	}
}

func limitRules() []rule.Rule {
	const short = 100 * time.Millisecond
	ends := func(sends string, change func(*http.Server)) func(*rule.Scene) rule.Outcome {
		return func(s *rule.Scene) rule.Outcome {
			c := s.Dial(s.Handle(func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) }, change))
			s.Must(c.Send(sends))
			if _, err := c.Rest(); err != nil {
				return rule.Failed(err)
			}
			return rule.Did("the server ends the connection")
		}
	}
	ended := []string{"the server ends the connection"}
	limited := func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1000)); err != nil {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
		}
	}
	status := func(status int, head, _ string) string {
		return fmt.Sprint(status, " ", strings.Contains(head, "Connection: close"))
	}
	return []rule.Rule{
		{ID: "slow-head", Text: "ends a connection whose head does not come at ReadHeaderTimeout", Clause: "Go net/http Server.ReadHeaderTimeout", Severity: record.High, Want: ended,
			Play: ends("GET / HTTP/1.1\r\nHost: h\r\nX: ", func(h *http.Server) { h.ReadHeaderTimeout = short })},
		{ID: "slow-body", Text: "ends a connection whose body does not come at ReadTimeout", Clause: "Go net/http Server.ReadTimeout", Severity: record.High, Want: ended,
			Play: ends(post("Content-Length: 5\r\n")+"hel", func(h *http.Server) { h.ReadTimeout = short })},
		{ID: "idle", Text: "ends an idle connection at IdleTimeout", Clause: "Go net/http Server.IdleTimeout", Severity: record.Medium, Want: ended,
			Play: ends(get("/"), func(h *http.Server) { h.IdleTimeout = short })},
		{ID: "silent", Text: "ends a connection on which nothing comes at ReadHeaderTimeout", Clause: "Go net/http Server.ReadHeaderTimeout", Severity: record.High, Want: ended,
			Play: ends("", func(h *http.Server) { h.ReadHeaderTimeout = short })},
		{ID: "slow-reader", Text: "ends a connection whose client does not read at WriteTimeout", Clause: "Go net/http Server.WriteTimeout", Severity: record.High, Machine: true,
			Want: []string{"the handler's write fails"}, Play: slowReader},
		{ID: "head-limit", Text: "answers 431 to a head beyond MaxHeaderBytes", Clause: "RFC 6585 §5", Severity: record.High, Want: []string{"431 true"},
			Play: answers(limited, "GET / HTTP/1.1\r\nHost: h\r\nX: "+strings.Repeat("x", 20<<10)+"\r\n\r\n", status, func(h *http.Server) { h.MaxHeaderBytes = 4 << 10 })},
		{ID: "body-limit", Text: "answers 413 to a body beyond MaxBytesReader's limit, and closes", Clause: "Go net/http MaxBytesReader", Severity: record.High, Want: []string{"413 true"},
			Play: answers(limited, post("Content-Length: 2000\r\n")+strings.Repeat("x", 2000), status)},
		{ID: "body-limit-chunked", Text: "answers 413 to a chunked body beyond MaxBytesReader's limit, and closes", Clause: "Go net/http MaxBytesReader", Severity: record.High, Want: []string{"413 true"},
			Play: answers(limited, post("Transfer-Encoding: chunked\r\n")+"7d0\r\n"+strings.Repeat("x", 2000)+"\r\n0\r\n\r\n", status)},
		{ID: "body-below-limit", Text: "answers a body of just the limit", Clause: "Go net/http MaxBytesReader", Severity: record.Medium, Want: []string{"200 false"},
			Play: answers(limited, post("Content-Length: 1000\r\n")+strings.Repeat("x", 1000), status)},
	}
}

// slowReader asks for more than the kernel buffers, and does not read it.
func slowReader(s *rule.Scene) rule.Outcome {
	told := make(chan error, 1)
	c := s.Dial(s.Handle(func(w http.ResponseWriter, _ *http.Request) {
		block := make([]byte, 1<<20)
		for range 256 {
			if _, err := w.Write(block); err != nil {
				told <- err
				return
			}
		}
		told <- nil
	}, func(h *http.Server) { h.WriteTimeout = time.Second }))
	s.Must(c.Send(get("/")))
	select {
	case err := <-told:
		if err == nil {
			return rule.Did("the handler writes 256 MiB")
		}
		return rule.Outcome{Did: "the handler's write fails", Said: err.Error()}
	case <-s.Ctx.Done():
		return rule.Did("hangs")
	}
}
