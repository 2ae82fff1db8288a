package check

import (
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"testing"
	"time"
)

const spinVariable = "XCMATRIX_TEST_SPIN"

// A goroutine that loops while the collector waits for it stops every timer of Go, and the kernel ends the process.
func TestSpinWithoutPreemptionEnds(t *testing.T) {
	if os.Getenv(spinVariable) != "" {
		limitCPUTime(time.Second)
		go func() {
			//lint:ignore SA5002 the loop must use a processor
			for {
			}
		}()
		for {
			runtime.GC()
		}
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestSpinWithoutPreemptionEnds$")
	cmd.Env = append(os.Environ(), spinVariable+"=1", "GODEBUG=asyncpreemptoff=1")
	_ = cmd.Run()
	if s := cmd.ProcessState.Sys().(syscall.WaitStatus); !s.Signaled() || s.Signal() != syscall.SIGVTALRM {
		t.Errorf("it ended with %v", cmd.ProcessState)
	}
}
