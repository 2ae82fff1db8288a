package elf

import (
	"bytes"
	"io"
	"os"
	"runtime"

	. "github.com/onsi/ginkgo/v2"

	"github.com/xcmatrix/xcmatrix/results/executable"
	"github.com/xcmatrix/xcmatrix/results/executable/code"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

type use = code.Use

// open opens a file without a spec around it.
func open(path string) (*os.File, error) { return os.Open(path) }

// vdsoImage returns the pages of the vDSO. If the kernel gives none, the spec is skipped.
func vdsoImage() []byte {
	GinkgoHelper()
	check.NeedsKernel(record.Say("it gives none, or makes one itself", "它不提供 vDSO，或自行生成"))
	for _, m := range mappings() {
		if m.name != "[vdso]" {
			continue
		}
		image := make([]byte, m.to-m.from)
		if _, err := check.KernelOpen("/proc/self/mem").ReadAt(image, int64(m.from)); err != nil && err != io.EOF {
			check.NoError(err)
		}
		return image
	}
	check.Skip(record.Say("this kernel maps no vDSO", "此内核未映射 vDSO"))
	return nil
}

// vdsoFacts returns what the vDSO says of itself.
func vdsoFacts() executable.Facts {
	GinkgoHelper()
	image := vdsoImage()
	f, err := executable.Read(bytes.NewReader(image), int64(len(image)))
	check.NoError(err)
	return *f
}

// loaders are the dynamic linkers of each architecture's systems.
var loaders = map[string][]string{
	"amd64":   {"/lib64/ld-linux-x86-64.so.2", "/lib/ld-musl-x86_64.so.1"},
	"arm64":   {"/lib/ld-linux-aarch64.so.1", "/lib/ld-musl-aarch64.so.1"},
	"loong64": {"/lib64/ld-linux-loongarch-lp64d.so.1", "/lib64/ld.so.1", "/lib/ld-musl-loongarch64.so.1"},
}

// loaderFacts returns what this system's dynamic linker says of itself. The spec is skipped where there is none.
func loaderFacts() executable.Facts {
	GinkgoHelper()
	check.NeedsKernel(record.Say("its files are the host's", "它的文件属于宿主机"))
	for _, path := range loaders[runtime.GOARCH] {
		f, err := os.Open(path)
		if err != nil {
			continue
		}
		defer f.Close()
		info, err := f.Stat()
		check.NoError(err)
		facts, err := executable.Read(f, info.Size())
		check.NoError(err)
		return *facts
	}
	check.Skip(record.Say("this system has no dynamic linker: nothing needs one", "此系统没有动态链接器：没有程序需要它"))
	return executable.Facts{}
}
