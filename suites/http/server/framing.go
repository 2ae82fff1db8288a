package server

import (
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/http/rule"
)

// refused are the outcomes where a server refuses a head, and does not read on.
var refused = []string{"400; nothing", "501; nothing"}

// refusedBody is the outcome where the handler learns that the body is none, and the server does not read on.
var refusedBody = []string{"400; POST /a error"}

func lengthRules() (rules []rule.Rule) {
	const clause = "RFC 9112 §6.3"
	for _, l := range []struct{ id, text, value string }{
		{"plus", "with a sign", "+5"}, {"negative", "below zero", "-5"}, {"hex", "in hexadecimal", "0x5"}, {"list", "that lists two values", "5, 6"},
		{"two-numbers", "of two numbers", "5 5"}, {"huge", "beyond 64 bits", "99999999999999999999"}, {"semicolon", "with a parameter", "5;a"},
		{"none", "without a value", ""}, {"tab", "with a vertical tab", "\v5"}, {"digits", "in full-width digits", "５"},
	} {
		rules = append(rules, rule.Rule{ID: "length-" + l.id, Text: "refuses a Content-Length " + l.text, Clause: clause, Severity: record.Critical,
			Want: refused, Play: tried(post("Content-Length: "+l.value+"\r\n") + "hello")})
	}
	return append(rules, []rule.Rule{
		{ID: "two-lengths", Text: "refuses two lengths that differ", Clause: clause, Severity: record.Critical, Want: refused,
			Play: tried(post("Content-Length: 5\r\nContent-Length: 6\r\n") + "hello")},
		{ID: "equal-lengths", Text: "refuses two equal lengths, or takes them as one", Clause: clause, Severity: record.High, Want: append([]string{whole}, refused...),
			Play: tried(post("Content-Length: 5\r\nContent-Length: 5\r\n") + "hello")},
		{ID: "get-body", Text: "reads the body of a GET, and no request out of it", Clause: clause, Severity: record.Critical, Want: []string{`200 200; GET /a "GET /b", GET /probe ""`, `400; nothing`},
			Play: tried("GET /a HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nGET /b")},
		{ID: "no-length", Text: "takes a POST without a length as one without a body", Clause: clause, Severity: record.High, Want: []string{`200 200; POST /a "", GET /probe ""`, "411; nothing"},
			Play: tried(post(""))},
	}...)
}

// severityOf returns the severity of a rule on codings. Not to close behind a body that was read rightly takes away a defence; to
// read one wrongly lets requests in.
func severityOf(id string) record.Severity {
	if id == "cl-te" || id == "te-cl" {
		return record.Medium
	}
	return record.Critical
}

// codingRules are the ways in which a request says both how long its body is and that it is chunked, or hides that it says so: what
// one server reads as a body is a request to another.
func codingRules() []rule.Rule {
	const clause = "RFC 9112 §6.1"
	const body = "5\r\nhello\r\n0\r\n\r\n"
	te := func(id, text, fields string, want []string) rule.Rule {
		return rule.Rule{ID: "coding-" + id, Text: text, Clause: clause, Severity: severityOf(id), Want: want, Play: tried(post(fields) + body)}
	}
	// A body that is both may be read as a chunked one, and the connection must then be closed.
	closed := append([]string{`200; POST /a "hello"`}, refused...)
	return []rule.Rule{
		te("cl-te", "closes the connection behind a body with a length that is chunked, too", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", closed),
		te("te-cl", "closes the connection behind a chunked body that has a length, too", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", closed),
		te("never-length", "never goes by the length of a body that is chunked, too", "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", append([]string{whole}, closed...)),
		te("te-te", "refuses two codings of which the last is not chunked", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", refused),
		te("list", "refuses a list of codings that does not end in chunked", "Transfer-Encoding: chunked, identity\r\n", refused),
		te("unknown", "refuses an unknown coding before chunked", "Transfer-Encoding: rot13, chunked\r\n", refused),
		te("word", "refuses a coding that only looks like chunked", "Transfer-Encoding: xchunked\r\n", refused),
		te("quoted", "refuses chunked in quotes", "Transfer-Encoding: \"chunked\"\r\n", refused),
		te("tab", "refuses a vertical tab before chunked", "Transfer-Encoding: \vchunked\r\n", refused),
		te("name-space", "refuses a blank between Transfer-Encoding and its colon", "Transfer-Encoding : chunked\r\n", refused),
		te("name-tab", "refuses a tab before Transfer-Encoding's name on the first field line", "\tTransfer-Encoding: chunked\r\n", append([]string{`200 400; POST /a ""`}, refused...)),
		te("case", "takes Chunked in any letters", "Transfer-Encoding: ChUnKeD\r\n", []string{whole}),
		te("fold", "reads chunked on a folded line as a value, or refuses it", "Transfer-Encoding:\r\n chunked\r\n", append([]string{whole}, refused...)),
		te("fold-hidden", "takes no field out of a folded line", "X: a\r\n Transfer-Encoding: chunked\r\nContent-Length: 15\r\n",
			append([]string{`200 200; POST /a "5\r\nhello\r\n0\r\n\r\n", GET /probe ""`}, refused...)),
		te("bare-cr", "refuses CR within a field line", "X: a\rTransfer-Encoding: chunked\r\n", refused),
		te("nul", "refuses NUL within a value", "Transfer-Encoding: chunked\x00\r\n", refused),
		{ID: "coding-old", Text: "closes the connection behind an HTTP/1.0 request that is chunked", Clause: clause, Severity: record.High,
			Want: append([]string{`200; POST /a "hello"`, `200; POST /a ""`}, refused...),
			Play: tried("POST /a HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n" + body)},
		{ID: "coding-bare-lf", Text: "reads head lines that end in LF alone as lines, or refuses them", Clause: "RFC 9112 §2.2", Severity: record.High, Want: append([]string{whole}, refused...),
			Play: tried("POST /a HTTP/1.1\nHost: h\nContent-Length: 5\n\nhello")},
	}
}

func chunkRules() (rules []rule.Rule) {
	const clause = "RFC 9112 §7.1"
	const chunked = "Transfer-Encoding: chunked\r\n"
	for _, m := range []struct{ id, text, body string }{
		{"letter", "whose size is no number", "g\r\nhello\r\n0\r\n\r\n"},
		{"negative", "whose size is below zero", "-5\r\nhello\r\n0\r\n\r\n"},
		{"prefix", "whose size begins with 0x", "0x5\r\nhello\r\n0\r\n\r\n"},
		{"overflow", "whose size is beyond 64 bits", "10000000000000005\r\nhello\r\n0\r\n\r\n"},
		{"empty", "without a size", "\r\nhello\r\n0\r\n\r\n"},
		{"long", "with more data than its size", "3\r\nhello\r\n0\r\n\r\n"},
		{"bare-lf", "whose size ends in LF alone", "5\nhello\r\n0\r\n\r\n"},
		{"data-lf", "whose data ends in LF alone", "5\r\nhello\n0\r\n\r\n"},
		{"extension-lf", "whose extension ends in LF alone", "5;a\nhello\r\n0\r\n\r\n"},
		{"underscore", "whose size has an underscore", "0_5\r\nhello\r\n0\r\n\r\n"},
	} {
		rules = append(rules, rule.Rule{ID: "chunk-" + m.id, Text: "refuses a chunk " + m.text, Clause: clause, Severity: record.Critical, Want: refusedBody,
			Play: tried(post(chunked) + m.body)})
	}
	return append(rules, []rule.Rule{
		{ID: "chunk-extension", Text: "passes over chunk extensions", Clause: "RFC 9112 §7.1.1", Severity: record.Medium, Want: []string{whole},
			Play: tried(post(chunked) + "5;a=\"b;c\";d\r\nhello\r\n0;e\r\n\r\n")},
		{ID: "chunk-extension-flood", Text: "ends a body that is chunk extensions for the most part", Clause: "RFC 9112 §7.1.1", Severity: record.High, Want: refusedBody,
			Play: tried(post(chunked) + strings.Repeat("1;"+strings.Repeat("x", 4000)+"\r\na\r\n", 200) + "0\r\n\r\n")},
		{ID: "chunk-trailer", Text: "reads the trailer section, and no request out of it", Clause: "RFC 9112 §7.1.2", Severity: record.Critical, Want: []string{whole},
			Play: tried(post(chunked) + "5\r\nhello\r\n0\r\nX-Sum: GET /b HTTP/1.1\r\n\r\n")},
		{ID: "chunk-trailer-length", Text: "takes no length from a trailer section", Clause: "RFC 9110 §6.5.1", Severity: record.Critical, Want: append([]string{whole}, refusedBody...),
			Play: tried(post(chunked) + "5\r\nhello\r\n0\r\nContent-Length: 9\r\n\r\n")},
		{ID: "chunk-announced-length", Text: "takes no length that a chunked request announces for its trailer", Clause: "RFC 9110 §6.5.1", Severity: record.High, Want: append([]string{whole}, refused...),
			Play: tried(post(chunked+"Trailer: Content-Length\r\n") + "5\r\nhello\r\n0\r\nContent-Length: 9\r\n\r\n")},
	}...)
}
