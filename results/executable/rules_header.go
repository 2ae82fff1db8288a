package executable

import (
	"slices"
	"strings"
)

func headerRules() []Rule {
	return []Rule{
		rule("header", "header-class", "names 64 bits and little-endian for a machine that has only these", func(f *Facts) (string, string) {
			return problemIf(f.GOARCH != "" && (f.Class != 64 || f.ByteOrder != "little"), "%[1]s has 64 bits, little-endian; the header says %[2]d bits, %[3]s-endian", "%[1]s 为 64 位小端，文件头却为 %[2]d 位、%[3]s 端", f.GOARCH, f.Class, f.ByteOrder)
		}),
		rule("header", "header-size", "states its own size as the class has it", func(f *Facts) (string, string) {
			want := uint16(64)
			if f.Class == 32 {
				want = 52
			}
			return problemIf(f.Header.HeaderBytes != want, "the header states its size as %[1]d bytes; it has %[2]d", "文件头自称 %[1]d 字节，应为 %[2]d", f.Header.HeaderBytes, want)
		}),
		rule("header", "header-flags", "names a LoongArch ABI variant that exists, or no flags elsewhere", func(f *Facts) (string, string) {
			switch f.GOARCH {
			case "loong64":
				return problemIf(f.Flags&^0xc7 != 0 || strings.Contains(f.ABI, "unknown"), "flags %#[1]x: %[2]s", "标志 %#[1]x：%[2]s", f.Flags, f.ABI)
			case "amd64", "arm64":
				return problemIf(f.Flags != 0, "flags %#[1]x: %[2]s has none", "标志 %#[1]x：%[2]s 没有标志", f.Flags, f.GOARCH)
			}
			return "", ""
		}),
		rule("header", "header-float", "is of the double-float ABI, which LoongArch's C libraries and Go have", func(f *Facts) (string, string) {
			return problemIf(f.GOARCH == "loong64" && f.Flags&7 != 3 && !strings.Contains(f.ABI, "unknown"), "it is of the ABI %[1]s: systems for LoongArch have lp64d", "ABI 为 %[1]s：龙架构系统采用 lp64d", f.ABI)
		}),
		rule("header", "header-system", "asks for no other system than Linux", func(f *Facts) (string, string) {
			ok := f.OSABI == "ELFOSABI_NONE" || f.OSABI == "ELFOSABI_LINUX" || f.OSABI == "ELFOSABI_HURD"
			return problemIf(!ok, "it is for another system: %[1]s", "属于其他系统：%[1]s", f.OSABI)
		}),
		rule("header", "header-version", "is of version 0 of its system's ABI", func(f *Facts) (string, string) {
			return problemIf(f.Header.ABIVersion != 0, "it asks for version %[1]d of the system's ABI", "要求系统 ABI 版本 %[1]d", f.Header.ABIVersion)
		}),
		rule("header", "header-entry", "starts in a segment of code", func(f *Facts) (string, string) {
			if f.Type != "ET_EXEC" && (f.Type != "ET_DYN" || f.Entry == 0) {
				return "", ""
			}
			ok := slices.ContainsFunc(f.Segments, func(s Segment) bool {
				return s.Load() && strings.HasSuffix(s.Flags, "x") && f.Entry >= s.Addr && f.Entry-s.Addr < s.File
			})
			return problemIf(!ok, "it starts at %#[1]x, where no code is", "入口 %#[1]x 处没有代码", f.Entry)
		}),
		rule("header", "header-segments", "has segments that a kernel can load", func(f *Facts) (string, string) {
			ok := slices.ContainsFunc(f.Segments, Segment.Load)
			return problemIf((f.Type == "ET_EXEC" || f.Type == "ET_DYN") && !ok, "it has no segment to load", "没有可装入的段")
		}),
	}
}
