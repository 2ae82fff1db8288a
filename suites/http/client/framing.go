package client

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/http/peer"
	"github.com/xcmatrix/xcmatrix/suites/http/rule"
)

// lengths are values of Content-Length from which no length follows.
var lengths = []struct{ id, text, value string }{
	{"plus", "with a sign", "+5"}, {"negative", "below zero", "-5"}, {"hex", "in hexadecimal", "0x5"}, {"list", "that lists two values", "5, 6"},
	{"space", "of two numbers", "5 5"}, {"huge", "beyond 64 bits", "99999999999999999999"}, {"fraction", "with a fraction", "5.0"},
}

func lengthRules() (rules []rule.Rule) {
	const clause = "RFC 9112 §6.3"
	for _, l := range lengths {
		rules = append(rules, rule.Rule{ID: "length-" + l.id, Text: "refuses a Content-Length " + l.text, Clause: clause, Severity: record.High, Want: []string{"error"},
			Play: answered("HTTP/1.1 200 OK\r\nContent-Length: " + l.value + "\r\n\r\nhello")})
	}
	return append(rules, []rule.Rule{
		{ID: "two-lengths", Text: "refuses two lengths that differ", Clause: clause, Severity: record.High, Want: []string{"error"},
			Play: answered(head + "Content-Length: 6\r\n\r\nhello!")},
		{ID: "equal-lengths", Text: "reads one body, or none, where the same length comes twice", Clause: clause, Severity: record.Medium, Want: []string{hello, "error"},
			Play: answered(head + "Content-Length: 5\r\n\r\nhello")},
		{ID: "short-body", Text: "reports a body shorter than its length", Clause: "RFC 9112 §8", Severity: record.Critical, Want: []string{"200, then error"},
			Play: answered(head + "\r\nhel")},
		{ID: "reset-body", Text: "reports a reset within the body", Clause: "RFC 9112 §8", Severity: record.Critical, Want: []string{"200, then error"},
			Play: func(s *rule.Scene) rule.Outcome {
				seen := make(chan struct{})
				raw := s.Serve(peer.Steps(peer.Answer(head+"\r\nhel"), peer.Wait(seen, s.Deadline), peer.Reset))
				response, err := s.Client().Do(s.Request("GET", raw.URL("/"), nil))
				close(seen)
				if err != nil {
					return rule.Failed(err)
				}
				return rule.Body(response)
			}},
		{ID: "until-close", Text: "reads a body without a length until the connection ends", Clause: clause, Severity: record.High, Want: []string{hello},
			Play: answered("HTTP/1.1 200 OK\r\n\r\nhello")},
		{ID: "old-until-close", Text: "reads the body of an HTTP/1.0 server until the connection ends", Clause: clause, Severity: record.High, Want: []string{hello},
			Play: answered("HTTP/1.0 200 OK\r\n\r\nhello")},
		{ID: "length-and-chunked", Text: "never takes the length where the body is chunked, too", Clause: clause, Severity: record.High, Want: []string{hello, "error"},
			Play: answered(head + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")},
		{ID: "no-content", Text: "reads no body of 204", Clause: clause, Severity: record.High, Want: []string{`204 ""`},
			Play: answered("HTTP/1.1 204 No Content\r\n\r\n")},
		{ID: "not-modified", Text: "reads no body of 304, whatever its length is", Clause: clause, Severity: record.High, Want: []string{`304 ""`},
			Play: func(s *rule.Scene) rule.Outcome {
				return s.Get(s.Client(), s.Serve(peer.Steps(peer.Answer("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"), peer.Hold)).URL("/"))
			}},
		{ID: "head", Text: "reads no body of an answer to HEAD, whatever its length is", Clause: clause, Severity: record.High, Want: []string{`200 ""; length 5`},
			Play: func(s *rule.Scene) rule.Outcome {
				raw := s.Serve(peer.Steps(peer.Answer(head+"\r\n"), peer.Hold))
				response, o := s.Response(s.Client(), s.Request("HEAD", raw.URL("/"), nil))
				if response == nil {
					return o
				}
				return rule.Join(o, rule.Did("length %d", response.ContentLength))
			}},
	}...)
}

// chunked is a response with a chunked body.
func chunked(body string, fields ...string) string {
	return "HTTP/1.1 200 OK\r\n" + strings.Join(append(fields, "Transfer-Encoding: chunked\r\n"), "") + "\r\n" + body
}

// malformed are chunked bodies that are none.
var malformed = []struct{ id, text, body string }{
	{"letter", "whose size is no number", "g\r\nhello\r\n0\r\n\r\n"},
	{"negative", "whose size is below zero", "-5\r\nhello\r\n0\r\n\r\n"},
	{"prefix", "whose size begins with 0x", "0x5\r\nhello\r\n0\r\n\r\n"},
	{"overflow", "whose size is beyond 64 bits", "10000000000000005\r\nhello\r\n0\r\n\r\n"},
	{"empty", "without a size", "\r\nhello\r\n0\r\n\r\n"},
	{"long", "with more data than its size", "3\r\nhello\r\n0\r\n\r\n"},
	{"bare-lf", "whose size ends in LF alone", "5\nhello\r\n0\r\n\r\n"},
	{"no-last", "that ends without the last chunk", "5\r\nhello\r\n"},
	{"cut", "that ends within a chunk", "9\r\nhello"},
	{"cut-tail", "that ends within the trailer section", "5\r\nhello\r\n0\r\nX-Sum: 4"},
}

func chunkRules() (rules []rule.Rule) {
	const clause = "RFC 9112 §7.1"
	for _, m := range malformed {
		rules = append(rules, rule.Rule{ID: "chunk-" + m.id, Text: "reports a chunk " + m.text, Clause: clause, Severity: record.High,
			Want: []string{"200, then error"}, Play: answered(chunked(m.body))})
	}
	ok := func(id, text, body string, severity record.Severity) rule.Rule {
		return rule.Rule{ID: "chunk-" + id, Text: text, Clause: clause, Severity: severity, Want: []string{hello}, Play: answered(chunked(body))}
	}
	flood := strings.Repeat("1;"+strings.Repeat("x", 4000)+"\r\na\r\n", 200) + "0\r\n\r\n"
	return slices.Concat(rules, []rule.Rule{
		{ID: "chunk-upper", Text: "takes sizes in capital and small letters, and with zeros before them", Clause: clause, Severity: record.Medium, Want: []string{`200 "hellohellohellohello"`},
			Play: answered(chunked("000a\r\nhellohello\r\n00A\r\nhellohello\r\n000\r\n\r\n"))},
		ok("each-byte", "takes chunks of one byte", "1\r\nh\r\n1\r\ne\r\n1\r\nl\r\n1\r\nl\r\n1\r\no\r\n0\r\n\r\n", record.High),
		ok("extension", "passes over chunk extensions", "5;name=value;other=\"quoted\"\r\nhello\r\n0;last\r\n\r\n", record.Medium),
		{ID: "chunk-extension-flood", Text: "ends a body that is chunk extensions for the most part", Clause: "RFC 9112 §7.1.1", Severity: record.High,
			Want: []string{"200, then error"}, Play: answered(chunked(flood))},
		{ID: "coding-unknown", Text: "refuses a transfer coding that it did not ask for", Clause: "RFC 9112 §7.4", Severity: record.Medium, Want: []string{"error"},
			Play: answered("HTTP/1.1 200 OK\r\nTransfer-Encoding: rot13, chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")},
		{ID: "coding-twice", Text: "refuses a body that is chunked twice", Clause: "RFC 9112 §6.1", Severity: record.Medium, Want: []string{"error"},
			Play: answered(chunked("5\r\nhello\r\n0\r\n\r\n", "Transfer-Encoding: chunked\r\n"))},
		{ID: "coding-case", Text: "takes Chunked in any letters", Clause: "RFC 9112 §7", Severity: record.Medium, Want: []string{hello},
			Play: answered("HTTP/1.1 200 OK\r\nTransfer-Encoding: CHUNKED\r\n\r\n5\r\nhello\r\n0\r\n\r\n")},
	}, trailerRules())
}

func trailerRules() []rule.Rule {
	const clause = "RFC 9110 §6.5"
	trailer := func(r *http.Response) string { return fmt.Sprint(r.Trailer, len(r.Header["X-Sum"])) }
	return []rule.Rule{
		{ID: "trailer", Text: "gives a trailer field that was announced", Clause: clause, Severity: record.High, Want: []string{hello + "; map[X-Sum:[42]] 0"},
			Play: read(chunked("5\r\nhello\r\n0\r\nX-Sum: 42\r\n\r\n", "Trailer: X-Sum\r\n"), trailer)},
		{ID: "trailer-unannounced", Text: "gives a trailer field that was not announced", Clause: "Go net/http Response.Trailer", Severity: record.High,
			Want: []string{hello + "; map[X-Sum:[42]] 0"}, Play: read(chunked("5\r\nhello\r\n0\r\nX-Sum: 42\r\n\r\n"), trailer)},
		{ID: "trailer-framing", Text: "takes no length from a trailer section", Clause: "RFC 9110 §6.5.1", Severity: record.High,
			Want: []string{hello + "; length -1, fields []", "200, then error; length -1, fields []"},
			Play: read(chunked("5\r\nhello\r\n0\r\nContent-Length: 2\r\n\r\n"), func(r *http.Response) string {
				return fmt.Sprintf("length %d, fields %v", r.ContentLength, r.Header["Content-Length"])
			})},
	}
}
