package executable

import (
	"go/version"
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
)

func sectionRules() []Rule {
	return []Rule{
		rule("section", "section-segment", "that is in memory lies in a segment", func(f *Facts) (string, string) {
			if len(f.Sections)*len(f.Segments) > 4<<20 {
				return problemIf(true, "it has %[1]d sections and %[2]d segments: no program has", "它有 %[1]d 个节和 %[2]d 个段：没有程序如此", len(f.Sections), len(f.Segments))
			}
			for _, s := range f.Sections {
				if f.Type == "ET_REL" || !strings.Contains(s.Flags, "a") || strings.Contains(s.Flags, "T") || s.Size == 0 || len(f.Segments) == 0 {
					continue
				}
				if !slices.ContainsFunc(f.Segments, func(p Segment) bool {
					return p.Load() && s.Addr >= p.Addr && s.Addr-p.Addr <= p.Memory && s.Size <= p.Memory-(s.Addr-p.Addr)
				}) {
					return problemIf(true, "section %.60[1]q is in memory at %#[2]x, and in no segment", "节 %.60[1]q 位于内存 %#[2]x，却不属于任何段", s.Name, s.Addr)
				}
			}
			return "", ""
		}),
		rule("section", "section-rights", "is never writable and executable at once", func(f *Facts) (string, string) {
			for _, s := range f.Sections {
				if strings.Contains(s.Flags, "w") && strings.Contains(s.Flags, "x") {
					return problemIf(true, "section %.60[1]q is writable and executable", "节 %.60[1]q 同时可写可执行", s.Name)
				}
			}
			return "", ""
		}),
		rule("section", "section-align", "begins where its alignment says", func(f *Facts) (string, string) {
			for _, s := range f.Sections {
				if s.Align&(s.Align-1) != 0 {
					return problemIf(true, "section %.60[1]q has the alignment %[2]d, no power of two", "节 %.60[1]q 的对齐为 %[2]d，不是 2 的幂", s.Name, s.Align)
				}
				if s.Align > 1 && s.Addr%s.Align != 0 {
					return problemIf(true, "section %.60[1]q is at %#[2]x, which is no multiple of its alignment %[3]d", "节 %.60[1]q 位于 %#[2]x，不是其对齐 %[3]d 的倍数", s.Name, s.Addr, s.Align)
				}
			}
			return "", ""
		}),
		rule("section", "section-link", "names another only if that is there", func(f *Facts) (string, string) {
			for _, s := range f.Sections {
				if int64(s.Link) >= int64(max(len(f.Sections), 1)) {
					return problemIf(true, "section %.60[1]q names section %[2]d, and the file has %[3]d", "节 %.60[1]q 引用第 %[2]d 节，而文件只有 %[3]d 个节", s.Name, s.Link, len(f.Sections))
				}
			}
			return "", ""
		}),
		rule("section", "section-first", "list begins with an empty one", func(f *Facts) (string, string) {
			return problemIf(len(f.Sections) > 0 && f.Sections[0].Type != "SHT_NULL", "the first section is %[1]s instead of empty", "第一个节为 %[1]s，应为空", typeOfFirst(f.Sections))
		}),
		rule("section", "section-entries", "of a table has a whole number of entries", func(f *Facts) (string, string) {
			for _, s := range f.Sections {
				table := s.Type == "SHT_SYMTAB" || s.Type == "SHT_DYNSYM" || s.Type == "SHT_RELA" || s.Type == "SHT_REL" || s.Type == "SHT_DYNAMIC"
				if table && (s.Entry == 0 || s.Size%s.Entry != 0) {
					return problemIf(true, "section %.60[1]q has %[2]d bytes, in entries of %[3]d", "节 %.60[1]q 为 %[2]d 字节，表项却为 %[3]d 字节", s.Name, s.Size, s.Entry)
				}
			}
			return "", ""
		}),
		rule("section", "section-names", "has a table of names that is there", func(f *Facts) (string, string) {
			return problemIf(len(f.Sections) > 0 && int(f.Header.NameSection) < len(f.Sections) && f.Header.NameSection != 0 && f.Sections[f.Header.NameSection].Type != "SHT_STRTAB",
				"the names of its sections are in section %[1]d, which is no table of names", "节名称位于第 %[1]d 节，而该节不是名称表", f.Header.NameSection)
		}),
	}
}

// typeOfFirst returns the type of the first section; "" if there is none.
func typeOfFirst(sections []Section) string {
	if len(sections) == 0 {
		return ""
	}
	return sections[0].Type
}

// listed returns a rule that no symbol may be in a list.
func listed(id, holds, en, zh string, of func(Symbols) []string) Rule {
	return rule("symbol", id, holds, func(f *Facts) (string, string) {
		names := strings.Join(of(f.Symbols), ", ")
		return problemIf(len(of(f.Symbols)) > 0, en, zh, names)
	})
}

func symbolRules() []Rule {
	return []Rule{
		listed("symbol-section", "is defined in a section that is there", "symbols of sections that are not there (st_shndx): %.200[1]s", "符号所属的节不存在（st_shndx）：%.200[1]s", func(s Symbols) []string { return s.BadSection }),
		listed("symbol-local", "that is local is defined", "local symbols without a section (st_shndx 0): %.200[1]s", "局部符号没有所属的节（st_shndx 为 0）：%.200[1]s", func(s Symbols) []string { return s.LocalUndef }),
		listed("symbol-place", "of a function has an address in its section", "functions at addresses outside of their section: %.200[1]s", "函数地址不在所属的节内：%.200[1]s", func(s Symbols) []string { return s.Misplaced }),
		listed("symbol-late", "that is local stands before the first global one", "local symbols behind the first global one, which sh_info names: %.200[1]s", "局部符号位于 sh_info 所指的首个全局符号之后：%.200[1]s", func(s Symbols) []string { return s.LateLocal }),
		listed("symbol-early", "that is global stands behind the local ones", "global symbols before the place that sh_info names: %.200[1]s", "全局符号位于 sh_info 所指位置之前：%.200[1]s", func(s Symbols) []string { return s.EarlyGlobal }),
		rule("symbol", "symbol-name", "has a name in the table of names", func(f *Facts) (string, string) {
			return problemIf(f.Symbols.Unnamed > 0, "names of %[1]d symbols are not in the table of names", "%[1]d 个符号的名称不在名称表内", f.Symbols.Unnamed)
		}),
		rule("symbol", "symbol-static", "is undefined only where a dynamic linker is to find it", func(f *Facts) (string, string) {
			return problemIf(f.Go != nil && f.Static && f.Type == "ET_EXEC" && f.Symbols.Undefined > 0, "%[1]d symbols are undefined in a static file", "静态文件中有 %[1]d 个未定义符号", f.Symbols.Undefined)
		}),
	}
}

func noteRules() []Rule {
	return []Rule{
		rule("note", "note-whole", "ends within what holds it", func(f *Facts) (string, string) {
			return problemIf(slices.ContainsFunc(f.Notes, func(n Note) bool { return n.Bad }), "a note is longer than what holds it", "某条注释超出其所在区域")
		}),
		rule("note", "note-build-id", "of the build ID has 8 to 64 bytes", func(f *Facts) (string, string) {
			for _, n := range f.Notes {
				if n.Owner == "GNU" && n.Type == 3 && (n.Bytes < 8 || n.Bytes > 64) {
					return problemIf(true, "the build ID has %[1]d bytes", "build ID 为 %[1]d 字节", n.Bytes)
				}
			}
			return "", ""
		}),
		rule("note", "note-system", "of the system names Linux", func(f *Facts) (string, string) {
			for _, n := range f.Notes {
				if n.Owner == "GNU" && n.Type == 1 && !strings.HasPrefix(n.Says, "for Linux ") {
					return problemIf(true, "a note says that it is not for Linux: %[1]q", "注释表明它不用于 Linux：%[1]q", n.Says)
				}
			}
			return "", ""
		}),
		rule("debugging", "debugging-whole", "has every part of DWARF that it refers to, or none", func(f *Facts) (string, string) {
			return problemIf(len(f.Debug.Lacking) > 0, "DWARF without .debug_%[1]s", "DWARF 缺少 .debug_%[1]s", strings.Join(f.Debug.Lacking, ", .debug_"))
		}),
		rule("debugging", "debugging-units", "has units that end within it", func(f *Facts) (string, string) {
			return problemIf(f.Debug.Broken, "a unit of DWARF is longer than .debug_info", "某个 DWARF 单元超出 .debug_info")
		}),
		rule("debugging", "debugging-version", "is DWARF 2 to 5", func(f *Facts) (string, string) {
			for _, v := range f.Debug.Versions {
				if v < 2 || v > 5 {
					return problemIf(true, "a unit is of DWARF %[1]d", "某个单元为 DWARF %[1]d", v)
				}
			}
			return "", ""
		}),
	}
}

// firstGo are the first releases of Go whose port is complete: the Go release notes.
var firstGo = map[string]string{"amd64": "go1.0", "arm64": "go1.5", "loong64": "go1.19"}

// levels are the variables with the level of an architecture that Go compiles for, and the level that every processor has.
var levels = map[string][2]string{"amd64": {"GOAMD64", "v1"}, "arm64": {"GOARM64", "v8.0"}}

func goRules() []Rule {
	with := func(r Rule) Rule { // a file that is not Go's keeps them
		find := r.find
		r.find = func(f *Facts) []record.Sentence {
			if f.Go == nil {
				return nil
			}
			return find(f)
		}
		return r
	}
	return []Rule{
		with(rule("Go", "go-arch", "was built for the machine that the header names", func(f *Facts) (string, string) {
			arch := f.Go.Settings["GOARCH"]
			return problemIf(arch != "" && f.GOARCH != "" && arch != f.GOARCH, "Go built it for %[1]s, and the header names %[2]s", "Go 构建目标为 %[1]s，文件头却为 %[2]s", arch, f.GOARCH)
		})),
		with(rule("Go", "go-system", "was built for Linux", func(f *Facts) (string, string) {
			system := f.Go.Settings["GOOS"]
			return problemIf(system != "" && system != "linux", "Go built it for %[1]s", "Go 构建目标为 %[1]s", system)
		})),
		with(rule("Go", "go-version", "was built by a release whose port is complete", func(f *Facts) (string, string) {
			need := firstGo[f.GOARCH]
			return problemIf(need != "" && version.IsValid(f.Go.Version) && version.Compare(f.Go.Version, need) < 0, "%[1]s built it; the port to %[2]s begins with %[3]s", "由 %[1]s 构建；%[2]s 移植始于 %[3]s", f.Go.Version, f.GOARCH, need)
		})),
		with(rule("Go", "go-static", "is static where it was built without cgo", func(f *Facts) (string, string) {
			return problemIf(f.Go.Settings["CGO_ENABLED"] == "0" && len(f.Needed) > 0, "it was built without cgo, and needs %.200[1]s", "构建时未启用 cgo，却需要 %.200[1]s", strings.Join(f.Needed, ", "))
		})),
		with(rule("Go", "go-build-id", "has the build ID of Go", func(f *Facts) (string, string) {
			return problemIf(f.Go.BuildID == "" && !strings.Contains(f.Go.Settings["-ldflags"], "-buildid="), "it has no build ID of Go: another program has changed it", "没有 Go 的 build ID：文件被其他程序改动过")
		})),
		hint(with(rule("Go", "go-level", "runs on every processor of its architecture", func(f *Facts) (string, string) {
			level := levels[f.GOARCH]
			set := f.Go.Settings[level[0]]
			return problemIf(set != "" && set != level[1], "it was built with %[1]s=%[2]s: older processors end it, on arm64 without a message", "以 %[1]s=%[2]s 构建：较旧的处理器上会终止，arm64 上甚至没有提示", level[0], set)
		}))),
		hint(with(rule("Go", "go-race", "is not built to look for races", func(f *Facts) (string, string) {
			return problemIf(f.Go.Settings["-race"] == "true", "it was built with -race: slower by 2 to 20 times, and for 48-bit addresses alone", "以 -race 构建：慢 2 至 20 倍，且仅支持 48 位地址")
		}))),
	}
}
