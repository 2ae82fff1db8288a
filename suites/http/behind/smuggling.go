package behind

import (
	"net/http"
	"sync/atomic"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/http/rule"
)

// hidden is a request that comes within the body of another, for one of two readings of the body's length.
const hidden = "GET /hidden HTTP/1.1\r\nHost: h.test\r\nX-Ignore: x"

// ambiguous are requests whose end two readers could find at different places.
var ambiguous = []struct{ id, text, fields, body string }{
	{"cl-te", "with Content-Length and Transfer-Encoding", "Content-Length: 52\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n" + hidden},
	{"te-cl", "with Transfer-Encoding and Content-Length", "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", "2f\r\n" + hidden + "\r\n0\r\n\r\n"},
	{"te-te", "with two Transfer-Encodings", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\nContent-Length: 52\r\n", "0\r\n\r\n" + hidden},
	{"te-list", "with chunked that is not the last coding", "Transfer-Encoding: chunked, identity\r\nContent-Length: 52\r\n", "0\r\n\r\n" + hidden},
	{"te-word", "with a coding that only begins with chunked", "Transfer-Encoding: chunkedx\r\nContent-Length: 52\r\n", "0\r\n\r\n" + hidden},
	{"te-tab", "with a vertical tab before chunked", "Transfer-Encoding: \vchunked\r\nContent-Length: 52\r\n", "0\r\n\r\n" + hidden},
	{"te-quoted", "with chunked in quotes", "Transfer-Encoding: \"chunked\"\r\nContent-Length: 52\r\n", "0\r\n\r\n" + hidden},
	{"te-space", "with a space before Transfer-Encoding's colon", "Transfer-Encoding : chunked\r\nContent-Length: 52\r\n", "0\r\n\r\n" + hidden},
	{"te-fold", "with Transfer-Encoding in a folded line", "X-A: b\r\n Transfer-Encoding: chunked\r\nContent-Length: 52\r\n", "0\r\n\r\n" + hidden},
	{"te-lf", "with Transfer-Encoding behind a bare LF", "X-A: b\nTransfer-Encoding: chunked\r\nContent-Length: 52\r\n", "0\r\n\r\n" + hidden},
	{"te-cr", "with Transfer-Encoding behind a bare CR", "X-A: b\rTransfer-Encoding: chunked\r\nContent-Length: 52\r\n", "0\r\n\r\n" + hidden},
	{"cl-cl", "with two lengths", "Content-Length: 0\r\nContent-Length: 47\r\n", hidden},
	{"cl-list", "with two lengths in a list", "Content-Length: 0, 47\r\n", hidden},
	{"cl-plus", "with a plus before the length", "Content-Length: +47\r\n", hidden},
	{"cl-space", "with a space before Content-Length's colon", "Content-Length : 47\r\n", hidden},
	{"chunk-lf", "with a chunk's size that ends in a bare LF", "Transfer-Encoding: chunked\r\n", "5\nhello\r\n0\r\n\r\n" + hidden},
	{"chunk-extension", "with a bare LF in a chunk's extension", "Transfer-Encoding: chunked\r\n", "2;\nxx\r\n2f\r\n0\r\n\r\n" + hidden + "\r\n0\r\n\r\n"},
	{"chunk-overflow", "with a chunk's size beyond 64 bits", "Transfer-Encoding: chunked\r\n", "1000000000000002f\r\n" + hidden + "\r\n0\r\n\r\n"},
	{"chunk-terminator", "with bytes in place of the line end behind a chunk", "Transfer-Encoding: chunked\r\n", "1\r\nxAA2f\r\n" + hidden + "\r\n0\r\n\r\n"},
}

// smugglingRules are about requests that a proxy and the server could part differently: none reaches the handler that the proxy has
// not seen as one. Each proxy adds X-Forwarded-For to those that it has.
func smugglingRules(f front) (rules []rule.Rule) {
	for _, a := range ambiguous {
		rules = append(rules, rule.Rule{ID: "smuggling-" + a.id, Text: "gets no hidden request by one " + a.text, Clause: "RFC 9112 §11.2", Severity: record.Critical,
			Want: []string{"nothing hidden"}, Play: f.smuggled("POST /a HTTP/1.1\r\nHost: h.test\r\n" + a.fields + "\r\n" + a.body)})
	}
	return append(rules, rule.Rule{ID: "smuggling-old", Text: "gets no hidden request by one of HTTP/1.0 with Transfer-Encoding", Clause: "RFC 9112 §6.1", Severity: record.Critical,
		Want: []string{"nothing hidden"}, Play: f.smuggled("POST /a HTTP/1.0\r\nHost: h.test\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n2f\r\n" + hidden + "\r\n0\r\n\r\n")})
}

// smuggled returns a conversation in which a client sends an ambiguous request and two more, on a connection of their own.
func (f front) smuggled(text string) func(*rule.Scene) rule.Outcome {
	return func(s *rule.Scene) rule.Outcome {
		var unseen atomic.Bool
		address := f.before(s, func(_ http.ResponseWriter, r *http.Request) {
			if r.Header.Get("X-Forwarded-For") == "" {
				unseen.Store(true)
			}
		})
		c := s.Dial(address)
		_ = c.Send(text)
		_ = c.HalfClose() // a proxy that waits for more must not wait for ever
		if _, err := c.Rest(); err != nil {
			return rule.Failed(err)
		}
		// What a proxy has sent too much waits in its connection to the server for the next request.
		for range 2 {
			after := s.Dial(address)
			s.Must(after.Send(get("/next", "")))
			if _, err := after.Response("GET"); err != nil && rule.Failed(err).Did == "hangs" {
				return rule.Failed(err)
			}
		}
		if unseen.Load() {
			return rule.Did("a hidden request")
		}
		return rule.Did("nothing hidden")
	}
}
