package diagnosis

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// redacted hides the password of an address.
func redacted(text string) string {
	return regexp.MustCompile(`//[^/@,|\s]*@`).ReplaceAllString(text, "//…@")
}

// proxyList splits GOPROXY as the go command does: after a comma the next is asked when one says 404 or 410, after a bar whatever it says.
func proxyList(text string) (entries []string) {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == '|' })
}

func moduleChecks() []Check {
	goproxy := func(ctx context.Context, h *Host) Evidence {
		value := h.setting(ctx, "GOPROXY")
		return Evidence{"GOPROXY": redacted(value), "user": says(value != redacted(value))}
	}
	return []Check{
		newCheck("goproxy-shape", "GOPROXY is a list of addresses, direct and off", "GOPROXY 是地址、direct 与 off 的列表", goproxy, func(e Evidence) *Fault {
			for _, p := range proxyList(e["GOPROXY"]) {
				u, err := url.Parse(strings.TrimSpace(p))
				if p != "direct" && p != "off" && (err != nil || u.Scheme != "https" && u.Scheme != "http" && u.Scheme != "file" || u.Scheme != "file" && u.Host == "") {
					return wrongSetting("GOPROXY", e["GOPROXY"], "GOPROXY has what is no address: "+p, "GOPROXY 含有不是地址的内容："+p)
				}
			}
			return nil
		}),
		newCheck("goproxy-reached", "no entry of GOPROXY stands where none is asked", "GOPROXY 中没有永远用不到的条目", goproxy, func(e Evidence) *Fault {
			all := proxyList(e["GOPROXY"])
			for i, p := range all {
				if (p == "direct" || p == "off") && i < len(all)-1 {
					return wrongSetting("GOPROXY", e["GOPROXY"], "GOPROXY: what stands after "+p+" is never asked", "GOPROXY："+p+" 之后的条目永远不会被使用").hint()
				}
			}
			return nil
		}),
		newCheck("goproxy-empty", "GOPROXY has an entry, if it is set", "GOPROXY 若设置则含有条目", goproxy, func(e Evidence) *Fault {
			if e["GOPROXY"] == "" || len(proxyList(e["GOPROXY"])) > 0 {
				return nil
			}
			return wrongSetting("GOPROXY", e["GOPROXY"], "GOPROXY has no entry", "GOPROXY 没有条目")
		}),
		newCheck("goproxy-insecure", "modules come encrypted, or from this machine", "模块经加密传输，或来自本机", goproxy, func(e Evidence) *Fault {
			for _, p := range proxyList(e["GOPROXY"]) {
				if u, err := url.Parse(p); err == nil && u.Scheme == "http" && u.Hostname() != "localhost" && !strings.HasPrefix(u.Hostname(), "127.") && u.Hostname() != "::1" {
					return fault("GOPROXY="+e["GOPROXY"], "modules come over plain HTTP: whoever is on the way may change those that no checksum covers", "模块经明文 HTTP 传输：途中任何人都能改动没有校验和的模块", "use https://", "请使用 https://").hint()
				}
			}
			return nil
		}),
		newCheck("goproxy-password", "GOPROXY has no password in it", "GOPROXY 不含口令", goproxy, func(e Evidence) *Fault {
			if e["user"] != yes {
				return nil
			}
			return fault("GOPROXY="+e["GOPROXY"], "GOPROXY has a password, which `go env` and build logs show", "GOPROXY 含口令，`go env` 与构建日志会显示", "put it into ~/.netrc", "请放入 ~/.netrc").hint()
		}),
		newCheck("gosumdb-shape", "GOSUMDB is off, or names a database", "GOSUMDB 为 off 或某个数据库", gathers("GOSUMDB"), func(e Evidence) *Fault {
			if ok, _ := regexp.MatchString(`^(off|[\w.-]+(/[\w.-]+)*(\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+)?( https?://\S+)?)$`, e["GOSUMDB"]); ok || e["GOSUMDB"] == "" {
				return nil
			}
			return wrongSetting("GOSUMDB", e["GOSUMDB"], "GOSUMDB names no database", "GOSUMDB 不是有效的数据库")
		}),
		newCheck("gosumdb-on", "new modules are held against a database of checksums", "新模块会与校验和数据库比对", gathers("GOSUMDB", "GONOSUMDB", "GOFLAGS"), func(e Evidence) *Fault {
			if e["GOSUMDB"] != "off" && e["GONOSUMDB"] != "*" && !strings.Contains(e["GOFLAGS"], "-insecure") {
				return nil
			}
			return fault("GOSUMDB="+e["GOSUMDB"]+" GONOSUMDB="+e["GONOSUMDB"], "new modules are held against no database of checksums: go.sum alone covers them", "新模块不与校验和数据库比对：仅由 go.sum 保证", "set GOSUMDB to one that can be reached, such as sum.golang.google.cn, and GOPRIVATE to what is your own", "请把 GOSUMDB 设为可达的数据库（如 sum.golang.google.cn），把 GOPRIVATE 设为自有模块").hint()
		}),
		newCheck("goinsecure-narrow", "GOINSECURE lets no module of every host be changed on its way", "GOINSECURE 未放开所有主机", gathers("GOINSECURE"), func(e Evidence) *Fault {
			for _, p := range strings.Split(e["GOINSECURE"], ",") {
				if p == "*" || p == "*.*" {
					return wrongSetting("GOINSECURE", e["GOINSECURE"], "GOINSECURE: certificates of no host are checked", "GOINSECURE：不检查任何主机的证书")
				}
			}
			return nil
		}),
		newCheck("vcs-there", "git is there where modules come from their own hosts", "模块直接取自源站时有 git", func(ctx context.Context, h *Host) Evidence {
			return Evidence{"GOPROXY": redacted(h.setting(ctx, "GOPROXY")), "GOPRIVATE": h.setting(ctx, "GOPRIVATE"), "git": h.Look("git")}
		}, func(e Evidence) *Fault {
			all := proxyList(e["GOPROXY"])
			if e["git"] != "" || e["GOPRIVATE"] == "" && (len(all) == 0 || all[0] != "direct") {
				return nil
			}
			return fault("GOPROXY="+e["GOPROXY"]+" GOPRIVATE="+e["GOPRIVATE"], "modules come from their own hosts, and git is not installed", "模块直接取自源站，而未安装 git", "install git", "请安装 git")
		}),
		newCheck("gowork-there", "GOWORK names a file, or nothing", "GOWORK 指向文件，或未设置", func(ctx context.Context, h *Host) Evidence {
			path := h.Get("GOWORK")
			return Evidence{"GOWORK": path, "there": says(text(path) != "")}
		}, func(e Evidence) *Fault {
			if e["GOWORK"] == "" || e["GOWORK"] == "off" || e["GOWORK"] == "auto" || e["there"] == yes && strings.HasSuffix(e["GOWORK"], ".work") {
				return nil
			}
			return wrongSetting("GOWORK", e["GOWORK"], "GOWORK names no file of a workspace", "GOWORK 不是工作区文件")
		}),
		withGo(newCheck("module-loads", "the module here can be loaded without the network", "当前模块无需网络即可加载", func(ctx context.Context, h *Host) Evidence {
			e := Evidence{"GOPROXY": redacted(h.setting(ctx, "GOPROXY"))}
			if text(filepath.Join(h.Dir, "go.mod")) == "" || h.Dir == "" {
				return e
			}
			if _, said, err := h.run(ctx, goTimeout, []string{"GOPROXY=off", "GOFLAGS=-mod=readonly"}, h.Go(), "list", "-m", "all"); err != nil {
				e["said"] = firstLine(said)
			}
			return e
		}, func(e Evidence) *Fault {
			if e["said"] == "" || e["GOPROXY"] != "off" && strings.Contains(e["said"], "GOPROXY=off") { // they can be fetched
				return nil
			}
			return fault(e["said"], "the module here cannot be loaded, and nothing may be fetched", "当前模块无法加载，且不允许下载", "fill the module cache where there is a network (`go mod download`), and carry $(go env GOMODCACHE)/cache/download here: GOPROXY=file://…", "请在有网络处填充模块缓存（`go mod download`），把 $(go env GOMODCACHE)/cache/download 带到此处，并设 GOPROXY=file://…")
		})),
	}
}

// proxyVariables are the variables of proxies; Go reads the capital ones first, curl and wget the others alone.
var proxyVariables = []string{"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"}

// proxied returns what Go takes for a variable of proxies.
func proxied(h *Host, name string) string {
	if v := h.Get(name); v != "" {
		return v
	}
	return h.Get(strings.ToLower(name))
}

func proxyEvidence(ctx context.Context, h *Host) Evidence {
	e := Evidence{"GOPROXY": redacted(h.setting(ctx, "GOPROXY")), "REQUEST_METHOD": h.Get("REQUEST_METHOD")}
	for _, name := range proxyVariables {
		e[name], e[strings.ToLower(name)] = redacted(h.Get(name)), redacted(h.Get(strings.ToLower(name)))
		e["taken "+name] = redacted(proxied(h, name))
	}
	return e
}

func proxyChecks() []Check {
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
		newCheck("ca-file", "SSL_CERT_FILE has certificates, or is not set", "SSL_CERT_FILE 含证书，或未设置", func(_ context.Context, h *Host) Evidence {
			path := h.Get("SSL_CERT_FILE")
			n := 0
			for rest := []byte(text(path)); ; {
				block, more := pem.Decode(rest)
				if block == nil {
					break
				}
				if _, err := x509.ParseCertificate(block.Bytes); err == nil {
					n++
				}
				rest = more
			}
			return Evidence{"SSL_CERT_FILE": path, "some": says(n > 0)}
		}, func(e Evidence) *Fault {
			if e["SSL_CERT_FILE"] == "" || e["some"] == yes {
				return nil
			}
			return fault("SSL_CERT_FILE="+e["SSL_CERT_FILE"], "SSL_CERT_FILE has no certificate: no host is trusted", "SSL_CERT_FILE 中没有证书：任何主机都不被信任", "unset it, or name a file with your authority's and the system's certificates", "请取消该变量，或指向含自有与系统证书的文件")
		}),
		newCheck("ca-dir", "SSL_CERT_DIR names directories, or is not set", "SSL_CERT_DIR 为目录，或未设置", func(_ context.Context, h *Host) Evidence {
			e := Evidence{"SSL_CERT_DIR": h.Get("SSL_CERT_DIR")}
			for _, dir := range filepath.SplitList(e["SSL_CERT_DIR"]) {
				if !isDir(dir) {
					e["absent"] = dir
				}
			}
			return e
		}, func(e Evidence) *Fault {
			if e["absent"] == "" {
				return nil
			}
			return fault("SSL_CERT_DIR="+e["SSL_CERT_DIR"], "SSL_CERT_DIR names no directory: "+e["absent"], "SSL_CERT_DIR 不是目录："+e["absent"], "unset it, or name the directory with your certificates", "请取消该变量，或指向证书目录")
		}),
		newCheck("ca-system", "the system has certificates of authorities", "系统有证书颁发机构的证书", func(_ context.Context, h *Host) Evidence {
			e := Evidence{"GOPROXY": redacted(h.setting(context.Background(), "GOPROXY")), "own": h.Get("SSL_CERT_FILE") + h.Get("SSL_CERT_DIR")}
			for _, path := range systemCAs {
				if info, err := os.Stat(path); err == nil && info.Size() > 0 {
					e["found"] = path
				}
			}
			return e
		}, func(e Evidence) *Fault {
			if e["found"] != "" || e["own"] != "" || !strings.Contains(e["GOPROXY"], "https://") {
				return nil
			}
			return fault(strings.Join(systemCAs[:2], ", "), "the system has no certificates of authorities, and GOPROXY is https://", "系统没有根证书，而 GOPROXY 为 https://", "install ca-certificates", "请安装 ca-certificates")
		}),
	}
}

// systemCAs are the files and directories in which Go looks for certificates: crypto/x509, root_linux.go.
var systemCAs = []string{"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", "/etc/pki/tls/cacert.pem",
	"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/cert.pem"}
