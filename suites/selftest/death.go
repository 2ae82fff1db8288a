package selftest

import (
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	. "github.com/onsi/ginkgo/v2"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// deaths end the process, or never end.
func deaths() []act {
	soon := []any{check.Within(time.Second), slow}
	return []act{
		{does: "panics in another goroutine", right: record.Crash, body: func() {
			go panic("planted")
			select {}
		}},
		{does: "hangs and ignores every signal", right: record.Timeout, with: soon, body: func() {
			signal.Ignore()
			select {}
		}},
		{does: "hangs in a spin", right: record.Timeout, with: soon, body: func() {
			//lint:ignore SA5002 the spin is what is wanted
			for {
			}
		}},
		{does: "allocates without end", right: record.Crash, body: allocate, with: []any{slow}},
		{does: "executes an illegal instruction (SIGILL)", right: record.Crash, body: illegal},
		{does: "reads an address without access (SIGSEGV)", right: record.Crash, body: fault},
		{does: "exits the process with status 7", right: record.Crash, body: func() { os.Exit(7) }},
		{does: "kills its process with SIGKILL", right: record.Crash, body: func() {
			if err := syscall.Kill(os.Getpid(), syscall.SIGKILL); err != nil {
				Fail(err.Error())
			}
			select {}
		}},
	}
}

// illegal executes an instruction that the architecture reserves as undefined for ever.
func illegal()

// fault reads a page that may not be read. Unlike a nil dereference, it does not cause a panic that could be recovered.
func fault() {
	page, err := syscall.Mmap(-1, 0, os.Getpagesize(), syscall.PROT_NONE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		Fail(err.Error())
	}
	Fail("read " + string(page[:1]))
}

// allocate allocates and writes to memory until the launcher's limit ends the process. Without a limit it stops by itself, so
// that a missing limit costs the verdict and not the machine.
func allocate() {
	const step, enough = 32 << 20, 8 << 30
	var held [][]byte
	for len(held) < enough/step {
		block := make([]byte, step)
		for i := 0; i < len(block); i += 4096 {
			block[i] = 1
		}
		held = append(held, block)
	}
	runtime.KeepAlive(held)
	Fail("8 GiB allocated: the launcher sets no limit")
}
