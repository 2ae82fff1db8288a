package diagnosis

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// compilerChecks returns the checks of cgo and its C compiler.
func compilerChecks() []Check {
	return []Check{
		newCheck("cgo-value", "CGO_ENABLED is 0 or 1", "CGO_ENABLED 为 0 或 1", gathers("CGO_ENABLED"), func(e Evidence) *Fault {
			if v := e["CGO_ENABLED"]; v == "" || v == "0" || v == "1" {
				return nil
			}
			return wrongSetting("CGO_ENABLED", e["CGO_ENABLED"], "CGO_ENABLED is neither 0 nor 1", "CGO_ENABLED 既不是 0 也不是 1")
		}),
		newCheck("cc-there", "the C compiler that cgo would call is there", "cgo 所用的 C 编译器存在", func(ctx context.Context, h *Host) Evidence {
			e := Evidence{"CC": h.setting(ctx, "CC"), "CGO_ENABLED": h.setting(ctx, "CGO_ENABLED"), "asked": says(h.Get("CGO_ENABLED") == "1" || h.Get("CC") != "")}
			if program := firstWord(e["CC"]); program != "" {
				e["path"] = program
				if !filepath.IsAbs(program) {
					e["path"] = h.Look(program)
				} else if _, err := os.Stat(program); err != nil {
					e["path"] = ""
				}
			}
			return e
		}, func(e Evidence) *Fault {
			if e["CGO_ENABLED"] != "1" || e["asked"] != yes || e["path"] != "" || e["CC"] == "" { // the go command cannot say which it is: another check's fault
				return nil
			}
			return fault("CC="+e["CC"], "CGO_ENABLED=1, and its C compiler is not there", "CGO_ENABLED=1，而其 C 编译器不存在", "install gcc, or set CGO_ENABLED=0: this program needs no cgo", "请安装 gcc，或设置 CGO_ENABLED=0：本程序不需要 cgo").unset("CC")
		}),
		newCheck("cc-works", "the C compiler makes a program that can be linked", "C 编译器能生成可链接的程序", func(ctx context.Context, h *Host) Evidence {
			e := Evidence{"CC": h.setting(ctx, "CC"), "CGO_ENABLED": h.setting(ctx, "CGO_ENABLED")}
			words := strings.Fields(e["CC"])
			if len(words) == 0 || e["CGO_ENABLED"] != "1" || h.Look(words[0]) == "" && !filepath.IsAbs(words[0]) {
				return e
			}
			dir, err := os.MkdirTemp("", "xcmatrix-cc-")
			if err != nil {
				return e
			}
			defer os.RemoveAll(dir)
			source := filepath.Join(dir, "probe.c")
			if os.WriteFile(source, []byte("#include <stdlib.h>\nint main(void) { return EXIT_SUCCESS; }\n"), 0o600) != nil {
				return e
			}
			program := words[0]
			if !filepath.IsAbs(program) {
				program = h.Look(program)
			}
			if _, said, err := h.run(ctx, 3*time.Second, nil, program, append(words[1:], "-o", filepath.Join(dir, "probe"), source)...); err != nil {
				e["said"] = strings.TrimSpace(firstLine(said) + " (" + err.Error() + ")")
			}
			return e
		}, func(e Evidence) *Fault {
			if e["said"] == "" {
				return nil
			}
			return fault("CC="+e["CC"]+": "+e["said"], "the C compiler makes no program: headers or the C library are not installed, or it is another target's", "C 编译器无法生成程序：缺少头文件或 C 库，或属于其他目标", "install libc6-dev (glibc-devel), or set CGO_ENABLED=0", "请安装 libc6-dev（glibc-devel），或设置 CGO_ENABLED=0").hint()
		}),
		newCheck("cc-target", "CC is a compiler for the architecture that GOARCH names", "CC 属于 GOARCH 所指的架构", gathers("CC", "GOARCH"), func(e Evidence) *Fault {
			for prefix, arch := range map[string]string{"aarch64-": "arm64", "x86_64-": "amd64", "loongarch64-": "loong64"} {
				if strings.HasPrefix(filepath.Base(firstWord(e["CC"])), prefix) && e["GOARCH"] != "" && e["GOARCH"] != arch {
					return fault("CC="+e["CC"]+" GOARCH="+e["GOARCH"], "CC is for "+arch+", and GOARCH is "+e["GOARCH"]+": what cgo makes cannot be linked", "CC 用于 "+arch+"，而 GOARCH 为 "+e["GOARCH"]+"：cgo 的产物无法链接", "set GOARCH and CC for the same target", "请为同一目标设置 GOARCH 与 CC").unset("CC")
				}
			}
			return nil
		}),
		newCheck("cgo-flags", "CGO_CFLAGS and CGO_LDFLAGS have no flag of another architecture", "CGO_CFLAGS 与 CGO_LDFLAGS 不含其他架构的标志", gathers("CGO_CFLAGS", "CGO_LDFLAGS", "GOARCH"), func(e Evidence) *Fault {
			for flag, arch := range map[string]string{"-mlsx": "loong64", "-mlasx": "loong64", "-march=loongarch64": "loong64", "-march=armv8": "arm64", "-mavx": "amd64", "-march=x86-64": "amd64", "-msse4": "amd64"} {
				if strings.Contains(e["CGO_CFLAGS"]+" "+e["CGO_LDFLAGS"], flag) && e["GOARCH"] != "" && e["GOARCH"] != arch {
					return fault("CGO_CFLAGS="+e["CGO_CFLAGS"]+" GOARCH="+e["GOARCH"], flag+" is a flag for "+arch+", and GOARCH is "+e["GOARCH"], flag+" 是 "+arch+" 的标志，而 GOARCH 为 "+e["GOARCH"], "set the flags for each target apart", "请为各目标分别设置标志").unset("CGO_CFLAGS")
				}
			}
			return nil
		}),
	}
}

// firstWord returns what a text has before its first space.
func firstWord(text string) string {
	word, _, _ := strings.Cut(strings.TrimSpace(text), " ")
	return word
}
