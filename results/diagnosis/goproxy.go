package diagnosis

import (
	"cmp"
	"context"
	"crypto/x509"
	"net"
	"net/netip"
	"net/url"
	"path"
	"strings"

	"golang.org/x/net/http/httpproxy"
)

// NetworkChecks returns the checks that reach other hosts.
func NetworkChecks() []Check {
	all := []Check{
		newCheck("reach-proxy", "the first entry of GOPROXY can be reached", "GOPROXY 的首个条目可达", func(ctx context.Context, h *Host) Evidence {
			return tryEntry(ctx, h, 0, "/golang.org/x/text/@v/list")
		}, judgeEntry),
		newCheck("reach-next", "GOPROXY goes on to its next entry where the first has no such module", "首个条目没有某模块时 GOPROXY 会转到下一个", func(ctx context.Context, h *Host) Evidence {
			value := h.setting(ctx, "GOPROXY")
			if strings.Count(value, ",") == 0 { // after a bar the next is asked whatever the first says
				return Evidence{}
			}
			return tryEntry(ctx, h, 0, "/example.com/no-such-module/@v/list")
		}, func(e Evidence) *Fault {
			switch s := e["status"]; {
			case s == "", s == "404", s == "410", s == "200":
				return nil
			}
			return fault(e["target"]+" "+e["status"], "GOPROXY: after a comma the next entry is asked on 404 and 410 alone, and this proxy says "+e["status"]+" of what it does not have", "GOPROXY：逗号之后的条目仅在 404 与 410 时使用，而此代理对没有的模块返回 "+e["status"], "put | between the entries: then the next is asked whatever the first says", "请在条目之间改用 |：这样无论返回什么都会尝试下一个")
		}),
		newCheck("reach-sumdb", "the database of checksums can be reached", "校验和数据库可达", func(ctx context.Context, h *Host) Evidence {
			name, _, _ := strings.Cut(h.setting(ctx, "GOSUMDB"), "+")
			fields := strings.Fields(name)
			if len(fields) == 0 || fields[0] == "off" {
				return Evidence{}
			}
			// A proxy may serve it: the go command asks there first.
			if e := tryEntry(ctx, h, 0, "/sumdb/"+fields[0]+"/supported"); e["status"] == "200" {
				return e
			}
			return h.try(ctx, &url.URL{Scheme: "https", Host: fields[0], Path: "/latest"})
		}, judgeEntry),
		newCheck("resolvers", "the resolvers of this machine say the same of the host in GOPROXY", "本机各解析器对 GOPROXY 主机的结果一致", func(ctx context.Context, h *Host) Evidence {
			u := entry(h.setting(ctx, "GOPROXY"), 0)
			if u == nil {
				return Evidence{}
			}
			var resolvers []string
			for line := range strings.Lines(text(cmp.Or(h.Resolvers, "/etc/resolv.conf"))) {
				if f := strings.Fields(line); len(f) > 1 && f[0] == "nameserver" && len(resolvers) < 4 {
					resolvers = append(resolvers, withPort(f[1]))
				}
			}
			return Lookup{u.Hostname(), resolvers}.Try(ctx)
		}, JudgeLookup),
	}
	for i := range all {
		all[i].Network, all[i].NeedsGo = true, true
	}
	return all
}

// withPort returns HOST:PORT of a resolver: port 53 where it has none.
func withPort(resolver string) string {
	if _, err := netip.ParseAddrPort(resolver); err == nil {
		return resolver
	}
	return net.JoinHostPort(resolver, "53")
}

// entry returns the address of an entry of GOPROXY; nil where it is none.
func entry(goproxy string, i int) *url.URL {
	all := proxyList(goproxy)
	if i >= len(all) {
		return nil
	}
	u, err := url.Parse(all[i])
	if err != nil || u.Host == "" {
		return nil
	}
	return u
}

// tryEntry reaches a path of an entry of GOPROXY; there is no evidence where the entry is no address.
func tryEntry(ctx context.Context, h *Host, i int, at string) Evidence {
	u := entry(h.setting(ctx, "GOPROXY"), i)
	if u == nil {
		return Evidence{}
	}
	u.Path = path.Join("/", u.Path, at)
	return h.try(ctx, u)
}

// try reaches an address by way of the proxy that Go takes for it by the host's environment: HTTP_PROXY, HTTPS_PROXY and NO_PROXY.
func (h *Host) try(ctx context.Context, u *url.URL) Evidence {
	either := func(name string) string { return cmp.Or(h.Get(name), h.Get(strings.ToLower(name))) }
	proxies := httpproxy.Config{HTTPProxy: either("HTTP_PROXY"), HTTPSProxy: either("HTTPS_PROXY"), NoProxy: either("NO_PROXY")}
	proxy, err := proxies.ProxyFunc()(u)
	if err != nil {
		proxy = nil // proxy-shape says so
	}
	if u.Scheme == "http" {
		proxy = nil // such a proxy is asked without CONNECT; nothing is encrypted that could go wrong
	}
	return Reach{Target: u, Proxy: proxy, Roots: h.roots(), DNS: h.DNS}.Try(ctx)
}

// roots returns the system's authorities and those of SSL_CERT_FILE in the host's environment; nil, which stands for the system's, where it
// names none.
func (h *Host) roots() *x509.CertPool {
	all, err := x509.SystemCertPool()
	if path := h.Get("SSL_CERT_FILE"); err != nil || path == "" || !all.AppendCertsFromPEM([]byte(text(path))) {
		return nil
	}
	return all
}

func judgeEntry(e Evidence) *Fault {
	if e["step"] == "" {
		return nil
	}
	return JudgeReach(e)
}
