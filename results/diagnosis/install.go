package diagnosis

import (
	"context"
	"fmt"
	"go/version"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"time"

	"golang.org/x/mod/modfile"

	"github.com/xcmatrix/xcmatrix/results/regular"
)

// firstGo are the first releases whose port is complete: the Go release notes.
var firstGo = map[string]string{"amd64": "go1.0", "arm64": "go1.5", "loong64": "go1.19"}

// text returns the beginning of a file; "" if it cannot be read.
func text(path string) string {
	raw, err := regular.ReadNamed(path, 1<<20)
	if err != nil {
		return ""
	}
	return string(raw)
}

func isDir(path string) bool { info, err := os.Stat(path); return err == nil && info.IsDir() }

// rootOf returns the directory of the Go release that the go command in PATH belongs to, whatever GOROOT says.
func rootOf(h *Host) string {
	path, err := filepath.EvalSymlinks(h.Go())
	if err != nil {
		return ""
	}
	return filepath.Dir(filepath.Dir(path))
}

// goChecks returns the checks of the go command and its version.
func goChecks() []Check {
	return []Check{
		newCheck("go-present", "the go command is in PATH", "PATH 中有 go 命令", func(_ context.Context, h *Host) Evidence {
			return Evidence{"go": h.Go(), "PATH": h.Get("PATH")}
		}, func(e Evidence) *Fault {
			if e["go"] != "" {
				return nil
			}
			return fault("PATH="+e["PATH"], "there is no go command in PATH", "PATH 中没有 go 命令", "install Go 1.26 or newer, and put its bin directory into PATH", "请安装 Go 1.26 或更新版本，并将其 bin 目录加入 PATH").hint()
		}),
		withGo(newCheck("go-answers", "the go command answers", "go 命令能应答", func(ctx context.Context, h *Host) Evidence {
			h.ask(ctx)
			e := Evidence{"said": firstLine(h.said)}
			if h.failed != nil {
				e["failed"] = h.failed.Error()
			}
			return e
		}, func(e Evidence) *Fault {
			if e["failed"] == "" {
				return nil
			}
			return fault(strings.TrimSpace(e["said"]+" ("+e["failed"]+")"), "`go env` fails", "`go env` 失败", "mend what it says: GOROOT, GOFLAGS, GOENV and GOTOOLCHAIN are the usual causes", "请按其提示修正：通常是 GOROOT、GOFLAGS、GOENV 或 GOTOOLCHAIN")
		})),
		withGo(newCheck("go-version-port", "its release has a complete port to this architecture", "其版本在本架构上的移植完整", func(ctx context.Context, h *Host) Evidence {
			return Evidence{"GOVERSION": h.setting(ctx, "GOVERSION"), "least": firstGo[runtime.GOARCH]}
		}, func(e Evidence) *Fault {
			if v := e["GOVERSION"]; e["least"] == "" || !version.IsValid(v) || version.Compare(v, e["least"]) >= 0 {
				return nil
			}
			return fault(e["GOVERSION"], "this Go is older than the port to this architecture, which begins with "+e["least"], "此 Go 早于本架构的移植，后者始于 "+e["least"], "install a newer release", "请安装更新版本")
		})),
		withGo(newCheck("go-version-module", "its release is as new as the module here asks", "其版本满足当前模块的要求", func(ctx context.Context, h *Host) Evidence {
			e := Evidence{"GOVERSION": h.setting(ctx, "GOVERSION"), "GOTOOLCHAIN": h.setting(ctx, "GOTOOLCHAIN")}
			if f, err := modfile.ParseLax("go.mod", []byte(text(filepath.Join(h.Dir, "go.mod"))), nil); err == nil && f.Go != nil && h.Dir != "" {
				e["needs"] = "go" + f.Go.Version
			}
			return e
		}, func(e Evidence) *Fault {
			v, need := e["GOVERSION"], e["needs"]
			if !version.IsValid(v) || !version.IsValid(need) || version.Compare(v, need) >= 0 || e["GOTOOLCHAIN"] != "local" {
				return nil
			}
			return fault(v+", go.mod: "+need, "this Go is older than go.mod asks, and GOTOOLCHAIN=local lets it fetch none", "此 Go 低于 go.mod 的要求，而 GOTOOLCHAIN=local 又禁止获取", "install "+need+" or newer, or set GOTOOLCHAIN=auto", "请安装 "+need+" 或更新版本，或设置 GOTOOLCHAIN=auto")
		})),
		withGo(newCheck("go-release", "it is a release, no development version", "是正式版本而非开发版本", gathers("GOVERSION"), func(e Evidence) *Fault {
			if !strings.HasPrefix(e["GOVERSION"], "devel") {
				return nil
			}
			return fault(e["GOVERSION"], "this Go is a development version", "此 Go 是开发版本", "install a release to get results that others can get too", "请安装正式版本，使他人也能得到同样的结果").hint()
		})),
	}
}

// gorootChecks returns the checks of the directory of the release and of the variable that names it.
func gorootChecks() []Check {
	return []Check{
		newCheck("goroot-there", "GOROOT names a directory, or nothing", "GOROOT 指向目录，或未设置", func(_ context.Context, h *Host) Evidence {
			return Evidence{"GOROOT": h.Get("GOROOT"), "there": says(isDir(h.Get("GOROOT")))}
		}, func(e Evidence) *Fault {
			if e["GOROOT"] == "" || e["there"] == yes {
				return nil
			}
			return fault("GOROOT="+e["GOROOT"], "GOROOT names no directory", "GOROOT 不是目录", "unset GOROOT: the go command knows where it is installed", "请取消 GOROOT：go 命令知道自己的安装位置")
		}),
		withGo(newCheck("goroot-own", "GOROOT is the directory of the go command in PATH", "GOROOT 即 PATH 中 go 命令所在的版本", func(_ context.Context, h *Host) Evidence {
			set, _ := filepath.EvalSymlinks(h.Get("GOROOT"))
			own := rootOf(h)
			return Evidence{"GOROOT": h.Get("GOROOT"), "set": set, "own": own, "own-version": firstLine(text(filepath.Join(own, "VERSION"))), "set-version": firstLine(text(filepath.Join(set, "VERSION")))}
		}, func(e Evidence) *Fault {
			if e["GOROOT"] == "" || e["set"] == "" || e["set"] == e["own"] || e["own-version"] == "" || e["own-version"] == e["set-version"] {
				return nil
			}
			return fault(fmt.Sprintf("GOROOT=%s (%s), go: %s (%s)", e["GOROOT"], e["set-version"], e["own"], e["own-version"]), "GOROOT is another release's than the go command in PATH", "GOROOT 与 PATH 中的 go 命令版本不同", "unset GOROOT", "请取消 GOROOT")
		})),
		withGo(newCheck("goroot-whole", "GOROOT has the library, its headers and its tools", "GOROOT 含标准库、头文件和工具", func(ctx context.Context, h *Host) Evidence {
			root := h.setting(ctx, "GOROOT")
			e := Evidence{"GOROOT": root}
			for _, part := range []string{"src/runtime", "src/cmd/go", "pkg/include"} {
				e[part] = says(isDir(filepath.Join(root, part)))
			}
			return e
		}, func(e Evidence) *Fault {
			for _, part := range []string{"src/runtime", "pkg/include"} {
				if e[part] == "no" && e["GOROOT"] != "" {
					return fault(filepath.Join(e["GOROOT"], part), "a part of Go is not installed", "Go 安装不完整", "install the whole release, or the distribution's other packages of Go (golang-src)", "请完整安装，或安装发行版中 Go 的其余软件包（golang-src）")
				}
			}
			return nil
		})),
		withGo(newCheck("goroot-version", "the file VERSION in GOROOT is of the same release as the go command", "GOROOT 的 VERSION 文件与 go 命令版本一致", func(ctx context.Context, h *Host) Evidence {
			return Evidence{"GOVERSION": h.setting(ctx, "GOVERSION"), "VERSION": firstLine(text(filepath.Join(h.setting(ctx, "GOROOT"), "VERSION")))}
		}, func(e Evidence) *Fault {
			v, _, _ := strings.Cut(e["GOVERSION"], " ")
			if e["VERSION"] == "" || v == "" || e["VERSION"] == v || strings.HasPrefix(v, "devel") {
				return nil
			}
			return fault(e["VERSION"]+", go version: "+v, "GOROOT is of another release than the go command", "GOROOT 与 go 命令不是同一版本", "remove the directory, and unpack one release into it", "请删除该目录，再解压单一版本")
		})),
	}
}

// releaseChecks returns the checks that a GOROOT was unpacked properly: one release, new enough, safe from other users.
func releaseChecks() []Check {
	return []Check{
		withGo(newCheck("goroot-mixed", "GOROOT holds one release, not two on top of each other", "GOROOT 只有一个版本，没有两版叠放", func(ctx context.Context, h *Host) Evidence {
			root := h.setting(ctx, "GOROOT")
			m := regexp.MustCompile(`const Version = (\d+)`).FindStringSubmatch(text(filepath.Join(root, "src/internal/goversion/goversion.go")))
			e := Evidence{"VERSION": firstLine(text(filepath.Join(root, "VERSION")))}
			if m != nil {
				e["source"] = "go1." + m[1]
			}
			return e
		}, func(e Evidence) *Fault {
			if e["VERSION"] == "" || e["source"] == "" || version.Lang(e["VERSION"]) == "" || version.Lang(e["VERSION"]) == e["source"] {
				return nil
			}
			return fault(e["VERSION"]+", src/internal/goversion: "+e["source"], "two releases were unpacked on top of each other", "两个版本被解压到同一目录", "remove the directory first: `rm -rf /usr/local/go`, then unpack", "请先删除目录（`rm -rf /usr/local/go`）再解压")
		})),
		withGo(newCheck("goroot-distribution", "a distribution's package of Go is new enough for its port", "发行版提供的 Go 对本架构足够新", func(ctx context.Context, h *Host) Evidence {
			return Evidence{"GOROOT": h.setting(ctx, "GOROOT"), "GOVERSION": h.setting(ctx, "GOVERSION"), "GOTOOLCHAIN": h.setting(ctx, "GOTOOLCHAIN")}
		}, func(e Evidence) *Fault {
			packaged := strings.HasPrefix(e["GOROOT"], "/usr/lib/go-") || strings.HasPrefix(e["GOROOT"], "/usr/lib/golang") || strings.HasPrefix(e["GOROOT"], "/usr/share/go")
			if !packaged || !version.IsValid(e["GOVERSION"]) || version.Compare(e["GOVERSION"], "go1.21") >= 0 {
				return nil
			}
			return fault(e["GOROOT"]+": "+e["GOVERSION"], "the distribution's package keeps Go at a release that fetches no newer one by itself", "发行版软件包把 Go 固定在不能自行获取新版的版本", "install the release from go.dev/dl beside it, and put it first in PATH", "请另行安装 go.dev/dl 的版本，并置于 PATH 首位")
		})),
		withGo(newCheck("goroot-safe", "nobody but its owner may change GOROOT", "除所有者外无人可改动 GOROOT", func(ctx context.Context, h *Host) Evidence {
			root := h.setting(ctx, "GOROOT")
			e := Evidence{"GOROOT": root}
			for _, part := range []string{"", "bin", "src"} {
				if info, err := os.Stat(filepath.Join(root, part)); err == nil && info.Mode()&0o002 != 0 {
					e["open"] = filepath.Join(root, part)
				}
			}
			return e
		}, func(e Evidence) *Fault {
			if e["open"] == "" {
				return nil
			}
			return fault(e["open"], "every user may change the compiler", "任何用户都能改动编译器", "chmod -R o-w "+e["GOROOT"], "chmod -R o-w "+e["GOROOT"])
		})),
	}
}

// clockChecks returns the check of the clock, by which certificates are valid or not.
func clockChecks() []Check {
	return []Check{
		newCheck("clock", "the clock is not far off", "时钟没有明显偏差", func(context.Context, *Host) Evidence {
			return Evidence{"year": time.Now().UTC().Format("2006")}
		}, func(e Evidence) *Fault {
			if e["year"] >= "2025" && e["year"] < "2100" {
				return nil
			}
			return fault(e["year"], "the clock is wrong: certificates count as not valid yet or any more", "时钟错误：证书会被视为未生效或已过期", "set it: `date -s`, or start chronyd", "请校准：`date -s`，或启动 chronyd")
		}),
	}
}
