package executable

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/executable/code"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Rule is one thing that must hold of a file.
type Rule struct {
	ID    string
	Topic string // "header", "segment", "dynamic", "section", "symbol", "note", "debugging", "Go" or "code"
	Holds string // what holds where nothing is wrong, for the texts of specs
	Hint  bool   // what it finds keeps no file from working on every machine
	find  func(*Facts) []record.Sentence
}

// Find returns a sentence for each place where the rule does not hold.
func (r Rule) Find(f *Facts) []record.Sentence { return r.find(f) }

// Fault is something wrong in a file.
type Fault struct {
	Rule string          `json:"rule"`
	Hint bool            `json:"hint,omitempty"`
	What record.Sentence `json:"what"`
}

// Judge returns what is wrong in a file, by all rules.
func Judge(f *Facts) []Fault {
	faults := []Fault{}
	for _, r := range Rules() {
		for _, what := range r.find(f) {
			faults = append(faults, Fault{r.ID, r.Hint, what})
		}
	}
	return faults
}

// Rules returns all rules.
func Rules() []Rule {
	return slices.Concat(headerRules(), segmentRules(), dynamicRules(), sectionRules(), symbolRules(), noteRules(), goRules(), codeRules())
}

// rule returns a rule with one sentence for the whole file: what is "" where it holds.
func rule(topic, id, holds string, find func(f *Facts) (en, zh string)) Rule {
	return Rule{ID: id, Topic: topic, Holds: holds, find: func(f *Facts) []record.Sentence {
		if en, zh := find(f); en != "" {
			return []record.Sentence{record.Say(en, zh)}
		}
		return nil
	}}
}

// each returns a rule that is held against every segment; find returns "" for one that keeps it.
func each(id, holds string, find func(f *Facts, s Segment) (en, zh string)) Rule {
	return Rule{ID: id, Topic: "segment", Holds: holds, find: func(f *Facts) (all []record.Sentence) {
		for i, s := range f.Segments {
			if en, zh := find(f, s); en != "" {
				all = append(all, record.Sayf("segment %[1]d (%[2]s at %#[3]x) %[4]s", "第 %[1]d 段（%[2]s，地址 %#[3]x）%[5]s", i, s.Type, s.Addr, en, zh))
			}
		}
		return all[:min(len(all), maxListed)]
	}}
}

func said(wrong bool, en, zh string, args ...any) (string, string) {
	if !wrong {
		return "", ""
	}
	return fmt.Sprintf(en, args...), fmt.Sprintf(zh, args...)
}

func headerRules() []Rule {
	return []Rule{
		rule("header", "header-class", "names 64 bits and little-endian for a machine that has only these", func(f *Facts) (string, string) {
			return said(f.GOARCH != "" && (f.Class != 64 || f.ByteOrder != "little"), "%[1]s has 64 bits, little-endian; the header says %[2]d bits, %[3]s-endian", "%[1]s 为 64 位小端，文件头却为 %[2]d 位、%[3]s 端", f.GOARCH, f.Class, f.ByteOrder)
		}),
		rule("header", "header-size", "states its own size as the class has it", func(f *Facts) (string, string) {
			want := uint16(64)
			if f.Class == 32 {
				want = 52
			}
			return said(f.Header.HeaderBytes != want, "the header states its size as %[1]d bytes; it has %[2]d", "文件头自称 %[1]d 字节，应为 %[2]d", f.Header.HeaderBytes, want)
		}),
		rule("header", "header-flags", "names a LoongArch ABI variant that exists, or no flags elsewhere", func(f *Facts) (string, string) {
			switch f.GOARCH {
			case "loong64":
				return said(f.Flags&^0xc7 != 0 || strings.Contains(f.ABI, "unknown"), "flags %#[1]x: %[2]s", "标志 %#[1]x：%[2]s", f.Flags, f.ABI)
			case "amd64", "arm64":
				return said(f.Flags != 0, "flags %#[1]x: %[2]s has none", "标志 %#[1]x：%[2]s 没有标志", f.Flags, f.GOARCH)
			}
			return "", ""
		}),
		rule("header", "header-float", "is of the double-float ABI, which LoongArch's C libraries and Go have", func(f *Facts) (string, string) {
			return said(f.GOARCH == "loong64" && f.Flags&7 != 3 && !strings.Contains(f.ABI, "unknown"), "it is of the ABI %[1]s: systems for LoongArch have lp64d", "ABI 为 %[1]s：龙架构系统采用 lp64d", f.ABI)
		}),
		rule("header", "header-system", "asks for no other system than Linux", func(f *Facts) (string, string) {
			ok := f.OSABI == "ELFOSABI_NONE" || f.OSABI == "ELFOSABI_LINUX" || f.OSABI == "ELFOSABI_HURD"
			return said(!ok, "it is for another system: %[1]s", "属于其他系统：%[1]s", f.OSABI)
		}),
		rule("header", "header-version", "is of version 0 of its system's ABI", func(f *Facts) (string, string) {
			return said(f.Header.ABIVersion != 0, "it asks for version %[1]d of the system's ABI", "要求系统 ABI 版本 %[1]d", f.Header.ABIVersion)
		}),
		rule("header", "header-entry", "starts in a segment of code", func(f *Facts) (string, string) {
			if f.Type != "ET_EXEC" && (f.Type != "ET_DYN" || f.Entry == 0) {
				return "", ""
			}
			ok := slices.ContainsFunc(f.Segments, func(s Segment) bool {
				return s.Load() && strings.HasSuffix(s.Flags, "x") && f.Entry >= s.Addr && f.Entry-s.Addr < s.File
			})
			return said(!ok, "it starts at %#[1]x, where no code is", "入口 %#[1]x 处没有代码", f.Entry)
		}),
		rule("header", "header-segments", "has segments that a kernel can load", func(f *Facts) (string, string) {
			ok := slices.ContainsFunc(f.Segments, Segment.Load)
			return said((f.Type == "ET_EXEC" || f.Type == "ET_DYN") && !ok, "it has no segment to load", "没有可装入的段")
		}),
	}
}

func segmentRules() []Rule {
	loads := func(s Segment, wrong bool, en, zh string, args ...any) (string, string) {
		return said(s.Load() && wrong, en, zh, args...)
	}
	return []Rule{
		each("segment-align", "has a power of two as its alignment", func(_ *Facts, s Segment) (string, string) {
			return said(s.Align&(s.Align-1) != 0, "has the alignment %[1]d, no power of two", "对齐为 %[1]d，不是 2 的幂", s.Align)
		}),
		each("segment-congruent", "lies at the same place of a page in the file and in memory", func(_ *Facts, s Segment) (string, string) {
			return loads(s, s.Align > 1 && s.Align&(s.Align-1) == 0 && s.Addr%s.Align != s.Offset%s.Align, "lies at another place of its page in the file (%#[1]x): no kernel maps it", "在文件中的页内位置不同（%#[1]x）：内核无法映射", s.Offset)
		}),
		each("segment-memory", "takes in memory what it has in the file", func(_ *Facts, s Segment) (string, string) {
			return loads(s, s.Memory < s.File, "has %[1]d bytes in the file and %[2]d in memory", "在文件中为 %[1]d 字节，在内存中为 %[2]d 字节", s.File, s.Memory)
		}),
		each("segment-end", "ends below the end of the address space", func(_ *Facts, s Segment) (string, string) {
			return loads(s, s.Addr+s.Memory < s.Addr || s.Addr+s.Memory > 1<<63, "ends beyond the address space", "超出地址空间")
		}),
		each("segment-rights", "is never writable and executable at once", func(_ *Facts, s Segment) (string, string) {
			return loads(s, s.Flags == "rwx" || s.Flags == "-wx", "is writable and executable", "同时可写可执行")
		}),
		each("segment-readable", "can be read", func(_ *Facts, s Segment) (string, string) {
			return loads(s, !strings.HasPrefix(s.Flags, "r") && s.Memory > 0, "cannot be read: what lies beside code is lost, and kernels before 5.x show it all the same", "不可读")
		}),
		rule("segment", "segment-order", "comes in the order of addresses", func(f *Facts) (string, string) {
			last := uint64(0)
			for i, s := range f.Segments {
				if s.Load() && s.Addr < last {
					return said(true, "segment %[1]d is loaded below the one before it: kernels reserve too little for such a file", "第 %[1]d 段的地址低于前一段：内核预留的空间会不足", i)
				}
				if s.Load() {
					last = s.Addr
				}
			}
			return "", ""
		}),
		rule("segment", "segment-overlap", "shares no address with another", func(f *Facts) (string, string) {
			end := uint64(0)
			for i, s := range f.Segments {
				if s.Load() && s.Memory > 0 && s.Addr < end && s.Addr+s.Memory > s.Addr {
					return said(true, "segment %[1]d begins at %#[2]x, before the one before it ends", "第 %[1]d 段起于 %#[2]x，而前一段尚未结束", i, s.Addr)
				}
				if s.Load() {
					end = max(end, s.Addr+s.Memory)
				}
			}
			return "", ""
		}),
		rule("segment", "segment-pages", "can be mapped by kernels with pages of 4, 16 and 64 KiB", func(f *Facts) (string, string) {
			need := map[string]int{"amd64": 1, "arm64": len(kernelPages), "loong64": len(kernelPages)}[f.GOARCH]
			if f.Type == "ET_REL" || len(f.PageSizes) >= need {
				return "", ""
			}
			var sizes []string
			for _, n := range kernelPages[:need] {
				if !slices.Contains(f.PageSizes, n) {
					sizes = append(sizes, strconv.Itoa(n>>10))
				}
			}
			list := strings.Join(sizes, ", ")
			return said(true, "kernels with pages of %[1]s KiB do not load it: link it with -z max-page-size=65536", "页大小为 %[1]s KiB 的内核无法装入：链接时请加 -z max-page-size=65536", list)
		}),
		rule("segment", "segment-stack", "of the stack is there once, and not executable", func(f *Facts) (string, string) {
			if f.Type == "ET_REL" || !slices.ContainsFunc(f.Segments, Segment.Load) {
				return "", ""
			}
			stacks := 0
			for _, s := range f.Segments {
				if s.Type == "PT_GNU_STACK" {
					stacks++
				}
			}
			switch {
			case stacks == 0:
				return said(true, "no segment PT_GNU_STACK: on amd64 its stack and data are executable", "没有 PT_GNU_STACK 段：在 amd64 上栈与数据可执行")
			case stacks > 1:
				return said(true, "%[1]d segments PT_GNU_STACK", "有 %[1]d 个 PT_GNU_STACK 段", stacks)
			}
			return said(!f.NX, "its stack is executable", "栈可执行")
		}),
		rule("segment", "segment-headers", "of the program headers lies in one that is loaded", func(f *Facts) (string, string) {
			return outside(f, "PT_PHDR")
		}),
		rule("segment", "segment-relro", "that becomes read-only lies in one that is loaded", func(f *Facts) (string, string) {
			return outside(f, "PT_GNU_RELRO")
		}),
		rule("segment", "segment-tls", "of thread-local data is there once at most, in one that is loaded", func(f *Facts) (string, string) {
			n := 0
			for _, s := range f.Segments {
				if s.Type == "PT_TLS" && s.Memory > 0 {
					n++
				}
			}
			return said(n > 1, "%[1]d segments PT_TLS", "有 %[1]d 个 PT_TLS 段", n)
		}),
	}
}

// outside returns a sentence if a segment of a kind is not within one that is loaded.
func outside(f *Facts, kind string) (string, string) {
	for _, s := range f.Segments {
		if s.Type != kind || s.Memory == 0 {
			continue
		}
		in := slices.ContainsFunc(f.Segments, func(l Segment) bool {
			return l.Load() && s.Addr >= l.Addr && s.Addr+s.Memory <= l.Addr+max(l.Memory, (l.Memory+l.Align-1)&^(l.Align-1))
		})
		if !in {
			return said(true, "segment %[1]s is in none that is loaded", "%[1]s 段不在任何装入的段内", kind)
		}
	}
	return "", ""
}

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
			return said(f.Interpreter != "" && !strings.HasPrefix(f.Interpreter, "/"), "the interpreter %.80[1]q is no absolute path", "解释器 %.80[1]q 不是绝对路径", f.Interpreter)
		}),
		rule("dynamic", "interpreter-known", "names an interpreter of its architecture's systems, or none", func(f *Facts) (string, string) {
			known := interpreters[f.GOARCH]
			return said(f.Interpreter != "" && known != nil && strings.HasPrefix(f.Interpreter, "/") && !slices.Contains(known, f.Interpreter), "the interpreter %.80[1]q is none of %[2]s's systems: \"no such file\" where it runs", "解释器 %.80[1]q 不属于 %[2]s 系统：运行时会报“没有该文件”", f.Interpreter, f.GOARCH)
		}),
		rule("dynamic", "interpreter-once", "names one interpreter at most", func(f *Facts) (string, string) {
			n := 0
			for _, s := range f.Segments {
				if s.Type == "PT_INTERP" {
					n++
				}
			}
			return said(n > 1, "it names %[1]d interpreters", "指定了 %[1]d 个解释器", n)
		}),
		rule("dynamic", "dynamic-readable", "has a dynamic section that ends and names what is there, or none", func(f *Facts) (string, string) {
			return said(f.Dynamic.Present && f.Dynamic.Undone, "the dynamic section has no end, or names what the file does not have", "动态节没有结尾，或引用了文件中没有的内容")
		}),
		rule("dynamic", "dynamic-interpreter", "needs no library without an interpreter to load it", func(f *Facts) (string, string) {
			return said(f.Type == "ET_EXEC" && f.Interpreter == "" && len(f.Needed) > 0, "it needs %.200[1]s, and names no interpreter to load that", "需要 %.200[1]s，却未指定解释器", strings.Join(f.Needed, ", "))
		}),
		rule("dynamic", "dynamic-text", "leaves its code unchanged while it is loaded", func(f *Facts) (string, string) {
			return said(f.Dynamic.TextRel, "its code is changed while it is loaded (DT_TEXTREL): SELinux and newer C libraries refuse it", "装入时需修改代码（DT_TEXTREL）：SELinux 与较新的 C 库会拒绝")
		}),
		rule("dynamic", "dynamic-path", "looks for libraries in absolute directories alone", func(f *Facts) (string, string) {
			for _, dir := range f.RunPath {
				if !strings.HasPrefix(dir, "/") && !strings.HasPrefix(dir, "$ORIGIN") && !strings.HasPrefix(dir, "${ORIGIN}") {
					return said(true, "it looks for libraries in %.80[1]q, below wherever it is started", "在启动目录下的 %.80[1]q 中查找库", dir)
				}
			}
			return "", ""
		}),
		hint(rule("dynamic", "dynamic-relro", "has its tables made read-only once it is loaded", func(f *Facts) (string, string) {
			return said(f.Interpreter != "" && f.Type != "ET_REL" && f.RELRO == "none", "its tables of addresses stay writable: link it with -z relro -z now", "地址表保持可写：链接时请加 -z relro -z now")
		})),
		rule("dynamic", "world-one", "is of one world of LoongArch, not of both", func(f *Facts) (string, string) {
			return said(f.World == "mixed", "it names the interpreter of one world of LoongArch and symbols of the other: %.80[1]s, %.120[2]s", "解释器与符号版本分属龙架构新旧两个世界：%.80[1]s，%.120[2]s", f.Interpreter, strings.Join(f.Dynamic.Versions, ", "))
		}),
		hint(rule("dynamic", "world-new", "is of the new world of LoongArch", func(f *Facts) (string, string) {
			return said(f.World == OldWorld, "it is of the old world of LoongArch: systems of the new world start it with libLoL alone", "属于龙架构旧世界：新世界系统须借助 liblol 才能启动")
		})),
	}
}

func hint(r Rule) Rule { r.Hint = true; return r }

func codeRules() []Rule {
	return []Rule{
		{ID: "code-tested", Topic: "code", Holds: "asks the processor before it uses what not every one has", find: func(f *Facts) []record.Sentence { return unguarded(f, code.None) }},
		{ID: "code-test-width", Topic: "code", Holds: "reads a flag of the processor's features alone, and nothing that lies beside it", find: func(f *Facts) []record.Sentence { return unguarded(f, code.Wide) }},
	}
}

// unguarded returns one sentence for each feature whose instructions stand behind such a guard.
func unguarded(f *Facts, guard code.Guard) (all []record.Sentence) {
	var features []string
	for _, u := range f.Vectors.Uses {
		if u.Guard == guard && !slices.Contains(features, u.Feature) {
			features = append(features, u.Feature)
		}
	}
	for _, feature := range features {
		var names []string
		for _, u := range f.Vectors.Uses {
			if u.Guard == guard && u.Feature == feature {
				names = append(names, u.Function)
			}
		}
		where, more := strings.Join(names[:min(2, len(names))], ", "), ""
		if len(names) > 2 {
			more = fmt.Sprintf(" (+%d)", len(names)-2)
		}
		if where == "" {
			where = "its code"
		}
		if guard == code.Wide {
			all = append(all, record.Sayf("on a processor without %[1]s it may end in SIGILL: %.300[2]s%[3]s tests a flag of one byte and the bytes beside it",
				"在没有 %[1]s 的处理器上可能以 SIGILL 终止：%.300[2]s%[3]s 检测单字节标志时连同相邻字节一起读取", feature, where, more))
			continue
		}
		all = append(all, record.Sayf("on a processor without %[1]s it ends in SIGILL: %.300[2]s%[3]s does not ask for it before", "在没有 %[1]s 的处理器上会以 SIGILL 终止：%.300[2]s%[3]s 未先检测该特性", feature, where, more))
	}
	return all
}
