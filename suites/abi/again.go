package abi

import (
	"os"
	"runtime/debug"
	"time"

	. "github.com/onsi/ginkgo/v2"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/rerun"
)

// againSpecs registers what other specs run in a process of its own.
func againSpecs() {
	It("process", func() { rerun.Tell("process", os.Getpid()) })
	It("crash without a core", func() { crash(0) })
	It("crash with a core", func() { crash(coreLimit) })
	It("pointers", func() { rerun.Tell("wrong", wrongPointers()) })
}

// crash ends the process by SIGABRT in the directory of temporary files, with a core limit in bytes.
func crash(limit uint64) {
	GinkgoHelper()
	if err := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{Cur: limit, Max: limit}); err != nil {
		check.Skip(record.Sayf("this process may not set its core limit: %v", "本进程不能设置转储上限：%v", err))
	}
	check.NoError(os.Chdir(os.TempDir()))
	debug.SetTraceback("crash")
	go panic("this process was asked to crash")
	time.Sleep(time.Hour)
}
