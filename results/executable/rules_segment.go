package executable

import (
	"slices"
	"strconv"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
)

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

func segmentRules() []Rule {
	loads := func(s Segment, wrong bool, en, zh string, args ...any) (string, string) {
		return problemIf(s.Load() && wrong, en, zh, args...)
	}
	return []Rule{
		each("segment-align", "has a power of two as its alignment", func(_ *Facts, s Segment) (string, string) {
			return problemIf(s.Align&(s.Align-1) != 0, "has the alignment %[1]d, no power of two", "对齐为 %[1]d，不是 2 的幂", s.Align)
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
					return problemIf(true, "segment %[1]d is loaded below the one before it: kernels reserve too little for such a file", "第 %[1]d 段的地址低于前一段：内核预留的空间会不足", i)
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
					return problemIf(true, "segment %[1]d begins at %#[2]x, before the one before it ends", "第 %[1]d 段起于 %#[2]x，而前一段尚未结束", i, s.Addr)
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
			return problemIf(true, "kernels with pages of %[1]s KiB do not load it: link it with -z max-page-size=65536", "页大小为 %[1]s KiB 的内核无法装入：链接时请加 -z max-page-size=65536", list)
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
				return problemIf(true, "no segment PT_GNU_STACK: on amd64 its stack and data are executable", "没有 PT_GNU_STACK 段：在 amd64 上栈与数据可执行")
			case stacks > 1:
				return problemIf(true, "%[1]d segments PT_GNU_STACK", "有 %[1]d 个 PT_GNU_STACK 段", stacks)
			}
			return problemIf(!f.NX, "its stack is executable", "栈可执行")
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
			return problemIf(n > 1, "%[1]d segments PT_TLS", "有 %[1]d 个 PT_TLS 段", n)
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
			return problemIf(true, "segment %[1]s is in none that is loaded", "%[1]s 段不在任何装入的段内", kind)
		}
	}
	return "", ""
}
