package client

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/http/peer"
	"github.com/xcmatrix/xcmatrix/suites/http/rule"
)

// zipped returns text compressed by gzip.
func zipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, text) // a bytes.Buffer takes everything
	_ = w.Close()
	return b.String()
}

// coded is a response with a body in gzip.
func coded(body string) string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

func codingRules() []rule.Rule {
	const documented = "Go net/http Transport.DisableCompression"
	whole := zipped("hello")
	about := func(r *http.Response) string {
		return fmt.Sprintf("uncompressed %v, length %d, %q", r.Uncompressed, r.ContentLength, r.Header.Get("Content-Encoding"))
	}
	wrongSum := []byte(whole)
	wrongSum[len(wrongSum)-8] ^= 1
	return []rule.Rule{
		{ID: "gzip", Text: "decompresses what it asked for, and says so", Clause: documented, Severity: record.High, Want: []string{hello + `; uncompressed true, length -1, ""`}, Play: read(coded(whole), about)},
		{ID: "gzip-own", Text: "leaves a body alone that its caller asked for in gzip", Clause: documented, Severity: record.High, Want: []string{`200 "` + "29 bytes" + `"; "gzip"`},
			Play: func(s *rule.Scene) rule.Outcome {
				raw := s.Serve(peer.Answer(coded(whole)))
				r := s.Request("GET", raw.URL("/"), nil)
				r.Header.Set("Accept-Encoding", "gzip")
				response, err := s.Client().Do(r)
				if err != nil {
					return rule.Failed(err)
				}
				defer response.Body.Close()
				body, err := io.ReadAll(response.Body)
				s.Must(err)
				return rule.Did(`%d "%d bytes"; %q`, response.StatusCode, len(body), response.Header.Get("Content-Encoding"))
			}},
		{ID: "gzip-cut", Text: "reports a compressed body that ends too soon", Clause: "RFC 1952 §2.3", Severity: record.High, Want: []string{"200, then error"}, Play: answered(coded(whole[:len(whole)-9]))},
		{ID: "gzip-sum", Text: "reports a compressed body with a wrong checksum", Clause: "RFC 1952 §2.3.1", Severity: record.High, Want: []string{"200, then error"}, Play: answered(coded(string(wrongSum)))},
		{ID: "gzip-none", Text: "reports a body that is said to be gzip and is none", Clause: "RFC 1952 §2.3.1", Severity: record.Medium, Want: []string{"200, then error"}, Play: answered(coded("hello"))},
		{ID: "gzip-members", Text: "reads a body of several gzip members", Clause: "RFC 1952 §2.2", Severity: record.Medium, Want: []string{hello}, Play: answered(coded(zipped("hel") + zipped("lo")))},
		{ID: "gzip-head", Text: "takes an answer to HEAD that says gzip", Clause: "RFC 9110 §9.3.2", Severity: record.Medium, Want: []string{`200 ""`},
			Play: func(s *rule.Scene) rule.Outcome {
				return s.Do(s.Client(), s.Request("HEAD", s.Serve(peer.Answer(coded(whole))).URL("/"), nil))
			}},
		{ID: "gzip-range", Text: "asks for no compression of a part", Clause: documented, Severity: record.High, Want: []string{`sends "GET / HTTP/1.1", ""`},
			Play: sent("Accept-Encoding", func(r *http.Request) { r.Header.Set("Range", "bytes=1-2") })},
		{ID: "gzip-bomb", Text: "decompresses no more than its caller reads", Clause: documented, Severity: record.High, Want: []string{"reads 1048576 bytes of what has not all been sent"}, Play: bomb},
	}
}

// bomb is a body of 16 MiB in a few kilobytes, whose end the server keeps back. The caller reads 1 MiB of it.
func bomb(s *rule.Scene) rule.Outcome {
	body := zipped(strings.Repeat("\x00", 16<<20))
	text := coded(body)
	raw := s.Serve(peer.Steps(peer.Answer(text[:len(text)-100]), peer.Hold))
	response, err := s.Client().Do(s.Request("GET", raw.URL("/"), nil))
	if err != nil {
		return rule.Failed(err)
	}
	defer response.Body.Close()
	n, err := io.CopyN(io.Discard, response.Body, 1<<20)
	if err != nil {
		return rule.Failed(err)
	}
	return rule.Did("reads %d bytes of what has not all been sent", n)
}

func patienceRules() []rule.Rule {
	silent := peer.Steps(peer.Read, peer.Hold)
	ends := func(client func(*rule.Scene) *http.Client, script peer.Script) func(*rule.Scene) rule.Outcome {
		return func(s *rule.Scene) rule.Outcome {
			o := s.Get(client(s), s.Serve(script).URL("/"))
			if s.Ctx.Err() == nil { // the client's own time was over first
				o.Did = strings.ReplaceAll(o.Did, "hangs", "error")
			}
			return o
		}
	}
	const short = 50 * time.Millisecond
	overall := func(s *rule.Scene) *http.Client {
		c := s.Client()
		c.Timeout = short
		return c
	}
	return []rule.Rule{
		{ID: "header-timeout", Text: "ends a request at ResponseHeaderTimeout", Clause: "Go net/http Transport.ResponseHeaderTimeout", Severity: record.High, Want: []string{"error"},
			Play: ends(func(s *rule.Scene) *http.Client {
				return s.Client(func(t *http.Transport) { t.ResponseHeaderTimeout = short })
			}, silent)},
		{ID: "timeout", Text: "ends a request at Timeout", Clause: "Go net/http Client.Timeout", Severity: record.High, Want: []string{"error"}, Play: ends(overall, silent)},
		{ID: "timeout-body", Text: "ends a body that does not end at Timeout", Clause: "Go net/http Client.Timeout", Severity: record.High, Want: []string{"200, then error", "error"},
			Play: ends(func(s *rule.Scene) *http.Client {
				c := s.Client()
				c.Timeout = 500 * time.Millisecond
				return c
			}, peer.Steps(peer.Answer(head+"\r\nhel"), peer.Hold))},
		{ID: "cancel", Text: "ends the connection of a request that is cancelled", Clause: "Go net/http Request.WithContext", Severity: record.High, Want: []string{"error; the server sees the end"},
			Play: cancelled},
		{ID: "per-host", Text: "has no more connections to a host than MaxConnsPerHost", Clause: "Go net/http Transport.MaxConnsPerHost", Severity: record.High, Want: []string{"8 answered on at most 2 connections at once"},
			Play: perHost},
		{ID: "large-down", Text: "reads 20 MiB", Clause: "RFC 9112 §6", Severity: record.High, Machine: true, Want: []string{"20971520 bytes, all right"}, Play: largeDown},
		{ID: "large-up", Text: "sends 20 MiB", Clause: "RFC 9112 §6", Severity: record.High, Machine: true, Want: []string{hello + "; 20971520 bytes, all right"}, Play: largeUp},
	}
}
