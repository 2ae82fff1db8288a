package executable

import (
	"slices"
	"strings"
)

// interpreters are the dynamic linkers of each architecture's systems.
var interpreters = map[string][]string{
	"amd64": {"/lib64/ld-linux-x86-64.so.2", "/lib/ld-musl-x86_64.so.1"},
	"arm64": {"/lib/ld-linux-aarch64.so.1", "/lib/ld-musl-aarch64.so.1"},
	"loong64": {"/lib64/ld-linux-loongarch-lp64d.so.1", "/lib64/ld.so.1", "/lib64/ld-linux-loongarch-lp64s.so.1", "/lib64/ld-linux-loongarch-lp64f.so.1",
		"/lib/ld-musl-loongarch64.so.1"},
}

func dynamicRules() []Rule {
	return []Rule{
		rule("dynamic", "interpreter-path", "names an interpreter by an absolute path, or none", func(f *Facts) (string, string) {
			return problemIf(f.Interpreter != "" && !strings.HasPrefix(f.Interpreter, "/"), "the interpreter %.80[1]q is no absolute path", "解释器 %.80[1]q 不是绝对路径", f.Interpreter)
		}),
		rule("dynamic", "interpreter-known", "names an interpreter of its architecture's systems, or none", func(f *Facts) (string, string) {
			known := interpreters[f.GOARCH]
			return problemIf(f.Interpreter != "" && known != nil && strings.HasPrefix(f.Interpreter, "/") && !slices.Contains(known, f.Interpreter), "the interpreter %.80[1]q is none of %[2]s's systems: \"no such file\" where it runs", "解释器 %.80[1]q 不属于 %[2]s 系统：运行时会报“没有该文件”", f.Interpreter, f.GOARCH)
		}),
		rule("dynamic", "interpreter-once", "names one interpreter at most", func(f *Facts) (string, string) {
			n := 0
			for _, s := range f.Segments {
				if s.Type == "PT_INTERP" {
					n++
				}
			}
			return problemIf(n > 1, "it names %[1]d interpreters", "指定了 %[1]d 个解释器", n)
		}),
		rule("dynamic", "dynamic-readable", "has a dynamic section that ends and names what is there, or none", func(f *Facts) (string, string) {
			return problemIf(f.Dynamic.Present && f.Dynamic.Undone, "the dynamic section has no end, or names what the file does not have", "动态节没有结尾，或引用了文件中没有的内容")
		}),
		rule("dynamic", "dynamic-interpreter", "needs no library without an interpreter to load it", func(f *Facts) (string, string) {
			return problemIf(f.Type == "ET_EXEC" && f.Interpreter == "" && len(f.Needed) > 0, "it needs %.200[1]s, and names no interpreter to load that", "需要 %.200[1]s，却未指定解释器", strings.Join(f.Needed, ", "))
		}),
		rule("dynamic", "dynamic-text", "leaves its code unchanged while it is loaded", func(f *Facts) (string, string) {
			return problemIf(f.Dynamic.TextRel, "its code is changed while it is loaded (DT_TEXTREL): SELinux and newer C libraries refuse it", "装入时需修改代码（DT_TEXTREL）：SELinux 与较新的 C 库会拒绝")
		}),
		rule("dynamic", "dynamic-path", "looks for libraries in absolute directories alone", func(f *Facts) (string, string) {
			for _, dir := range f.RunPath {
				if !strings.HasPrefix(dir, "/") && !strings.HasPrefix(dir, "$ORIGIN") && !strings.HasPrefix(dir, "${ORIGIN}") {
					return problemIf(true, "it looks for libraries in %.80[1]q, below wherever it is started", "在启动目录下的 %.80[1]q 中查找库", dir)
				}
			}
			return "", ""
		}),
		hint(rule("dynamic", "dynamic-relro", "has its tables made read-only once it is loaded", func(f *Facts) (string, string) {
			return problemIf(f.Interpreter != "" && f.Type != "ET_REL" && f.RELRO == "none", "its tables of addresses stay writable: link it with -z relro -z now", "地址表保持可写：链接时请加 -z relro -z now")
		})),
		rule("dynamic", "world-one", "is of one world of LoongArch, not of both", func(f *Facts) (string, string) {
			return problemIf(f.World == "mixed", "it names the interpreter of one world of LoongArch and symbols of the other: %.80[1]s, %.120[2]s", "解释器与符号版本分属龙架构新旧两个世界：%.80[1]s，%.120[2]s", f.Interpreter, strings.Join(f.Dynamic.Versions, ", "))
		}),
		hint(rule("dynamic", "world-new", "is of the new world of LoongArch", func(f *Facts) (string, string) {
			return problemIf(f.World == OldWorld, "it is of the old world of LoongArch: systems of the new world start it with libLoL alone", "属于龙架构旧世界：新世界系统须借助 liblol 才能启动")
		})),
	}
}
