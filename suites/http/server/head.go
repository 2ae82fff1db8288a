package server

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/http/rule"
)

func lineRules() []rule.Rule {
	const clause = "RFC 9112 §3"
	line := func(id, text, line string, severity record.Severity, want ...string) rule.Rule {
		return rule.Rule{ID: "line-" + id, Text: text, Clause: clause, Severity: severity, Want: want, Play: tried(line + "\r\nHost: h\r\n\r\n")}
	}
	const both = `200 200; GET /a "", GET /probe ""`
	return []rule.Rule{
		line("space", "refuses a target with a space", "GET /a b HTTP/1.1", record.High, "400; nothing"),
		line("two-spaces", "refuses two spaces before the target", "GET  /a HTTP/1.1", record.Medium, "400; nothing"),
		line("no-version", "refuses a request line without a version", "GET /a", record.High, "400; nothing", "505; nothing"),
		line("version", "refuses a later major version", "GET /a HTTP/3.0", record.Medium, "400; nothing", "505; nothing"),
		line("lower-version", "refuses a version in small letters", "GET /a http/1.1", record.Medium, "400; nothing", "505; nothing"),
		line("minor", "answers a later minor version", "GET /a HTTP/1.9", record.Low, both, "505; nothing", "400; nothing"),
		line("method-case", "does not take get for GET", "get /a HTTP/1.1", record.Medium, `200 200; get /a "", GET /probe ""`, "400; nothing", "501; nothing"),
		line("method-bytes", "refuses a method that is no token", "G{T /a HTTP/1.1", record.Medium, "400; nothing", "501; nothing"),
		line("long", "refuses a request line beyond its limit", "GET /"+strings.Repeat("a", 1<<20+64<<10)+" HTTP/1.1", record.High, "414; nothing", "431; nothing", "400; nothing", "; nothing"),
		{ID: "line-empty", Text: "passes over an empty line before the request line", Clause: "RFC 9112 §2.2", Severity: record.Low, Want: []string{both, "400; nothing"},
			Play: tried("\r\nGET /a HTTP/1.1\r\nHost: h\r\n\r\n")},
		{ID: "line-binary", Text: "refuses a client that speaks TLS", Clause: clause, Severity: record.Medium, Want: []string{"400; nothing"},
			Play: tried("\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\r\n\r\n")},
	}
}

func fieldRules() []rule.Rule {
	const clause = "RFC 9112 §5"
	field := func(id, text, fields string, severity record.Severity, want ...string) rule.Rule {
		return rule.Rule{ID: "field-" + id, Text: text, Clause: clause, Severity: severity, Want: want,
			Play: tried("GET /a HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n\r\n")}
	}
	host := func(id, text, fields string) rule.Rule {
		return rule.Rule{ID: "host-" + id, Text: text, Clause: "RFC 9112 §3.2", Severity: record.High, Want: []string{"400; nothing"},
			Play: tried("GET /a HTTP/1.1\r\n" + fields + "\r\n")}
	}
	const both = `200 200; GET /a "", GET /probe ""`
	value := func(id, text, raw, clause string, want ...string) rule.Rule {
		return rule.Rule{ID: "value-" + id, Text: text, Clause: clause, Severity: record.Medium, Want: want,
			Play: answers(func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, "% x", strings.Join(r.Header["X"], "|")) },
				"GET /a HTTP/1.1\r\nHost: h\r\n"+raw+"\r\n\r\n", func(status int, _, body string) string { return fmt.Sprint(status, " ", body) })}
	}
	return []rule.Rule{
		host("none", "refuses a request without Host", ""),
		host("two", "refuses two Hosts", "Host: h\r\nHost: h\r\n"),
		host("space", "refuses a Host with a space", "Host: h h\r\n"),
		host("path", "refuses a Host with a path", "Host: h/../admin\r\n"),
		field("space", "refuses a blank before the colon", "X : a", record.High, "400; nothing"),
		field("no-colon", "refuses a line without a colon", "X", record.Medium, "400; nothing"),
		field("no-name", "refuses a field without a name", ": a", record.Medium, "400; nothing"),
		field("name", "refuses a name that is no token", "X(Y): a", record.Medium, "400; nothing"),
		field("name-utf8", "refuses a name in Chinese", "龙芯: a", record.Medium, "400; nothing"),
		field("nul", "refuses a value with NUL", "X: a\x00b", record.High, "400; nothing"),
		field("cr", "refuses a value with CR", "X: a\rb", record.High, "400; nothing"),
		field("many", "takes 500 fields", strings.Repeat("X: a\r\n", 499)+"X: a", record.Medium, both),
		value("utf8", "gives a value in UTF-8 unchanged", "X: 龙芯", "RFC 9110 §5.5", "200 e9 be 99 e8 8a af"),
		value("gb18030", "gives the bytes of a value in GB 18030 unchanged", "X: \xc1\xfa\xd0\xbe", "RFC 9110 §5.5", "200 c1 fa d0 be"),
		value("order", "keeps the order of a field's values", "x: b\r\nX: a\r\nX: c", "RFC 9110 §5.3", "200 62 7c 61 7c 63"),
		value("fold", "replaces the end of a folded line by spaces, or refuses it", "X: a\r\n\t b", "RFC 9112 §5.2", "200 61 20 62", "400 "),
		value("blanks", "leaves out the blanks around a value", "X: \t a \t", "RFC 9112 §5.1", "200 61"),
	}
}
