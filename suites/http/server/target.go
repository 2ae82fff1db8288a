package server

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/http/rule"
)

// get is a GET of a target.
func get(target string) string { return "GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n" }

// targeted returns a conversation that tells what a handler gets of a target, in the words of tell.
func targeted(text string, tell func(*http.Request) string) func(*rule.Scene) rule.Outcome {
	return answers(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, tell(r)) }, text,
		func(status int, _, body string) string {
			if status != http.StatusOK {
				return fmt.Sprint(status)
			}
			return body
		})
}

func targetRules() []rule.Rule {
	host := func(r *http.Request) string { return r.Host + " " + r.URL.Path }
	return []rule.Rule{
		{ID: "target-absolute", Text: "goes by the host of an absolute target, and not by Host", Clause: "RFC 9112 §3.2.2", Severity: record.High, Want: []string{"a.test /b"},
			Play: targeted("GET http://a.test/b HTTP/1.1\r\nHost: h\r\n\r\n", host)},
		{ID: "target-star", Text: "answers OPTIONS of the whole server", Clause: "RFC 9110 §9.3.7", Severity: record.Low, Want: []string{"200", "204", ""},
			Play: answers(http.NotFound, "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", func(status int, _, _ string) string { return fmt.Sprint(status) })},
		{ID: "target-star-get", Text: "does not take * as the path of a GET", Clause: "RFC 9112 §3.2.4", Severity: record.Low, Want: []string{"400", "404", "h *"},
			Play: targeted("GET * HTTP/1.1\r\nHost: h\r\n\r\n", host)},
		{ID: "target-word", Text: "refuses a target that is no path", Clause: "RFC 9112 §3.2", Severity: record.Medium, Want: []string{"400"}, Play: targeted(get("a"), host)},
		{ID: "target-percent", Text: "refuses a percent sign without two digits", Clause: "RFC 3986 §2.1", Severity: record.Medium, Want: []string{"400"}, Play: targeted(get("/%zz"), host)},
		{ID: "target-control", Text: "refuses a control character", Clause: "RFC 3986 §2", Severity: record.Medium, Want: []string{"400"}, Play: targeted(get("/a\x7fb"), host)},
	}
}

func pathRules() []rule.Rule {
	const clause = "RFC 3986 §2.1"
	both := func(r *http.Request) string { return fmt.Sprintf("% x, %s", r.URL.Path, r.URL.EscapedPath()) }
	query := func(r *http.Request) string { return fmt.Sprintf("%q %d", r.URL.Query()["a"], len(r.URL.Query())) }
	path := func(id, text, target string, want ...string) rule.Rule {
		return rule.Rule{ID: "path-" + id, Text: text, Clause: clause, Severity: record.High, Want: want, Play: targeted(get(target), both)}
	}
	ask := func(id, text, q, clause string, want ...string) rule.Rule {
		return rule.Rule{ID: "query-" + id, Text: text, Clause: clause, Severity: record.High, Want: want, Play: targeted(get("/?"+q), query)}
	}
	return []rule.Rule{
		path("chinese", "decodes the percent form of a Chinese path", "/%E9%BE%99%E8%8A%AF", "2f e9 be 99 e8 8a af, /%E9%BE%99%E8%8A%AF"),
		path("raw", "takes a Chinese path in UTF-8 without percent form", "/龙芯", "2f e9 be 99 e8 8a af, /%E9%BE%99%E8%8A%AF"),
		path("gb18030", "decodes the percent form of a path in GB 18030 to its bytes", "/%C1%FA%D0%BE", "2f c1 fa d0 be, /%C1%FA%D0%BE"),
		path("slash", "keeps an encoded slash apart from a slash", "/a%2Fb", "2f 61 2f 62, /a%2Fb"),
		path("letters", "decodes the percent form in small letters", "/%e9%be%99", "2f e9 be 99, /%E9%BE%99", "2f e9 be 99, /%e9%be%99"),
		path("plus", "leaves a plus sign in a path alone", "/a+b%2B", "2f 61 2b 62 2b, /a+b%2B"),
		path("twice", "decodes the percent form once", "/%2541", "2f 25 34 31, /%2541"),
		path("nul", "gives an encoded NUL as a byte", "/a%00b", "2f 61 00 62, /a%00b"),
		ask("chinese", "decodes a Chinese value of a query", "a=%E9%BE%99", "RFC 3986 §3.4", `["龙"] 1`),
		ask("plus", "decodes a plus sign in a query to a space", "a=b+c", "HTML application/x-www-form-urlencoded", `["b c"] 1`),
		ask("semicolon", "splits no query at a semicolon", "a=b;c=d", "Go net/url ParseQuery", "[] 0", `["b;c=d"] 1`),
		ask("several", "gives all values of a name, in their order", "a=2&b=1&a=1", "Go net/url Values", `["2" "1"] 2`),
		ask("equals", "splits at the first equals sign", "a=b=c", "HTML application/x-www-form-urlencoded", `["b=c"] 1`),
	}
}

// files returns a conversation in which a raw client asks a file server for a target. Beside its directory lies a file that it must
// not give.
func files(target string) func(*rule.Scene) rule.Outcome {
	return func(s *rule.Scene) rule.Outcome {
		dir := s.TempDir()
		public := filepath.Join(dir, "public")
		s.Must(os.Mkdir(public, 0o700))
		s.Must(os.WriteFile(filepath.Join(dir, "secret"), []byte("secret"), 0o600))
		s.Must(os.WriteFile(filepath.Join(public, "龙芯.txt"), []byte("hello"), 0o600))
		s.Must(os.Symlink(filepath.Join(public, "龙芯.txt"), filepath.Join(public, "link")))
		return answers(http.FileServer(http.Dir(public)).ServeHTTP, get(target), func(status int, head, body string) string {
			if status != http.StatusOK {
				return fmt.Sprint(status)
			}
			return fmt.Sprintf("%d %q", status, body)
		})(s)
	}
}

func fileRules() []rule.Rule {
	const clause = "Go net/http Dir"
	denied := []string{"400", "404", "301"}
	file := func(id, text, target string, want ...string) rule.Rule {
		return rule.Rule{ID: "file-" + id, Text: text, Clause: clause, Severity: record.Critical, Want: want, Play: files(target)}
	}
	return []rule.Rule{
		file("chinese", "gives a file with a Chinese name", "/%E9%BE%99%E8%8A%AF.txt", `200 "hello"`),
		file("dots", "gives no file above its directory", "/../secret", denied...),
		file("encoded-dots", "gives no file above its directory for encoded dots", "/%2e%2e/secret", denied...),
		file("encoded-slash", "gives no file above its directory for an encoded slash", "/..%2fsecret", denied...),
		file("backslash", "gives no file above its directory for a backslash", "/..%5csecret", denied...),
		file("nul", "gives no file whose name has NUL", "/%E9%BE%99%E8%8A%AF.txt%00.html", "400", "404", "500"),
		file("absolute", "gives no file for two slashes", "//etc/passwd", denied...),
	}
}
