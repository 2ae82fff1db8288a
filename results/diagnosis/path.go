package diagnosis

import (
	"context"
	"go/version"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// shellTime is how long a shell may take to start.
const shellTime = 1200 * time.Millisecond

// inShell returns the path of the go command that a shell finds, and its release; "" where it finds none.
func inShell(ctx context.Context, h *Host, env []string, shell string, flag string) Evidence {
	e := Evidence{"shell": shell + " " + flag, "here": h.Go(), "here-version": firstLine(text(filepath.Join(rootOf(h), "VERSION")))}
	path := h.Look(shell)
	if path == "" {
		return e
	}
	out, _, err := h.run(ctx, shellTime, append(env, "PS1=", "HISTFILE="), path, flag, "printf '\\n@%s\\n' \"$(command -v go)\"")
	if err != nil {
		return e
	}
	for line := range strings.Lines(out) {
		if found, is := strings.CutPrefix(strings.TrimSpace(line), "@"); is && filepath.IsAbs(found) {
			e["there"] = found
			if real, err := filepath.EvalSymlinks(found); err == nil {
				e["there-version"] = firstLine(text(filepath.Join(filepath.Dir(filepath.Dir(real)), "VERSION")))
			}
		}
	}
	return e
}

// sameGo judges the go command of another shell.
func sameGo(e Evidence) *Fault {
	if e["there"] == "" || e["there-version"] == "" || e["here-version"] == "" || e["there-version"] == e["here-version"] {
		return nil
	}
	return fault(e["shell"]+": "+e["there"]+" ("+e["there-version"]+"); "+e["here"]+" ("+e["here-version"]+")", "another kind of shell finds another Go", "另一类 shell 找到的是另一个 Go", "set PATH in one file that all of them read: /etc/profile.d for login shells, and ~/.bashrc for the others, with the same line", "请在各类 shell 都会读取的文件中设置 PATH：登录 shell 用 /etc/profile.d，其余用 ~/.bashrc，内容相同")
}

// olderGo reports whether a is an older release of Go than b. What is no release is neither older nor newer.
func olderGo(a, b string) bool {
	return version.IsValid(a) && version.IsValid(b) && version.Compare(a, b) < 0
}

func pathChecks() []Check {
	return []Check{
		withGo(newCheck("path-login", "a login shell finds the same Go", "登录 shell 找到同一个 Go", func(ctx context.Context, h *Host) Evidence {
			return inShell(ctx, h, nil, "bash", "-lc")
		}, sameGo)),
		withGo(newCheck("path-interactive", "an interactive shell finds the same Go", "交互式 shell 找到同一个 Go", func(ctx context.Context, h *Host) Evidence {
			return inShell(ctx, h, nil, "bash", "-ic")
		}, sameGo)),
		withGo(newCheck("path-plain", "a shell without PATH of its own, as cron and ssh start it, finds the same Go or none", "不带自身 PATH 的 shell（如 cron 与 ssh）找到同一个 Go 或找不到", func(ctx context.Context, h *Host) Evidence {
			return inShell(ctx, h, []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}, "sh", "-c")
		}, sameGo)),
		withGo(newCheck("path-first", "the first Go in PATH is the newest", "PATH 中首个 Go 是最新的", func(_ context.Context, h *Host) Evidence {
			e := Evidence{}
			seen := map[string]bool{}
			for _, dir := range filepath.SplitList(h.Get("PATH")) {
				real, err := filepath.EvalSymlinks(filepath.Join(dir, "go"))
				if err != nil || seen[real] {
					continue
				}
				seen[real] = true
				v := firstLine(text(filepath.Join(filepath.Dir(filepath.Dir(real)), "VERSION")))
				if e["first"] == "" {
					e["first"], e["first-version"] = filepath.Join(dir, "go"), v
				} else if olderGo(e["first-version"], v) && (e["later"] == "" || olderGo(e["later-version"], v)) {
					e["later"], e["later-version"] = filepath.Join(dir, "go"), v
				}
			}
			return e
		}, func(e Evidence) *Fault {
			if !olderGo(e["first-version"], e["later-version"]) || e["later"] == "" {
				return nil
			}
			return fault(e["first"]+" ("+e["first-version"]+"), "+e["later"]+" ("+e["later-version"]+")", "an older Go hides a newer one", "较旧的 Go 遮住了较新的", "put "+filepath.Dir(e["later"])+" before "+filepath.Dir(e["first"])+" in PATH", "请在 PATH 中把 "+filepath.Dir(e["later"])+" 放在 "+filepath.Dir(e["first"])+" 之前")
		})),
		newCheck("path-relative", "PATH has absolute directories alone", "PATH 只含绝对目录", func(_ context.Context, h *Host) Evidence {
			return Evidence{"PATH": h.Get("PATH")}
		}, func(e Evidence) *Fault {
			for _, dir := range strings.Split(e["PATH"], ":") {
				if e["PATH"] != "" && !filepath.IsAbs(dir) {
					return fault("PATH="+e["PATH"], "PATH has a relative or empty entry: Go refuses programs found by it, and others may plant one", "PATH 含相对或空条目：Go 拒绝经由它找到的程序，且易被植入程序", "take it out of PATH", "请从 PATH 中去掉")
				}
			}
			return nil
		}),
		withGo(newCheck("path-safe", "no directory before that of Go may be changed by every user", "Go 之前的目录不可被任何用户改动", func(_ context.Context, h *Host) Evidence {
			e := Evidence{}
			own := filepath.Dir(h.Go())
			for _, dir := range filepath.SplitList(h.Get("PATH")) {
				if info, err := os.Stat(dir); err == nil && info.Mode()&0o002 != 0 {
					e["open"] = dir
				}
				if dir == own {
					break
				}
			}
			return e
		}, func(e Evidence) *Fault {
			if e["open"] == "" {
				return nil
			}
			return fault(e["open"], "every user may put a go command before yours", "任何用户都能在你的 go 命令之前放置一个", "chmod o-w "+e["open"]+", or take it out of PATH", "chmod o-w "+e["open"]+"，或从 PATH 中去掉")
		})),
	}
}
