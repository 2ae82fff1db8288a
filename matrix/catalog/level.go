package catalog

import "slices"

// levelStep is a micro-architecture level and the features that it needs in addition to the level below, as named in
// /proc/cpuinfo.
type levelStep struct {
	level string
	needs []string
}

// amd64Steps are the levels of the x86-64 psABI, as quoted by go.dev/wiki/MinimumRequirements. In cpuinfo lzcnt is "abm", SSE3
// is "pni", and OSXSAVE is "xsave".
var amd64Steps = []levelStep{
	{"v2", []string{"cx16", "lahf_lm", "popcnt", "pni", "sse4_1", "sse4_2", "ssse3"}},
	{"v3", []string{"avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe", "xsave"}},
	{"v4", []string{"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"}},
}

// arm64Steps are the mandatory features that Linux shows to programs, for each version of the Armv8-A architecture
// (Arm ARM DDI 0487, A2; Documentation/arch/arm64/elf_hwcaps.rst). v9.n equals v8.(n+5) with SVE2.
var arm64Steps = []levelStep{
	{"v8.1", []string{"atomics", "crc32", "asimdrdm"}},
	{"v8.2", []string{"dcpop"}},
	{"v8.3", []string{"fcma", "jscvt", "lrcpc", "paca"}},
	{"v8.4", []string{"asimddp", "dit", "flagm", "ilrcpc", "uscat"}},
	{"v8.5", []string{"bti", "flagm2", "frint", "sb", "dcpodp"}},
	{"v8.6", []string{"bf16", "i8mm"}},
	{"v8.7", []string{"wfxt"}},
	{"v8.8", []string{"mops"}},
	{"v8.9", []string{"cssc"}},
}

// Level returns the highest GOAMD64 or GOARM64 level of which all features are present; "" on an architecture without levels. If
// the kernel hides a feature, the level is lower than the CPU's.
func Level(goarch string, features []string) string {
	switch goarch {
	case "amd64":
		return highestLevel("v1", amd64Steps, features)
	case "arm64":
		level := highestLevel("v8.0", arm64Steps, features)
		if level >= "v8.5" && slices.Contains(features, "sve2") {
			return "v9." + string(level[3]-5)
		}
		return level
	}
	return ""
}

// Levels returns the levels of GOAMD64 or GOARM64, the lowest first; none on an architecture without levels.
func Levels(goarch string) []string {
	switch goarch {
	case "amd64":
		return []string{"v1", "v2", "v3", "v4"}
	case "arm64":
		return []string{"v8.0", "v8.1", "v8.2", "v8.3", "v8.4", "v8.5", "v8.6", "v8.7", "v8.8", "v8.9",
			"v9.0", "v9.1", "v9.2", "v9.3", "v9.4", "v9.5"}
	}
	return nil
}

// highestLevel returns the highest level whose steps the features fulfil, beginning at a level that needs no features.
func highestLevel(level string, steps []levelStep, features []string) string {
	for _, s := range steps {
		for _, f := range s.needs {
			if !slices.Contains(features, f) {
				return level
			}
		}
		level = s.level
	}
	return level
}
