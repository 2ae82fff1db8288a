package client

import (
	"net/http"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/http/rule"
)

func statusRules() []rule.Rule {
	const clause = "RFC 9112 §4"
	return []rule.Rule{
		{ID: "empty-reason", Text: "takes a status line with an empty reason phrase", Clause: clause, Severity: record.High,
			Want: []string{`200 "hello"; "200 "`},
			Play: read("HTTP/1.1 200 \r\nContent-Length: 5\r\n\r\nhello", func(r *http.Response) string { return quote(r.Status) })},
		{ID: "foreign-reason", Text: "takes a reason phrase in Chinese", Clause: clause, Severity: record.Medium,
			Want: []string{`200 "hello"; "200 成功"`},
			Play: read("HTTP/1.1 200 成功\r\nContent-Length: 5\r\n\r\nhello", func(r *http.Response) string { return quote(r.Status) })},
	}
}
