package client

import (
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/http/peer"
	"github.com/xcmatrix/xcmatrix/suites/http/rule"
)

// redirected returns a conversation in which a POST is answered by a status with a Location. It tells the request that follows.
func redirected(status int, location string) func(*rule.Scene) rule.Outcome {
	return func(s *rule.Scene) rule.Outcome {
		moved := fmt.Sprintf("HTTP/1.1 %d Moved\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n", status, location)
		raw := s.Serve(peer.Steps(peer.Answer(moved), peer.Answer(peer.OK("hello"))))
		o := s.Do(s.Client(), s.Request("POST", raw.URL("/dir/first"), strings.NewReader("pay")))
		if all := raw.Requests(); len(all) == 2 {
			return rule.Join(o, rule.Did("%s %q", strings.TrimSuffix(all[1].Line(), " HTTP/1.1"), all[1].Body))
		}
		return o
	}
}

func redirectRules() []rule.Rule {
	const clause = "RFC 9110 §15.4"
	const documented = "Go net/http Client"
	rules := []rule.Rule{
		{ID: "redirect-relative", Text: "resolves a relative Location", Clause: "RFC 9110 §10.2.2", Severity: record.High, Want: []string{hello + `; GET /other/x?y ""`},
			Play: redirected(303, "../other/x?y")},
		{ID: "redirect-chinese", Text: "follows a Location in UTF-8 by its percent form", Clause: "RFC 3986 §2.1", Severity: record.Medium, Want: []string{hello + `; GET /%E9%BE%99%E8%8A%AF ""`},
			Play: redirected(303, "/龙芯")},
		{ID: "redirect-loop", Text: "ends a circle of redirects after 10", Clause: documented, Severity: record.High, Want: []string{"error; 10 requests"},
			Play: func(s *rule.Scene) rule.Outcome {
				raw := s.Serve(peer.Always(peer.Answer("HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n")))
				return rule.Join(s.Get(s.Client(), raw.URL("/")), rule.Did("%d requests", len(raw.Requests())))
			}},
		{ID: "redirect-secrets", Text: "sends no Authorization and no Cookie to the host of another name", Clause: documented, Severity: record.Critical, Want: []string{hello + `; "", ""`},
			Play: secrets("localhost")},
		{ID: "redirect-same-host", Text: "sends Authorization and Cookie to the same host again", Clause: documented, Severity: record.Medium, Want: []string{hello + `; "Bearer x", "a=b"`},
			Play: secrets("127.0.0.1")},
		{ID: "redirect-scheme", Text: "follows no Location with a scheme other than HTTP's", Clause: documented, Severity: record.High, Want: []string{"error"}, Play: redirected(302, "file:///etc/passwd")},
		{ID: "redirect-no-location", Text: "gives a 302 without Location to its caller as an error or as it is", Clause: documented, Severity: record.Low, Want: []string{"error", `302 ""`},
			Play: answered("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n")},
	}
	for _, status := range []int{301, 302, 303} {
		rules = append(rules, rule.Rule{ID: fmt.Sprintf("redirect-%d", status), Text: fmt.Sprintf("follows %d of a POST with GET, without the body", status), Clause: clause,
			Severity: record.High, Want: []string{hello + `; GET /second ""`}, Play: redirected(status, "/second")})
	}
	for _, status := range []int{307, 308} {
		rules = append(rules, rule.Rule{ID: fmt.Sprintf("redirect-%d", status), Text: fmt.Sprintf("follows %d of a POST with POST and the body", status), Clause: clause,
			Severity: record.High, Want: []string{hello + `; POST /second "pay"`}, Play: redirected(status, "/second")})
	}
	return rules
}

// secrets returns a conversation in which a server redirects to itself under a host name. It tells the secrets that come there.
func secrets(host string) func(*rule.Scene) rule.Outcome {
	return func(s *rule.Scene) rule.Outcome {
		raw := s.Serve(func(c *peer.Conn) error {
			for {
				r, err := c.Request()
				if err != nil {
					return err
				}
				answer := peer.OK("hello")
				if strings.HasPrefix(r.Line(), "GET /first") {
					_, port, _ := strings.Cut(r.Field("Host"), ":")
					answer = "HTTP/1.1 302 Found\r\nLocation: http://" + host + ":" + port + "/second\r\nContent-Length: 0\r\n\r\n"
				}
				if err := c.Send(answer); err != nil {
					return err
				}
			}
		})
		r := s.Request("GET", raw.URL("/first"), nil)
		r.Header.Set("Authorization", "Bearer x")
		r.Header.Set("Cookie", "a=b")
		c := s.Client(func(t *http.Transport) { t.DialContext = s.DialTo(raw.Address()) })
		o := s.Do(c, r)
		if all := raw.Requests(); len(all) == 2 {
			return rule.Join(o, rule.Did("%q, %q", all[1].Field("Authorization"), all[1].Field("Cookie")))
		}
		return o
	}
}

// remembered returns a conversation in which a server at http://app.server.test/dir/ sets a cookie. It tells the Cookie that comes
// with the next request, to a URL.
func remembered(set, url string) func(*rule.Scene) rule.Outcome {
	return func(s *rule.Scene) rule.Outcome {
		raw := s.Serve(peer.Always(peer.Answer(head + set + "\r\n\r\nhello")))
		jar, err := cookiejar.New(nil)
		s.Must(err)
		c := s.Client(func(t *http.Transport) { t.DialContext = s.DialTo(raw.Address()) })
		c.Jar = jar
		first := s.Get(c, "http://app.server.test/dir/")
		second := s.Get(c, url)
		if all := raw.Requests(); len(all) == 2 {
			return rule.Did("%q", all[1].Field("Cookie"))
		}
		return rule.Join(first, second)
	}
}

func cookieRules() []rule.Rule {
	const clause = "RFC 6265 §5"
	const here = "http://app.server.test/dir/"
	cookie := func(id, text string, severity record.Severity, set, url, want string) rule.Rule {
		return rule.Rule{ID: "cookie-" + id, Text: text, Clause: clause, Severity: severity, Want: []string{fmt.Sprintf("%q", want)}, Play: remembered(set, url)}
	}
	return []rule.Rule{
		cookie("back", "sends a cookie back", record.High, "Set-Cookie: a=b; HttpOnly", here, "a=b"),
		cookie("host", "sends a cookie without Domain to no other host", record.Critical, "Set-Cookie: a=b", "http://other.server.test/dir/", ""),
		cookie("domain", "sends a cookie of a domain to its hosts", record.Medium, "Set-Cookie: a=b; Domain=server.test", "http://other.server.test/dir/", "a=b"),
		cookie("foreign", "takes no cookie for another domain", record.Critical, "Set-Cookie: a=b; Domain=other.test", "http://other.test/", ""),
		cookie("suffix", "takes no domain that only ends like the host", record.Critical, "Set-Cookie: a=b; Domain=erver.test", "http://erver.test/", ""),
		cookie("path", "sends a cookie to its path alone", record.High, "Set-Cookie: a=b; Path=/dir", "http://app.server.test/directory", ""),
		cookie("default-path", "sends a cookie without Path below its directory alone", record.Medium, "Set-Cookie: a=b", "http://app.server.test/", ""),
		cookie("secure", "sends a Secure cookie over TLS alone", record.Critical, "Set-Cookie: a=b; secure", here, ""),
		cookie("age", "forgets a cookie with Max-Age=0", record.High, "Set-Cookie: a=b; Max-Age=0", here, ""),
		cookie("past", "forgets a cookie that expired", record.High, "Set-Cookie: a=b; Expires=Thu, 01 Jan 1970 00:00:00 GMT", here, ""),
		cookie("age-first", "goes by Max-Age where Expires says otherwise", record.Medium, "Set-Cookie: a=b; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=100", here, "a=b"),
		cookie("two", "takes two cookies of one answer", record.High, "Set-Cookie: a=b\r\nSet-Cookie: c=d", here, "a=b; c=d"),
		cookie("percent", "leaves the percent form of a Chinese value alone", record.Medium, "Set-Cookie: a=%E9%BE%99", here, "a=%E9%BE%99"),
	}
}
