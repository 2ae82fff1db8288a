package behind

import (
	"errors"
	"net/http"
	"net/http/httputil"
	"net/url"
	"time"

	. "github.com/onsi/ginkgo/v2"

	"github.com/xcmatrix/xcmatrix/drivers/servers/daemon"
	"github.com/xcmatrix/xcmatrix/drivers/servers/web"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/http/rule"
)

// front is what stands between a client and the server.
type front struct {
	name, title string
	program     bool                                                  // a program of the machine
	start       func(s *rule.Scene, upstream string) (address string) // before the server at upstream
}

// fronts returns all fronts: the standard library's own, and the proxies.
func fronts() []front {
	all := []front{{"reverse-proxy", "httputil.ReverseProxy", false, reverseProxy}}
	for _, p := range web.Proxies() {
		all = append(all, front{p.Name, p.Title, true, func(s *rule.Scene, upstream string) string { return Start(s, p, upstream).HostPort() }})
	}
	return all
}

// reverseProxy starts the standard library's reverse proxy before a server, with the proxies' time for idle connections. Without
// ExpectContinueTimeout it would take a body that the server refuses.
func reverseProxy(s *rule.Scene, upstream string) string {
	GinkgoHelper()
	t := &http.Transport{IdleConnTimeout: web.IdleTime, ExpectContinueTimeout: time.Second, DisableCompression: true}
	s.AtEnd(t.CloseIdleConnections)
	proxy := &httputil.ReverseProxy{Transport: t, ErrorLog: rule.Silent(), FlushInterval: -1, Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(&url.URL{Scheme: "http", Host: upstream})
		r.Out.Host = r.In.Host
		r.Out.Header["X-Forwarded-For"] = r.In.Header["X-Forwarded-For"]
		r.SetXForwarded()
	}}
	return s.Handle(proxy.ServeHTTP)
}

// Start starts a proxy before the server at an address, for one conversation. The spec ends as a miss where the machine does not
// have the program.
func Start(s *rule.Scene, p web.Proxy, upstream string) *daemon.Server {
	GinkgoHelper()
	server, err := p.Start(s.Ctx, s.TempDir(), upstream)
	if absent, is := errors.AsType[*daemon.AbsentError](err); is {
		check.Miss(record.Say(absent.Error(), "未安装 "+absent.Program), Remedy())
	}
	s.Must(err)
	s.AtEnd(server.Stop)
	return server
}

// Remedy says how to get the middleware.
func Remedy() record.Sentence {
	return record.Say("scripts/setup --http, or install it with the machine's package manager", "运行 scripts/setup --http，或用系统的包管理器安装")
}

// needsPrograms skips the spec where no programs of the machine can be started: an emulated payload would start those of the host,
// and a virtual machine of the matrix has none.
func needsPrograms() {
	if !check.Native() {
		check.Skip(record.Say("the proxies are programs of the machine itself", "代理程序属于本机"))
	}
}
