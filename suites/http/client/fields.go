package client

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/http/peer"
	"github.com/xcmatrix/xcmatrix/suites/http/rule"
)

func fieldRules() []rule.Rule {
	const clause = "RFC 9110 §5"
	field := func(r *http.Response) string { return fmt.Sprintf("%q", r.Header["X-Field"]) }
	with := func(field string) string { return head + field + "\r\n\r\nhello" }
	return []rule.Rule{
		{ID: "field-case", Text: "finds a field whatever its letters are", Clause: "RFC 9110 §5.1", Severity: record.High, Want: []string{hello + `; ["a"]`},
			Play: read("HTTP/1.1 200 OK\r\ncONTENT-lENGTH: 5\r\nx-FIELD: a\r\n\r\nhello", field)},
		{ID: "field-order", Text: "keeps the order of a field's values", Clause: "RFC 9110 §5.3", Severity: record.High, Want: []string{hello + `; ["b" "a" "c"]`},
			Play: read(with("X-Field: b\r\nX-Other: 1\r\nX-Field: a\r\nX-Field: c"), field)},
		{ID: "field-fold", Text: "replaces the end of a folded line by spaces", Clause: "RFC 9112 §5.2", Severity: record.High, Want: []string{hello + `; ["a b"]`},
			Play: read(with("X-Field: a\r\n  b"), field)},
		{ID: "field-space", Text: "leaves out the blanks around a value", Clause: "RFC 9112 §5.1", Severity: record.Medium, Want: []string{hello + `; ["a b"]`},
			Play: read(with("X-Field: \t a b \t "), field)},
		{ID: "field-empty", Text: "gives a field without a value", Clause: clause, Severity: record.Low, Want: []string{hello + `; [""]`}, Play: read(with("X-Field:"), field)},
		{ID: "field-utf8", Text: "gives a value in UTF-8 unchanged", Clause: "RFC 9110 §5.5", Severity: record.Medium, Want: []string{hello + `; ["龙芯"]`},
			Play: read(with("X-Field: 龙芯"), field)},
		{ID: "field-gb18030", Text: "gives the bytes of a value in GB 18030 unchanged", Clause: "RFC 9110 §5.5", Severity: record.Medium, Want: []string{hello + "; c1 fa d0 be"},
			Play: read(with("X-Field: \xc1\xfa\xd0\xbe"), func(r *http.Response) string { return fmt.Sprintf("% x", r.Header.Get("X-Field")) })},
		{ID: "field-nul", Text: "refuses a value with NUL, or replaces it by a space", Clause: "RFC 9110 §5.5", Severity: record.Medium, Want: []string{"error", hello + `; ["a b"]`},
			Play: read(with("X-Field: a\x00b"), field)},
		{ID: "field-cr", Text: "refuses a value with CR, or replaces it by a space", Clause: "RFC 9110 §5.5", Severity: record.Medium, Want: []string{"error", hello + `; ["a b"]`},
			Play: read(with("X-Field: a\rb"), field)},
		{ID: "field-no-colon", Text: "refuses a field line without a colon", Clause: "RFC 9112 §5", Severity: record.Medium, Want: []string{"error"}, Play: read(with("X-Field"), field)},
		{ID: "field-no-name", Text: "refuses a field without a name", Clause: "RFC 9112 §5", Severity: record.Medium, Want: []string{"error"}, Play: read(with(": a"), field)},
		{ID: "field-name", Text: "takes no field from a line whose name has a space", Clause: "RFC 9110 §5.1", Severity: record.Medium, Want: []string{"error", hello + "; []"}, Play: read(with("X Field: a"), field)},
		{ID: "head-limit", Text: "refuses a head beyond its limit", Clause: "Go net/http Transport.MaxResponseHeaderBytes", Severity: record.High, Want: []string{"error"},
			Play: func(s *rule.Scene) rule.Outcome {
				raw := s.Serve(peer.Answer(with("X-Field: " + strings.Repeat("x", 80<<10))))
				return s.Get(s.Client(func(t *http.Transport) { t.MaxResponseHeaderBytes = 64 << 10 }), raw.URL("/"))
			}},
		{ID: "head-below-limit", Text: "takes a head of 200 KiB below its limit", Clause: "Go net/http Transport.MaxResponseHeaderBytes", Severity: record.High, Want: []string{hello},
			Play: func(s *rule.Scene) rule.Outcome {
				raw := s.Serve(peer.Answer(with("X-Field: " + strings.Repeat("x", 200<<10))))
				return s.Get(s.Client(func(t *http.Transport) { t.MaxResponseHeaderBytes = 300 << 10 }), raw.URL("/"))
			}},
		{ID: "head-endless", Text: "ends a head that does not end", Clause: "Go net/http Transport.MaxResponseHeaderBytes", Severity: record.High, Want: []string{"error"},
			Play: func(s *rule.Scene) rule.Outcome {
				raw := s.Serve(peer.Steps(peer.Read, peer.Send("HTTP/1.1 200 OK\r\n"), peer.Always(peer.Send("X-Field: "+strings.Repeat("x", 1000)+"\r\n"))))
				return s.Get(s.Client(func(t *http.Transport) { t.MaxResponseHeaderBytes = 64 << 10 }), raw.URL("/"))
			}},
	}
}

// sent returns a conversation in which the client is to send a request that a change has made. It tells the request's first line
// and a field as they come.
func sent(field string, change func(*http.Request)) func(*rule.Scene) rule.Outcome {
	return func(s *rule.Scene) rule.Outcome {
		raw := s.Serve(peer.Answer(peer.OK("hello")))
		request := s.Request("GET", raw.URL("/"), nil)
		change(request)
		o := s.Do(s.Client(), request)
		if got := raw.Requests(); len(got) > 0 {
			return rule.Did("sends %q, %q", got[0].Line(), strings.ReplaceAll(got[0].Field(field), raw.Address(), "HOST"))
		}
		return o
	}
}

func requestRules() []rule.Rule {
	const clause = "RFC 9112 §11.1"
	refused := []string{"error"}
	return []rule.Rule{
		{ID: "inject-value", Text: "sends no request with a line end in a value", Clause: clause, Severity: record.Critical, Want: refused,
			Play: sent("X", func(r *http.Request) { r.Header.Set("X", "a\r\nY: b") })},
		{ID: "inject-name", Text: "sends no request with a line end in a field's name", Clause: clause, Severity: record.Critical, Want: refused,
			Play: sent("X", func(r *http.Request) { r.Header["X: a\r\nY"] = []string{"b"} })},
		{ID: "inject-method", Text: "sends no request with a line end in its method", Clause: clause, Severity: record.Critical, Want: refused,
			Play: sent("X", func(r *http.Request) { r.Method = "GET / HTTP/1.1\r\nX: a\r\n\r\nGET" })},
		{ID: "inject-host", Text: "sends no line end of a host", Clause: clause, Severity: record.Critical, Want: []string{"error", `sends "GET / HTTP/1.1", ""`},
			Play: sent("X", func(r *http.Request) { r.Host = "server.test\r\nX: a" })},
		{ID: "inject-path", Text: "sends no line end of a path", Clause: clause, Severity: record.Critical, Want: []string{"error", `sends "GET /a%20HTTP/1.1%0D%0AX:%20b HTTP/1.1", ""`},
			Play: sent("X", func(r *http.Request) { r.URL.Path = "/a HTTP/1.1\r\nX: b" })},
		{ID: "inject-query", Text: "sends no line end of a query", Clause: clause, Severity: record.Critical, Want: refused,
			Play: sent("X", func(r *http.Request) { r.URL.RawQuery = "a HTTP/1.1\r\nX: b" })},
		{ID: "host", Text: "sends Host with the port", Clause: "RFC 9110 §7.2", Severity: record.High, Want: []string{`sends "GET / HTTP/1.1", "HOST"`}, Play: sent("Host", func(*http.Request) {})},
		{ID: "fragment", Text: "sends no fragment", Clause: "RFC 9110 §7.1", Severity: record.Medium, Want: []string{`sends "GET /a?b HTTP/1.1", ""`},
			Play: sent("X", func(r *http.Request) { r.URL.Path, r.URL.RawQuery, r.URL.Fragment = "/a", "b", "c" })},
		{ID: "user", Text: "sends the user of a URL as Authorization alone", Clause: "RFC 7617 §2", Severity: record.High, Want: []string{`sends "GET / HTTP/1.1", "Basic dTpw"`},
			Play: sent("Authorization", func(r *http.Request) { r.URL.User = userPassword })},
	}
}

var userPassword = url.UserPassword("u", "p")
