package machine

import "encoding/binary"

// Types of auxiliary vector entries (include/uapi/linux/auxvec.h).
const (
	atHWCAP  = 16
	atHWCAP2 = 26
)

// hwcaps are the names of the bits of AT_HWCAP and of AT_HWCAP2 in /proc/cpuinfo, by GOARCH.
// Sources: arch/arm64/include/uapi/asm/hwcap.h, arch/loongarch/include/uapi/asm/hwcap.h.
var hwcaps = map[string][2][]string{
	"arm64": {
		{"fp", "asimd", "evtstrm", "aes", "pmull", "sha1", "sha2", "crc32", "atomics", "fphp", "asimdhp", "cpuid", "asimdrdm",
			"jscvt", "fcma", "lrcpc", "dcpop", "sha3", "sm3", "sm4", "asimddp", "sha512", "sve", "asimdfhm", "dit", "uscat",
			"ilrcpc", "flagm", "ssbs", "sb", "paca", "pacg"},
		{"dcpodp", "sve2", "sveaes", "svepmull", "svebitperm", "svesha3", "svesm4", "flagm2", "frint", "svei8mm", "svef32mm",
			"svef64mm", "svebf16", "i8mm", "bf16", "dgh", "rng", "bti", "mte", "ecv", "afp", "rpres", "mte3", "sme"},
	},
	"loong64": {
		{"cpucfg", "lam", "ual", "fpu", "lsx", "lasx", "crc32", "complex", "crypto", "lvz", "lbt_x86", "lbt_arm", "lbt_mips",
			"ptw", "lspw"},
	},
}

// auxFeatures returns the CPU features in the auxiliary vector, which the kernel or a user-mode emulator passes to a process. They
// are used when /proc/cpuinfo describes another processor. auxv is the content of /proc/self/auxv, pairs of 64-bit words.
func auxFeatures(auxv, goarch string) []string {
	var features []string
	words := []byte(auxv)
	for ; len(words) >= 16; words = words[16:] {
		var names []string
		switch binary.LittleEndian.Uint64(words) {
		case atHWCAP:
			names = hwcaps[goarch][0]
		case atHWCAP2:
			names = hwcaps[goarch][1]
		}
		bits := binary.LittleEndian.Uint64(words[8:])
		for i, name := range names {
			if bits&(1<<i) != 0 && len(features) < maxFeatures {
				features = append(features, name)
			}
		}
	}
	return features
}
