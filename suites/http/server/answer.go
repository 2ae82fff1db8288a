package server

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/http/peer"
	"github.com/xcmatrix/xcmatrix/suites/http/rule"
)

func answerRules() []rule.Rule {
	fields := func(names ...string) func(int, string, string) string {
		return func(status int, head, body string) string {
			told := fmt.Sprintf("%d %q", status, body)
			for _, name := range names {
				told += fmt.Sprintf(", %q", peer.Field(head, name))
			}
			return told
		}
	}
	writes := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) }
	}
	status := func(code int, text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code); fmt.Fprint(w, text) }
	}
	injects := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X", "a\r\nSet-Cookie: b=c")
		fmt.Fprint(w, "hello")
	}
	dated := func(w http.ResponseWriter, _ *http.Request) {}
	return []rule.Rule{
		{ID: "answer-length", Text: "names the length of a short answer", Clause: "RFC 9110 §8.6", Severity: record.Medium, Want: []string{`200 "hello", "5", ""`},
			Play: answers(writes("hello"), get("/"), fields("Content-Length", "Transfer-Encoding"))},
		{ID: "answer-old", Text: "sends an HTTP/1.0 client no chunks", Clause: "RFC 9112 §6.1", Severity: record.High, Want: []string{`200 "10000 bytes", ""`},
			Play: answers(writes(strings.Repeat("x", 10000)), "GET / HTTP/1.0\r\n\r\n", func(status int, head, body string) string {
				return fmt.Sprintf("%d \"%d bytes\", %q", status, len(body), peer.Field(head, "Transfer-Encoding"))
			})},
		{ID: "answer-head", Text: "answers HEAD with the length of GET and without its body", Clause: "RFC 9110 §9.3.2", Severity: record.High, Want: []string{`200 "", "5"`},
			Play: answers(writes("hello"), "HEAD / HTTP/1.1\r\nHost: h\r\n\r\n", fields("Content-Length"))},
		{ID: "answer-no-content", Text: "sends 204 without a body and a length", Clause: "RFC 9110 §15.3.5", Severity: record.High, Want: []string{`204 "", "", ""`},
			Play: answers(status(204, "hello"), get("/"), fields("Content-Length", "Transfer-Encoding"))},
		{ID: "answer-not-modified", Text: "sends 304 without a body", Clause: "RFC 9110 §15.4.5", Severity: record.High, Want: []string{`304 "", ""`},
			Play: answers(status(304, "hello"), get("/"), fields("Transfer-Encoding"))},
		{ID: "answer-inject", Text: "sends no line end of a value", Clause: "RFC 9112 §11.1", Severity: record.Critical, Want: []string{`200 "hello", ""`, `500 "", ""`},
			Play: answers(injects, get("/"), fields("Set-Cookie"))},
		{ID: "answer-date", Text: "sends Date in GMT", Clause: "RFC 9110 §6.6.1", Severity: record.Medium, Want: []string{"a date"},
			Play: answers(dated, get("/"), func(_ int, head, _ string) string {
				if _, err := time.Parse(http.TimeFormat, peer.Field(head, "Date")); err != nil {
					return err.Error()
				}
				return "a date"
			})},
		{ID: "answer-too-long", Text: "sends no more than the length that the handler named", Clause: "RFC 9110 §8.6", Severity: record.Critical, Want: []string{`200 "hel", "3"`},
			Play: answers(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", "3")
				fmt.Fprint(w, "hel")
				fmt.Fprint(w, "lo")
			}, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", fields("Content-Length"))},
		{ID: "answer-too-short", Text: "closes where the handler wrote less than the length that it named", Clause: "RFC 9112 §8", Severity: record.Critical, Want: []string{"error"},
			Play: answers(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", "9")
				fmt.Fprint(w, "hel")
			}, get("/"), fields("Content-Length"))},
		{ID: "answer-trailer", Text: "sends a trailer field that the handler announced", Clause: "RFC 9110 §6.5", Severity: record.High, Want: []string{"hello, X-Sum: 42"},
			Play: trailer(func(w http.ResponseWriter) {
				w.Header().Set("Trailer", "X-Sum")
				fmt.Fprint(w, "hello")
				w.Header().Set("X-Sum", "42")
			})},
		{ID: "answer-trailer-late", Text: "sends a trailer field that the handler did not announce", Clause: "Go net/http TrailerPrefix", Severity: record.High, Want: []string{"hello, X-Sum: 42"},
			Play: trailer(func(w http.ResponseWriter) {
				fmt.Fprint(w, "hello")
				_ = http.NewResponseController(w).Flush()
				w.Header().Set(http.TrailerPrefix+"X-Sum", "42")
			})},
		{ID: "answer-hints", Text: "sends 103 before the answer", Clause: "RFC 8297 §2", Severity: record.Medium, Want: []string{`103 "", "</a.css>"`},
			Play: answers(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Link", "</a.css>")
				w.WriteHeader(http.StatusEarlyHints)
			}, get("/"), fields("Link"))},
		{ID: "answer-sniff", Text: "names UTF-8 for a text in Chinese", Clause: "Go net/http DetectContentType", Severity: record.Medium, Want: []string{`200 "龙芯", "text/plain; charset=utf-8"`},
			Play: answers(writes("龙芯"), get("/"), fields("Content-Type"))},
	}
}

// trailer returns a conversation that tells the body and the trailer section of what a handler writes.
func trailer(write func(http.ResponseWriter)) func(*rule.Scene) rule.Outcome {
	return func(s *rule.Scene) rule.Outcome {
		c := s.Dial(s.Handle(func(w http.ResponseWriter, _ *http.Request) { write(w) }))
		s.Must(c.Send(get("/")))
		r, err := c.Response("GET")
		if err != nil {
			return rule.Failed(err)
		}
		return rule.Did("%s, %s", r.Body, strings.TrimSpace(r.Tail))
	}
}

func rangeRules() []rule.Rule {
	const clause = "RFC 9110 §14"
	modified := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	serve := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"one"`)
		http.ServeContent(w, r, "a.txt", modified, bytes.NewReader([]byte("0123456789")))
	}
	asked := func(id, text, fields string, severity record.Severity, want ...string) rule.Rule {
		return rule.Rule{ID: "range-" + id, Text: text, Clause: clause, Severity: severity, Want: want,
			Play: answers(serve, "GET / HTTP/1.1\r\nHost: h\r\n"+fields+"\r\n\r\n", func(status int, head, body string) string {
				if status == http.StatusRequestedRangeNotSatisfiable {
					body = ""
				}
				return fmt.Sprintf("%d %q %q", status, body, peer.Field(head, "Content-Range"))
			})}
	}
	const all = `200 "0123456789" ""`
	return []rule.Rule{
		asked("none", "sends all where no part is asked for", "X: a", record.Medium, all),
		asked("part", "sends a part", "Range: bytes=2-4", record.High, `206 "234" "bytes 2-4/10"`),
		asked("from", "sends all from a byte on", "Range: bytes=7-", record.High, `206 "789" "bytes 7-9/10"`),
		asked("last", "sends the last bytes", "Range: bytes=-3", record.High, `206 "789" "bytes 7-9/10"`),
		asked("last-more", "sends all where more last bytes are asked for than there are", "Range: bytes=-99", record.Medium, `206 "0123456789" "bytes 0-9/10"`, all),
		asked("beyond", "ends a part at the last byte", "Range: bytes=8-99", record.High, `206 "89" "bytes 8-9/10"`),
		asked("outside", "answers 416 where no byte is in the part", "Range: bytes=10-", record.High, `416 "" "bytes */10"`),
		asked("backwards", "takes no part that ends before it begins", "Range: bytes=4-2", record.Medium, `416 "" ""`, `416 "" "bytes */10"`, all),
		asked("unit", "takes no part in an unknown unit", "Range: lines=1-2", record.Medium, `416 "" ""`, `416 "" "bytes */10"`, all),
		asked("overlap", "sends no more than all for many parts of the same bytes", "Range: bytes="+strings.Repeat("0-9,", 50)+"0-9", record.High, all, `416 "" "bytes */10"`),
		asked("if-same", "sends a part of what has not changed", "Range: bytes=2-4\r\nIf-Range: \"one\"", record.High, `206 "234" "bytes 2-4/10"`),
		asked("if-changed", "sends all of what has changed", "Range: bytes=2-4\r\nIf-Range: \"two\"", record.Critical, all),
		asked("if-weak", "sends all where a weak tag is compared", "Range: bytes=2-4\r\nIf-Range: W/\"one\"", record.High, all),
		asked("none-match", "answers 304 for a tag that still holds", `If-None-Match: "zero", W/"one"`, record.High, `304 "" ""`),
		asked("since", "answers 304 for a time since which nothing changed", "If-Modified-Since: Fri, 02 Jan 2026 03:04:05 GMT", record.High, `304 "" ""`),
		asked("match", "answers 412 for a tag that no longer holds", `If-Match: "two"`, record.High, `412 "" ""`),
	}
}
