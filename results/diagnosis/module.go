package diagnosis

import (
	"context"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
)

// proxyList splits GOPROXY as the go command does: after a comma the next is asked when one says 404 or 410, after a bar whatever it says.
func proxyList(text string) (entries []string) {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == '|' })
}

// goproxyChecks returns the checks of GOPROXY.
func goproxyChecks() []Check {
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
	}
}

// checksumChecks returns the checks of settings by which modules are verified.
func checksumChecks() []Check {
	return []Check{
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
	}
}

// moduleChecks returns the checks of where modules come from without GOPROXY, and of the module here.
func moduleChecks() []Check {
	return []Check{
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
