package behind

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/http/rule"
)

// get begins a GET of a target with fields, each with its line end.
func get(target, fields string) string {
	return "GET " + target + " HTTP/1.1\r\nHost: h.test\r\n" + fields + "\r\n"
}

func contentRules(f front) []rule.Rule {
	const clause = "RFC 9110 §7.7"
	path := func(r *http.Request) string { return fmt.Sprintf("%s %s %q", r.Method, r.RequestURI, r.URL.Path) }
	field := func(name string) func(*http.Request) string {
		return func(r *http.Request) string { return fmt.Sprintf("% x", strings.Join(r.Header.Values(name), "|")) }
	}
	return []rule.Rule{
		{ID: "path-chinese", Text: "gets a Chinese path in percent form as it was sent", Clause: clause, Severity: record.High, Want: []string{`200 GET /%E9%BE%99%E8%8A%AF?q=%E4%BF%A1 "/龙芯"`},
			Play: f.asked(get("/%E9%BE%99%E8%8A%AF?q=%E4%BF%A1", ""), path)},
		{ID: "path-gb18030", Text: "gets a path in GB 18030 in percent form as it was sent", Clause: clause, Severity: record.Medium, Want: []string{fmt.Sprintf("200 GET /%%C1%%FA%%D0%%BE %q", "/\xc1\xfa\xd0\xbe")},
			Play: f.asked(get("/%C1%FA%D0%BE", ""), path)},
		{ID: "path-slash", Text: "gets an encoded slash as it was sent", Clause: "RFC 3986 §2.2", Severity: record.High, Want: []string{`200 GET /a%2Fb "/a/b"`}, Play: f.asked(get("/a%2Fb", ""), path)},
		{ID: "host", Text: "gets the Host that was asked for", Clause: "RFC 9110 §7.2", Severity: record.High, Want: []string{"200 h.test"}, Play: f.asked(get("/", ""), func(r *http.Request) string { return r.Host })},
		{ID: "forwarded", Text: "finds the client last in X-Forwarded-For, whatever that client sent", Clause: "Go net/http/httputil ProxyRequest.SetXForwarded", Severity: record.High, Want: []string{"200 127.0.0.1"},
			Play: f.asked(get("/", "X-Forwarded-For: 10.1.2.3\r\n"), func(r *http.Request) string {
				all := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
				return strings.TrimSpace(all[len(all)-1])
			})},
		{ID: "value-utf8", Text: "gets a field in UTF-8", Clause: "RFC 9110 §5.5", Severity: record.Medium, Want: []string{"200 e9 be 99 e8 8a af"}, Play: f.asked(get("/", "X-A: 龙芯\r\n"), field("X-A"))},
		{ID: "value-gb18030", Text: "gets a field in GB 18030", Clause: "RFC 9110 §5.5", Severity: record.Medium, Want: []string{"200 c1 fa d0 be"}, Play: f.asked(get("/", "X-A: \xc1\xfa\xd0\xbe\r\n"), field("X-A"))},
		{ID: "cookie", Text: "gets a cookie", Clause: "RFC 6265 §5.4", Severity: record.High, Want: []string{"200 61 3d 62 3b 20 63 3d 64"}, Play: f.asked(get("/", "Cookie: a=b; c=d\r\n"), field("Cookie"))},
		{ID: "slow-head", Text: "gets a request whose bytes come one by one", Clause: "RFC 9112 §2.2", Severity: record.Medium, Want: []string{hello},
			Play: func(s *rule.Scene) rule.Outcome {
				c := s.Dial(f.before(s, answer("hello")))
				s.Must(c.SendEach(get("/", "")))
				r, err := c.Response("GET")
				if err != nil {
					return rule.Failed(err)
				}
				return rule.Did("%d %q", r.Status, r.Body)
			}},
		{ID: "head-limit", Text: "answers a head of 2 MiB with a status of a client's error", Clause: "RFC 6585 §5", Severity: record.Medium, Want: []string{"4xx"},
			Play: func(s *rule.Scene) rule.Outcome {
				c := s.Dial(f.before(s, answer("hello")))
				go func() { _ = c.Send(get("/", "X-A: "+strings.Repeat("x", 2<<20)+"\r\n")) }()
				r, err := c.Response("GET")
				if r.Status == 0 {
					return rule.Failed(err)
				}
				return rule.Did("%dxx", r.Status/100)
			}},
		{ID: "set-cookie", Text: "sends each Set-Cookie in a line of its own", Clause: "RFC 9110 §5.3", Severity: record.High, Want: []string{`200 ""; ["a=b" "c=d"]`},
			Play: f.answered(func(w http.ResponseWriter, _ *http.Request) {
				w.Header()["Set-Cookie"] = []string{"a=b", "c=d"}
			}, func(r *http.Response) string { return fmt.Sprintf("%q", r.Header["Set-Cookie"]) })},
		{ID: "answer-gb18030", Text: "sends a body in GB 18030 as it is", Clause: clause, Severity: record.High, Want: []string{fmt.Sprintf("200 %q; text/plain; charset=GB18030", "\xc1\xfa\xd0\xbe")},
			Play: f.answered(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/plain; charset=GB18030")
				_, _ = io.WriteString(w, "\xc1\xfa\xd0\xbe")
			}, func(r *http.Response) string { return r.Header.Get("Content-Type") })},
		{ID: "answer-hints", Text: "sends the final answer behind 103", Clause: "RFC 8297 §2", Severity: record.Medium, Want: []string{hello},
			Play: f.hints},
		{ID: "answer-trailer", Text: "sends a body whole behind which a trailer comes, with the trailer or without", Clause: "RFC 9110 §6.5.1", Severity: record.Medium,
			Want: []string{hello + "; [42]", hello + "; []"},
			Play: f.answered(func(w http.ResponseWriter, _ *http.Request) {
				_, _ = io.WriteString(w, "hello")
				w.Header().Set(http.TrailerPrefix+"X-Sum", "42")
			}, func(r *http.Response) string { return fmt.Sprint(r.Trailer["X-Sum"]) })},
		{ID: "answer-head", Text: "tells a HEAD the length", Clause: "RFC 9110 §9.3.2", Severity: record.Medium, Want: []string{`200 ""; 5`},
			Play: func(s *rule.Scene) rule.Outcome {
				r, o := s.Response(s.Client(), s.Request("HEAD", "http://"+f.before(s, answer("hello"))+"/", nil))
				if r == nil {
					return o
				}
				return rule.Join(o, rule.Did("%d", r.ContentLength))
			}},
		{ID: "answer-range", Text: "sends a part that is asked for", Clause: "RFC 9110 §14.2", Severity: record.High, Want: []string{`206 "234"; bytes 2-4/10`},
			Play: func(s *rule.Scene) rule.Outcome {
				address := f.before(s, func(w http.ResponseWriter, r *http.Request) {
					http.ServeContent(w, r, "a.txt", time.Unix(1e9, 0), strings.NewReader("0123456789"))
				})
				request := s.Request("GET", "http://"+address+"/", nil)
				request.Header.Set("Range", "bytes=2-4")
				r, o := s.Response(s.Client(), request)
				if r == nil {
					return o
				}
				return rule.Join(o, rule.Did("%s", r.Header.Get("Content-Range")))
			}},
		{ID: "answer-no-content", Text: "sends 204 without a body, and the next answer behind it", Clause: "RFC 9110 §15.3.5", Severity: record.High, Want: []string{`204 ""; 204 ""`},
			Play: func(s *rule.Scene) rule.Outcome {
				url, c := "http://"+f.before(s, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })+"/", s.Client()
				return rule.Join(s.Get(c, url), s.Get(c, url))
			}},
	}
}

// hints asks a handler that sends 103 first. nginx takes that for the final answer before its version 1.29, and the client waits.
func (f front) hints(s *rule.Scene) rule.Outcome {
	address := f.before(s, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/hints" {
			w.Header().Set("Link", "</a.css>")
			w.WriteHeader(http.StatusEarlyHints)
		}
		_, _ = io.WriteString(w, "hello")
	})
	plain, o := s.Response(s.Client(), s.Request("GET", "http://"+address+"/", nil))
	if plain == nil {
		return o
	}
	var minor int
	if _, err := fmt.Sscanf(plain.Header.Get("Server"), "nginx/1.%d", &minor); err == nil && minor < 29 {
		check.Skip(record.Say("nginx before 1.29 takes 103 for the final answer, and the client waits for ever: no handler behind it may send 103",
			"nginx 1.29 之前的版本把 103 当作最终响应，客户端将一直等待：其后的处理函数不得发送 103"))
	}
	return s.Get(s.Client(), "http://"+address+"/hints")
}
