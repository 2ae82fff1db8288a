package elf

import (
	"fmt"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/xcmatrix/xcmatrix/results/executable"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// Keys of the auxiliary vector, getauxval(3).
const (
	atHeaders      = 3 // AT_PHDR
	atHeaderBytes  = 4 // AT_PHENT
	atHeaderNumber = 5 // AT_PHNUM
	atBase         = 7 // AT_BASE
	atEntry        = 9 // AT_ENTRY
)

// mapping is one line of /proc/self/maps.
type mapping struct {
	from, to uint64
	rights   string
	name     string // of a file, or of what the kernel maps: "[vdso]"
	line     string
}

func mappings() []mapping {
	GinkgoHelper()
	var all []mapping
	for line := range strings.Lines(check.KernelFile("/proc/self/maps")) {
		m := mapping{line: strings.TrimSpace(line)}
		_, err := fmt.Sscanf(line, "%x-%x %s", &m.from, &m.to, &m.rights)
		check.NoError(err, line)
		if fields := strings.Fields(line); len(fields) > 5 {
			m.name = fields[5]
		}
		all = append(all, m)
	}
	return all
}

// needsFixed skips the spec in a position-independent executable, whose addresses the kernel chooses.
func needsFixed() {
	if setting("-buildmode") == "pie" {
		check.Skip(record.Say("a position-independent executable is loaded elsewhere", "位置无关可执行文件的加载地址不同"))
	}
}

func loaded() {
	It("entry and headers are where the file says", func() {
		vector := check.Gather("auxiliary vector's entry, number, size and address of headers", func() [4]uint64 {
			needsFixed()
			return [4]uint64{auxv(atEntry), auxv(atHeaderNumber), auxv(atHeaderBytes), auxv(atHeaders)}
		})
		segments := programHeaders()
		Expect(vector[0]).To(Equal(fileHeader().Entry))
		Expect(vector[1]).To(BeEquivalentTo(len(segments)))
		Expect(vector[2]).To(BeEquivalentTo(56)) // sizeof(Elf64_Phdr)
		Expect(holding(segments, vector[3])).NotTo(BeNil())
	})
	It("no interpreter was put beside it", func() {
		Expect(check.Gather("AT_BASE", func() uint64 {
			needsStatic()
			check.NeedsKernel(record.Say("it fills AT_BASE itself", "AT_BASE 由它自己填写"))
			return auxv(atBase)
		})).To(BeZero())
	})
	It("each segment has the rights that its header asks for", func() {
		maps := check.Gather("mappings", func() []mapping {
			needsFixed()
			check.NeedsKernel(record.Say("it maps the file in its own way", "它以自己的方式映射文件"))
			return mappings()
		})
		for _, p := range loads(programHeaders()) {
			found := false
			for _, m := range maps {
				if p.Vaddr >= m.from && p.Vaddr < m.to {
					found = true
					Expect(m.rights[:3]).To(Equal(executable.Rights(p.Flags)), m.line)
				}
			}
			Expect(found).To(BeTrue(), "at %#x", p.Vaddr)
		}
	})
	It("no memory of the process is writable and executable", func() {
		for _, m := range check.Gather("mappings", func() []mapping {
			check.NeedsKernel(record.Say("it lists memory of its own", "它会列出自身的内存"))
			return mappings()
		}) {
			Expect(m.rights[1] == 'w' && m.rights[2] == 'x').To(BeFalse(), m.line)
		}
	})
	It("code in memory is code in the file", func() {
		both := check.Gather("code in the file and in memory", func() [2]string {
			needsFixed()
			text := section(image(), ".text")
			want, err := text.Data()
			check.NoError(err)
			got := make([]byte, min(len(want), 1<<20))
			_, err = check.KernelOpen("/proc/self/mem").ReadAt(got, int64(text.Addr))
			check.NoError(err)
			return [2]string{string(want[:len(got)]), string(got)}
		})
		Expect(both[1] == both[0]).To(BeTrue())
	})
}
