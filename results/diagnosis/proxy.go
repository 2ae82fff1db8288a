package diagnosis

import (
	"context"
	"net/url"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/pattern"
)

var account = pattern.Of(`//[^/@,|\s]*@`)

// redacted hides the password of an address.
func redacted(text string) string { return account().ReplaceAllString(text, "//…@") }

// proxyVariables are the variables of proxies; Go reads the capital ones first, curl and wget the others alone.
var proxyVariables = []string{"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"}

// proxied returns what Go takes for a variable of proxies.
func proxied(h *Host, name string) string {
	if v := h.Get(name); v != "" {
		return v
	}
	return h.Get(strings.ToLower(name))
}

// proxyEvidence gathers the variables of HTTP proxies, and which of them Go takes.
func proxyEvidence(ctx context.Context, h *Host) Evidence {
	e := Evidence{"GOPROXY": redacted(h.setting(ctx, "GOPROXY")), "REQUEST_METHOD": h.Get("REQUEST_METHOD")}
	for _, name := range proxyVariables {
		e[name], e[strings.ToLower(name)] = redacted(h.Get(name)), redacted(h.Get(strings.ToLower(name)))
		e["taken "+name] = redacted(proxied(h, name))
	}
	return e
}

// httpProxyChecks returns the checks of HTTP_PROXY, HTTPS_PROXY and NO_PROXY.
func httpProxyChecks() []Check {
	return []Check{
		newCheck("proxy-shape", "HTTP_PROXY and HTTPS_PROXY are addresses of proxies", "HTTP_PROXY 与 HTTPS_PROXY 为代理地址", proxyEvidence, func(e Evidence) *Fault {
			for _, name := range proxyVariables[:2] {
				v := e["taken "+name]
				if v == "" {
					continue
				}
				u, err := url.Parse(strings.Replace(v, "…@", "", 1))
				if !strings.Contains(v, "://") {
					u, err = url.Parse("http://" + v)
				}
				if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "socks5" && u.Scheme != "socks5h" || strings.ContainsAny(v, " ") {
					return fault(name+"="+v, name+" is no address of a proxy", name+" 不是代理地址", "write it as http://HOST:PORT", "请写成 http://主机:端口")
				}
			}
			return nil
		}),
		newCheck("proxy-case", "capital and small variables of proxies say the same", "大小写的代理变量一致", proxyEvidence, func(e Evidence) *Fault {
			for _, name := range proxyVariables {
				small := strings.ToLower(name)
				if e[name] != "" && e[small] != "" && e[name] != e[small] {
					return fault(name+"="+e[name]+" "+small+"="+e[small], "Go takes "+name+", curl takes "+small+": they differ", "Go 采用 "+name+"，curl 采用 "+small+"，两者不同", "set both to the same", "请将两者设为相同")
				}
			}
			return nil
		}),
		newCheck("proxy-https", "the variable that Go reads for https is set, if that for http is", "若设置了 http 代理变量，则 https 的也已设置", proxyEvidence, func(e Evidence) *Fault {
			if e["taken HTTP_PROXY"] == "" || e["taken HTTPS_PROXY"] != "" || !strings.Contains(e["GOPROXY"], "https://") {
				return nil
			}
			return fault("HTTP_PROXY="+e["taken HTTP_PROXY"], "HTTP_PROXY is for http:// alone; GOPROXY is https://, and HTTPS_PROXY is not set", "HTTP_PROXY 仅用于 http://；GOPROXY 为 https://，而 HTTPS_PROXY 未设置", "set HTTPS_PROXY too", "请同时设置 HTTPS_PROXY").hint()
		}),
		newCheck("proxy-cgi", "nothing makes Go take HTTP_PROXY for a stranger's", "没有使 Go 忽略 HTTP_PROXY 的因素", proxyEvidence, func(e Evidence) *Fault {
			if e["REQUEST_METHOD"] == "" || e["taken HTTP_PROXY"] == "" {
				return nil
			}
			return fault("REQUEST_METHOD="+e["REQUEST_METHOD"], "REQUEST_METHOD is set, so that Go takes this for a CGI program and refuses HTTP_PROXY", "设置了 REQUEST_METHOD，Go 视为 CGI 程序而拒绝 HTTP_PROXY", "unset REQUEST_METHOD", "请取消 REQUEST_METHOD")
		}),
		newCheck("no-proxy-shape", "NO_PROXY is a list of hosts, domains and networks", "NO_PROXY 为主机、域名和网段的列表", proxyEvidence, func(e Evidence) *Fault {
			for _, p := range strings.Split(e["taken NO_PROXY"], ",") {
				p = strings.TrimSpace(p)
				if strings.Contains(p, "://") || strings.ContainsAny(p, " ;|") || strings.Contains(strings.TrimPrefix(p, "*"), "*") {
					return fault("NO_PROXY="+e["taken NO_PROXY"], "NO_PROXY has an entry that Go matches with nothing: "+p, "NO_PROXY 含有 Go 永远匹配不到的条目："+p, "write hosts and domains, separated by commas: example.com is it and all below it, .example.com those below it alone", "请写以逗号分隔的主机与域名：example.com 含其自身及子域，.example.com 仅含子域")
				}
			}
			return nil
		}),
		newCheck("no-proxy-module", "NO_PROXY does not except the module proxy from the HTTP proxy by accident", "NO_PROXY 未误将模块代理排除在 HTTP 代理之外", proxyEvidence, func(e Evidence) *Fault {
			if e["taken HTTPS_PROXY"] == "" || strings.TrimSpace(e["taken NO_PROXY"]) != "*" {
				return nil
			}
			return fault("NO_PROXY=*", "NO_PROXY=* turns HTTPS_PROXY off for every host", "NO_PROXY=* 使 HTTPS_PROXY 对所有主机失效", "name the hosts that need no proxy", "请列出不需要代理的主机")
		}),
	}
}
