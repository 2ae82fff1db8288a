package selftest

import (
	"bytes"
	"os"
	"os/exec"
	"strconv"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// kernelPlants do damage to a virtual machine's kernel that no suite may do to this machine's.
func kernelPlants() []act {
	return []act{
		{does: "planted panic: brings the kernel of a virtual machine down, unless not planted", right: record.Skip, body: func() {
			planted("panic")
			onlyInGuest()
			Expect(os.WriteFile("/proc/sysrq-trigger", []byte("c"), 0)).To(Succeed())
			select {}
		}},
		{does: "planted memory: leaves the kernel of a virtual machine none, unless not planted", right: record.Skip, body: func() {
			planted("memory")
			onlyInGuest()
			fill("/dev/shm/planted", "/tmp/planted")
			time.Sleep(10 * time.Second)
			Fail("the kernel ended nobody")
		}},
		{does: "planted console: floods the console of a virtual machine with so many MiB, unless not planted", right: record.Skip, body: func() {
			size, err := strconv.Atoi(planted("console"))
			Expect(err).NotTo(HaveOccurred())
			onlyInGuest()
			console, err := os.OpenFile("/dev/console", os.O_WRONLY, 0)
			Expect(err).NotTo(HaveOccurred())
			defer console.Close()
			for range size << 10 {
				_, err := console.Write(bytes.Repeat([]byte("x"), 1<<10))
				Expect(err).NotTo(HaveOccurred())
			}
		}},
		{does: "planted layout: a program dies where signal frames have another layout, unless not planted", right: record.Skip, body: func() {
			planted("layout")
			onlyInGuest()
			said, err := inOldWorld()
			Expect(err).NotTo(HaveOccurred(), said)
			Expect(said).To(ContainSubstring(`"verdict":"pass"`))
			said, err = inOldWorld("-wrong-layout")
			Expect(err).To(HaveOccurred(), said) // the runtime throws, or a second fault ends it
			Expect(said).NotTo(ContainSubstring(`"verdict":"pass"`))
			Expect(said).To(Or(ContainSubstring("fatal error"), ContainSubstring("SIGSEGV")))
		}},
	}
}

// inOldWorld runs a spec that takes a signal, in the simulator of LoongArch's old world (matrix/vm/oldworld), and returns
// what it printed.
func inOldWorld(flags ...string) (said string, err error) {
	const self = "/proc/self/exe"
	args := append([]string{"oldworld"}, flags...)
	args = append(args, self, "exec", "--suite", "abi", "--spec", "signal / of a nil dereference becomes a panic")
	out, err := exec.Command(self, args...).CombinedOutput()
	return string(out), err
}

func onlyInGuest() {
	if check.Launch().Provenance != record.VM {
		check.Skip(record.Say("this damages the kernel, so that it runs only in a virtual machine", "只对虚拟机的内核动手"))
	}
}

// fill writes files in memory until the kernel refuses or ends this process.
func fill(paths ...string) {
	block := bytes.Repeat([]byte{1}, 1<<20)
	for _, path := range paths {
		f, err := os.Create(path)
		Expect(err).NotTo(HaveOccurred())
		defer f.Close()
		for err == nil {
			_, err = f.Write(block)
		}
	}
}
