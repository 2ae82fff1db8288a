package executable

import (
	"path"
	"strings"
)

// loongABI returns the ABI variant that the flags of a LoongArch file name: LoongArch ELF psABI, section e_flags.
func loongABI(flags uint32) string {
	base, ok := map[uint32]string{1: "lp64s", 2: "lp64f", 3: "lp64d"}[flags&7]
	if !ok {
		base = "base ABI unknown"
	}
	switch flags >> 6 & 3 {
	case 0:
		return base + ", object ABI v0"
	case 1:
		return base + ", object ABI v1"
	}
	return base + ", object ABI unknown"
}

// Worlds of LoongArch.
const (
	OldWorld = "old"
	NewWorld = "new"
)

// world returns the ABI world of a LoongArch file, from its interpreter, and from the versions of the C library that it needs: the
// new world's begins with GLIBC_2.36. It returns "" where nothing says it: a static file's flags do not.
func world(f *Facts) string {
	if f.GOARCH != "loong64" {
		return ""
	}
	worlds := map[string]bool{}
	switch path.Base(f.Interpreter) {
	case "ld.so.1":
		worlds[OldWorld] = true
	case "ld-linux-loongarch-lp64d.so.1", "ld-linux-loongarch-lp64f.so.1", "ld-linux-loongarch-lp64s.so.1", "ld-musl-loongarch64.so.1":
		worlds[NewWorld] = true
	}
	for _, v := range f.Dynamic.Versions {
		if oldGlibc(v) {
			worlds[OldWorld] = true
		}
	}
	switch {
	case worlds[OldWorld] && worlds[NewWorld]:
		return "mixed"
	case worlds[OldWorld]:
		return OldWorld
	case worlds[NewWorld]:
		return NewWorld
	}
	return ""
}

// oldGlibc reports whether a version of glibc symbols is one that only the old world's has: 2.0 to 2.35.
func oldGlibc(version string) bool {
	minor, is := strings.CutPrefix(version, "GLIBC_2.")
	minor, _, _ = strings.Cut(minor, ".")
	return is && len(minor) > 0 && len(minor) < 3 && (len(minor) == 1 || minor < "36")
}
