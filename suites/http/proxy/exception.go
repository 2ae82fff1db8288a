package proxy

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/net/http/httpproxy"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/http/peer"
	"github.com/xcmatrix/xcmatrix/suites/http/rule"
)

// Outcomes of a request that a proxy or the server answers.
const (
	byProxy  = `200 "by the proxy"`
	straight = `200 "straight"`
)

// chosen returns a conversation in which a client asks for a URL, with a value of NO_PROXY.
func chosen(except, address string) func(*rule.Scene) rule.Outcome {
	return environment(httpproxy.Config{HTTPProxy: "http://" + proxyHost, HTTPSProxy: "http://" + proxyHost, NoProxy: except}, address)
}

// environment returns a conversation in which a client asks for a URL, with these values of the environment.
func environment(values httpproxy.Config, address string) func(*rule.Scene) rule.Outcome {
	return func(s *rule.Scene) rule.Outcome {
		p := at(s, peer.Always(peer.Answer(peer.OK("by the proxy"))))
		p.to = s.Serve(peer.Always(peer.Answer(peer.OK("straight")))).Address()
		find := values.ProxyFunc()
		c := s.Client(func(t *http.Transport) {
			t.DialContext = p.dial
			t.Proxy = func(r *http.Request) (proxy *url.URL, err error) { return find(r.URL) }
		})
		return s.Get(c, address)
	}
}

// exceptionRules are the rows of the table of NO_PROXY. Each names its value, a URL, and whether the request goes straight to it.
func exceptionRules() (rules []rule.Rule) {
	const documented = "Go net/http ProxyFromEnvironment; golang.org/x/net/http/httpproxy Config.NoProxy"
	for _, row := range []struct {
		id, except, url string
		straight        bool
	}{
		{"name", "example.com", "http://example.com/", true},
		{"name-below", "example.com", "http://api.example.com/", true},
		{"name-suffix", "example.com", "http://notexample.com/", false},
		{"name-longer", "example.com", "http://example.com.cn/", false},
		{"name-case", "Example.COM", "http://example.com/", true},
		{"url-case", "example.com", "http://EXAMPLE.com/", true},
		{"dot", ".example.com", "http://example.com/", false},
		{"dot-below", ".example.com", "http://api.example.com/", true},
		{"all", "*", "http://example.com/", true},
		{"all-addresses", "*", "http://192.0.2.1/", true},
		{"port", "example.com:8080", "http://example.com:8080/", true},
		{"port-other", "example.com:8080", "http://example.com/", false},
		{"port-default", "example.com:80", "http://example.com/", true},
		{"port-none", "example.com", "http://example.com:8080/", true},
		{"address", "192.0.2.1", "http://192.0.2.1/", true},
		{"address-longer", "192.0.2.1", "http://192.0.2.10/", false},
		{"address-port", "192.0.2.1:8080", "http://192.0.2.1:8080/", true},
		{"address-port-other", "192.0.2.1:8080", "http://192.0.2.1/", false},
		{"network", "192.0.2.0/24", "http://192.0.2.200/", true},
		{"network-beyond", "192.0.2.0/24", "http://192.0.3.1/", false},
		{"network-narrow", "192.0.2.128/25", "http://192.0.2.1/", false},
		{"network-name", "192.0.2.0/24", "http://192.0.2.1.example.com/", false},
		{"network6", "2001:db8::/32", "http://[2001:db8::1]/", true},
		{"network6-beyond", "2001:db8::/32", "http://[2001:db9::1]/", false},
		{"address6", "2001:db8::1", "http://[2001:db8::1]/", true},
		{"address6-form", "2001:db8:0:0:0:0:0:1", "http://[2001:db8::1]/", true},
		{"address6-port", "[2001:db8::1]:8080", "http://[2001:db8::1]:8080/", true},
		{"address6-port-other", "[2001:db8::1]:8080", "http://[2001:db8::1]/", false},
		{"list", "one.test,example.com,two.test", "http://example.com/", true},
		{"list-spaces", " one.test , example.com ", "http://example.com/", true},
		{"list-empty", ",, ,", "http://example.com/", false},
		{"list-broken", "300.1.2.3/99,:80,example.com", "http://example.com/", true},
		{"chinese", "例子.测试", "http://例子.测试/", true},
		{"chinese-ascii", "xn--fsqu00a.xn--0zwm56d", "http://例子.测试/", true},
		{"localhost", "", "http://localhost/", true},
		{"loopback", "", "http://127.0.0.1/", true},
		{"loopback-other", "", "http://127.8.9.10/", true},
		{"loopback6", "", "http://[::1]/", true},
		{"private", "", "http://10.1.2.3/", false},
	} {
		r := rule.Rule{ID: row.id, Clause: documented, Severity: record.High, Want: []string{byProxy}, Play: chosen(row.except, row.url)}
		goes := "goes to %s by the proxy where NO_PROXY is %q"
		if row.straight {
			goes, r.Want = "goes to %s without the proxy where NO_PROXY is %q", []string{straight}
		}
		r.Text = fmt.Sprintf(goes, row.url, row.except)
		rules = append(rules, r)
	}
	return rules
}

// variableRules are about the values of HTTP_PROXY and HTTPS_PROXY.
func variableRules() []rule.Rule {
	const documented = "Go net/http ProxyFromEnvironment; golang.org/x/net/http/httpproxy FromEnvironment"
	values := func(http, https string) httpproxy.Config { return httpproxy.Config{HTTPProxy: http, HTTPSProxy: https} }
	cgi := values("http://"+proxyHost, "")
	cgi.CGI = true
	return []rule.Rule{
		{ID: "no-scheme", Text: "takes host:port for an HTTP proxy", Clause: documented, Severity: record.High, Want: []string{byProxy}, Play: environment(values(proxyHost, ""), "http://example.com/")},
		{ID: "other-scheme", Text: "does not use HTTPS_PROXY for http", Clause: documented, Severity: record.High, Want: []string{straight}, Play: environment(values("", "http://"+proxyHost), "http://example.com/")},
		{ID: "cgi", Text: "refuses HTTP_PROXY in a CGI program, where a request's Proxy field sets it", Clause: documented + "; CVE-2016-5386", Severity: record.Critical, Want: []string{"error"}, Play: environment(cgi, "http://example.com/")},
		{ID: "broken", Text: "reports a value of HTTP_PROXY that is no URL, and does not go past the proxy", Clause: documented, Severity: record.High, Want: []string{"error"},
			Play: environment(values("http://proxy.test:"+strings.Repeat("x", 4), ""), "http://example.com/")},
	}
}
