package abi

import (
	"bufio"
	"runtime"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/cpu"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// capability is one bit of AT_HWCAP and its name in /proc/cpuinfo.
type capability struct {
	name string
	bit  uint
}

// capabilities: on amd64 CPUID 1 EDX (Intel SDM, table 3-11), else arch/*/include/uapi/asm/hwcap.h in Linux.
var capabilities = map[string][]capability{
	"amd64": {{"fpu", 0}, {"tsc", 4}, {"cx8", 8}, {"cmov", 15}, {"mmx", 23}, {"fxsr", 24}, {"sse", 25}, {"sse2", 26}},
	"arm64": {{"fp", 0}, {"asimd", 1}, {"aes", 3}, {"pmull", 4}, {"sha1", 5}, {"sha2", 6}, {"crc32", 7}, {"atomics", 8},
		{"sha3", 17}, {"sm3", 18}, {"sm4", 19}, {"asimddp", 20}, {"sha512", 21}, {"sve", 22}},
	"loong64": {{"cpucfg", 0}, {"lam", 1}, {"ual", 2}, {"fpu", 3}, {"lsx", 4}, {"lasx", 5}, {"crc32", 6}, {"complex", 7},
		{"crypto", 8}, {"lvz", 9}},
}

// needed are the features that every Go binary of the architecture uses, at the lowest level.
var needed = map[string][]string{
	"amd64":   {"fpu", "cx8", "cmov", "mmx", "fxsr", "sse", "sse2"},
	"arm64":   {"fp", "asimd"},
	"loong64": {"fpu", "ual"},
}

// hwcaps returns the listed capabilities, by name, and whether AT_HWCAP has their bit.
func hwcaps() map[string]bool {
	GinkgoHelper()
	listed, known := capabilities[runtime.GOARCH]
	if !known {
		check.Skip(record.Sayf("no capabilities are listed for %s", "未列出 %s 的 CPU 能力位", runtime.GOARCH))
	}
	word := value(atHWCAP)
	has := map[string]bool{}
	for _, c := range listed {
		has[c.name] = word&(1<<c.bit) != 0
	}
	return has
}

func features() {
	It("set has what Go binaries need", func() {
		has := hwcaps()
		for _, name := range needed[runtime.GOARCH] {
			Expect(has[name]).To(BeTrue(), name)
		}
	})
	It("set in AT_HWCAP is the one in /proc/cpuinfo", func() {
		told := check.Gather("features in /proc/cpuinfo", func() map[string]bool {
			check.NeedsKernel(record.Say("its cpuinfo may be the host's", "cpuinfo 可能是宿主机的"))
			return cpuinfoFeatures()
		})
		world := worldHere()
		for name, has := range hwcaps() {
			if slices.Contains(world.untold, name) {
				continue
			}
			Expect(told[name]).To(Equal(has), name)
		}
	})
	It("set that golang.org/x/sys/cpu detects is the one in AT_HWCAP", func() {
		has := hwcaps()
		detected := map[string]map[string]bool{
			"amd64": {"sse2": cpu.X86.HasSSE2},
			"arm64": {"fp": cpu.ARM64.HasFP, "asimd": cpu.ARM64.HasASIMD, "aes": cpu.ARM64.HasAES, "sha2": cpu.ARM64.HasSHA2,
				"crc32": cpu.ARM64.HasCRC32, "atomics": cpu.ARM64.HasATOMICS, "sm3": cpu.ARM64.HasSM3, "sm4": cpu.ARM64.HasSM4,
				"sve": cpu.ARM64.HasSVE},
			"loong64": {"lsx": cpu.Loong64.HasLSX, "lasx": cpu.Loong64.HasLASX},
		}
		for name, is := range check.Fact("features that golang.org/x/sys/cpu detects", detected[runtime.GOARCH]) {
			Expect(is).To(Equal(has[name]), name)
		}
	})
}

// cpuinfoFeatures returns the words of the first processor's feature line in /proc/cpuinfo.
func cpuinfoFeatures() map[string]bool {
	words := map[string]bool{}
	lines := bufio.NewScanner(strings.NewReader(check.KernelFile("/proc/cpuinfo")))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		key, value, _ := strings.Cut(lines.Text(), ":")
		switch strings.TrimSpace(key) {
		case "flags", "Features", "features": // x86, arm64, loong64
			for word := range strings.FieldsSeq(value) {
				words[word] = true
			}
			return words
		}
	}
	Fail("no line of features in /proc/cpuinfo")
	return nil
}
