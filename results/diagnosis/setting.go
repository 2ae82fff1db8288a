package diagnosis

import (
	"context"
	"go/version"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/pattern"
)

// unsetting is the remedy for a setting that is wrong.
func unsetting(name string) (en, zh string) {
	return "correct " + name + ", or `unset " + name + "` and `go env -u " + name + "`", "请改正 " + name + "，或执行 `unset " + name + "` 与 `go env -u " + name + "`"
}

// wrongSetting returns the fault of a setting whose value is wrong.
func wrongSetting(name, value, en, zh string) *Fault {
	remedyEn, remedyZh := unsetting(name)
	return fault(name+"="+value, en, zh, remedyEn, remedyZh).unset(name)
}

// absoluteCheck returns a check that each path of a setting is absolute; "off" and no path at all are right, too.
func absoluteCheck(name string) Check {
	id := strings.ToLower(name) + "-absolute"
	return newCheck(id, name+" is an absolute path, or not set", name+" 为绝对路径或未设置", gathers(name), func(e Evidence) *Fault {
		for _, part := range filepath.SplitList(e[name]) {
			if part != "off" && !filepath.IsAbs(part) {
				return wrongSetting(name, e[name], name+" is no absolute path", name+" 不是绝对路径")
			}
		}
		return nil
	})
}

// patternsCheck returns a check that a setting is a list of patterns as path.Match takes them, without addresses in it.
func patternsCheck(name string) Check {
	return newCheck(strings.ToLower(name)+"-patterns", name+" is a list of patterns of module paths", name+" 是模块路径模式列表", gathers(name), func(e Evidence) *Fault {
		for _, p := range strings.Split(e[name], ",") {
			_, err := path.Match(p, "x")
			if err != nil || strings.Contains(p, "://") || strings.ContainsAny(p, " ;") {
				return wrongSetting(name, e[name], name+" has what is no pattern of module paths: "+p, name+" 含有不是模块路径模式的内容："+p)
			}
		}
		return nil
	})
}

var (
	flagShape    = pattern.Of(`^['"]?--?[a-zA-Z][\w-]*(=.*)?$`)
	godebugShape = pattern.Of(`^[a-z0-9_.]+=[^=]*$`)
	envShape     = pattern.Of(`^[A-Za-z_][A-Za-z0-9_]*=`)
	// toolchainShape matches the values of GOTOOLCHAIN: the page "Go Toolchains" of Go's documentation.
	toolchainShape = pattern.Of(`^(local|auto|path|(go[0-9]+(\.[0-9]+)*((rc|beta)[0-9]+)?(-[\w.]+)?|local)(\+(auto|path))?|default)$`)
)

// flagChecks returns the checks of GOFLAGS.
func flagChecks() []Check {
	return []Check{
		newCheck("goflags-shape", "GOFLAGS is a list of flags", "GOFLAGS 是标志列表", gathers("GOFLAGS"), func(e Evidence) *Fault {
			for _, f := range strings.Fields(e["GOFLAGS"]) {
				if !flagShape().MatchString(f) {
					return wrongSetting("GOFLAGS", e["GOFLAGS"], "GOFLAGS has what is no flag of the form -name=value: "+f, "GOFLAGS 含有不是 -name=value 形式的内容："+f)
				}
			}
			return nil
		}),
		withGo(newCheck("goflags-known", "the go command knows what GOFLAGS has", "go 命令认识 GOFLAGS 中的标志", func(ctx context.Context, h *Host) Evidence {
			e := Evidence{"GOFLAGS": h.setting(ctx, "GOFLAGS")}
			if e["GOFLAGS"] != "" {
				if _, said, err := h.run(ctx, goTimeout, nil, h.Go(), "list", "errors"); err != nil {
					e["said"] = firstLine(said)
				}
			}
			return e
		}, func(e Evidence) *Fault {
			if e["GOFLAGS"] == "" || !strings.Contains(e["said"], "GOFLAGS") && !strings.Contains(e["said"], "flag") {
				return nil
			}
			return wrongSetting("GOFLAGS", e["GOFLAGS"], "the go command refuses GOFLAGS: "+e["said"], "go 命令拒绝 GOFLAGS："+e["said"])
		})),
		newCheck("goflags-vendor", "GOFLAGS asks for a vendor directory only where one is", "GOFLAGS 仅在有 vendor 目录时要求使用它", func(ctx context.Context, h *Host) Evidence {
			return Evidence{"GOFLAGS": h.setting(ctx, "GOFLAGS"), "module": says(text(filepath.Join(h.Dir, "go.mod")) != ""), "vendor": says(isDir(filepath.Join(h.Dir, "vendor")))}
		}, func(e Evidence) *Fault {
			if e["module"] != yes || e["vendor"] == yes || !strings.Contains(e["GOFLAGS"], "-mod=vendor") {
				return nil
			}
			return wrongSetting("GOFLAGS", e["GOFLAGS"], "GOFLAGS asks for the vendor directory, and the module here has none", "GOFLAGS 要求 vendor 目录，而当前模块没有")
		}),
	}
}

// toolchainChecks returns the checks of GOTOOLCHAIN and GOEXPERIMENT, which decide which compiler builds.
func toolchainChecks() []Check {
	return []Check{
		newCheck("gotoolchain-shape", "GOTOOLCHAIN is local, auto, path or a release", "GOTOOLCHAIN 为 local、auto、path 或某个版本", gathers("GOTOOLCHAIN"), func(e Evidence) *Fault {
			if e["GOTOOLCHAIN"] == "" || toolchainShape().MatchString(e["GOTOOLCHAIN"]) {
				return nil
			}
			return wrongSetting("GOTOOLCHAIN", e["GOTOOLCHAIN"], "GOTOOLCHAIN is nothing that Go knows", "GOTOOLCHAIN 的值 Go 不认识")
		}),
		newCheck("gotoolchain-port", "GOTOOLCHAIN asks for no release without this architecture's port", "GOTOOLCHAIN 不要求缺少本架构移植的版本", func(ctx context.Context, h *Host) Evidence {
			return Evidence{"GOTOOLCHAIN": h.setting(ctx, "GOTOOLCHAIN"), "least": firstGo[runtime.GOARCH]}
		}, func(e Evidence) *Fault {
			name, _, _ := strings.Cut(e["GOTOOLCHAIN"], "+")
			if !version.IsValid(name) || e["least"] == "" || version.Compare(name, e["least"]) >= 0 {
				return nil
			}
			return wrongSetting("GOTOOLCHAIN", e["GOTOOLCHAIN"], "that release has no port to this architecture", "该版本没有本架构的移植")
		}),
		withGo(newCheck("goexperiment-known", "the go command knows what GOEXPERIMENT names", "go 命令认识 GOEXPERIMENT", func(ctx context.Context, h *Host) Evidence {
			h.ask(ctx)
			return Evidence{"GOEXPERIMENT": h.setting(ctx, "GOEXPERIMENT"), "said": firstLine(h.said)}
		}, func(e Evidence) *Fault {
			if !strings.Contains(e["said"], "GOEXPERIMENT") {
				return nil
			}
			return wrongSetting("GOEXPERIMENT", e["GOEXPERIMENT"], "the go command does not know this experiment: "+e["said"], "go 命令不认识此实验项："+e["said"])
		})),
		newCheck("goexperiment-none", "GOEXPERIMENT changes nothing in what is built", "GOEXPERIMENT 未改变构建结果", gathers("GOEXPERIMENT"), func(e Evidence) *Fault {
			if e["GOEXPERIMENT"] == "" {
				return nil
			}
			return wrongSetting("GOEXPERIMENT", e["GOEXPERIMENT"], "programs are built with an experiment of Go's: others get other results", "程序以 Go 的实验特性构建：他人会得到不同结果").hint()
		}),
	}
}

// platformChecks returns the checks of settings that decide what is built, and how a program runs.
func platformChecks() []Check {
	return []Check{
		newCheck("goarch-own", "GOARCH and GOOS are this machine's", "GOARCH 与 GOOS 属于本机", func(ctx context.Context, h *Host) Evidence {
			return Evidence{"GOARCH": h.setting(ctx, "GOARCH"), "GOOS": h.setting(ctx, "GOOS"), "here": runtime.GOOS + "/" + runtime.GOARCH}
		}, func(e Evidence) *Fault {
			if e["GOARCH"] == "" || e["GOOS"]+"/"+e["GOARCH"] == e["here"] || e["GOOS"] == "" && strings.HasSuffix(e["here"], "/"+e["GOARCH"]) {
				return nil
			}
			return wrongSetting("GOARCH", e["GOOS"]+"/"+e["GOARCH"], "`go build` and `go run` build for another platform: "+e["GOOS"]+"/"+e["GOARCH"], "`go build` 与 `go run` 为另一平台构建："+e["GOOS"]+"/"+e["GOARCH"])
		}),
		newCheck("level-known", "GOAMD64 and GOARM64 name a level that exists", "GOAMD64 与 GOARM64 为存在的级别", gathers("GOAMD64", "GOARM64"), func(e Evidence) *Fault {
			for name, shape := range map[string]string{"GOAMD64": `^v[1-4]$`, "GOARM64": `^v(8\.[0-9]|9\.[0-5])(,(lse|crypto))*$`} {
				if ok, _ := regexp.MatchString(shape, e[name]); !ok && e[name] != "" {
					return wrongSetting(name, e[name], name+" names no level", name+" 不是有效级别")
				}
			}
			return nil
		}),
		newCheck("go111module", "modules are not turned off", "未关闭模块模式", gathers("GO111MODULE"), func(e Evidence) *Fault {
			if e["GO111MODULE"] != "off" {
				return nil
			}
			return wrongSetting("GO111MODULE", e["GO111MODULE"], "GO111MODULE=off: go.mod is not read", "GO111MODULE=off：不读取 go.mod")
		}),
		newCheck("godebug-shape", "GODEBUG is a list of name=value", "GODEBUG 为 name=value 列表", func(_ context.Context, h *Host) Evidence {
			return Evidence{"GODEBUG": h.Get("GODEBUG")}
		}, func(e Evidence) *Fault {
			for _, p := range strings.Split(e["GODEBUG"], ",") {
				if e["GODEBUG"] != "" && !godebugShape().MatchString(p) {
					return wrongSetting("GODEBUG", e["GODEBUG"], "GODEBUG has an entry that is not name=value, which Go leaves out silently: "+p, "GODEBUG 含有不是 name=value 的条目，Go 会静默忽略："+p)
				}
			}
			return nil
		}),
	}
}

// goenvChecks returns the checks of the file in which `go env -w` keeps settings.
func goenvChecks() []Check {
	return []Check{
		newCheck("goenv-file", "the file GOENV has a setting in each line", "GOENV 文件每行为一项设置", func(ctx context.Context, h *Host) Evidence {
			path := h.setting(ctx, "GOENV")
			e := Evidence{"GOENV": path}
			if path == "" || path == "off" {
				return e
			}
			for line := range strings.Lines(text(path)) {
				line = strings.TrimSpace(line)
				if line != "" && !strings.HasPrefix(line, "#") && !envShape().MatchString(line) {
					e["line"] = line
				}
			}
			return e
		}, func(e Evidence) *Fault {
			if e["line"] == "" {
				return nil
			}
			return fault(e["GOENV"]+": "+e["line"], "a line of the file GOENV is no setting, and Go leaves it out silently", "GOENV 文件中有一行不是设置，Go 会静默忽略", "correct the line, or take it out", "请改正或删除该行")
		}),
		newCheck("goenv-path", "the file GOENV does not set what belongs to the shell", "GOENV 文件未设置应由 shell 设置的变量", func(ctx context.Context, h *Host) Evidence {
			e := Evidence{"GOENV": h.setting(ctx, "GOENV")}
			for line := range strings.Lines(text(e["GOENV"])) {
				if name, _, _ := strings.Cut(strings.TrimSpace(line), "="); name == "PATH" || name == "GOROOT" || name == "HOME" {
					e["line"] = strings.TrimSpace(line)
				}
			}
			return e
		}, func(e Evidence) *Fault {
			if e["line"] == "" {
				return nil
			}
			return fault(e["GOENV"]+": "+e["line"], "the file GOENV sets what belongs to the shell", "GOENV 文件设置了应由 shell 设置的变量", "take the line out", "请删除该行")
		}),
	}
}

// pathSettingChecks returns the checks of settings that are paths, or patterns of module paths.
func pathSettingChecks() []Check {
	return []Check{
		absoluteCheck("GOPATH"), absoluteCheck("GOBIN"), absoluteCheck("GOMODCACHE"),
		newCheck("gopath-goroot", "GOPATH is not GOROOT", "GOPATH 不等于 GOROOT", gathers("GOPATH", "GOROOT"), func(e Evidence) *Fault {
			if e["GOPATH"] == "" || filepath.Clean(e["GOPATH"]) != filepath.Clean(e["GOROOT"]) {
				return nil
			}
			return wrongSetting("GOPATH", e["GOPATH"], "GOPATH is GOROOT: what is installed is put among Go's own files", "GOPATH 与 GOROOT 相同：安装的内容会混入 Go 自身的文件")
		}),
		patternsCheck("GOPRIVATE"), patternsCheck("GONOPROXY"), patternsCheck("GONOSUMDB"), patternsCheck("GOINSECURE"),
	}
}
