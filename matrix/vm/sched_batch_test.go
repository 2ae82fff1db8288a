package vm

import (
	"os/exec"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/drivers/child"
	"github.com/xcmatrix/xcmatrix/results/needs"
)

func TestWakeLazily(t *testing.T) {
	cmd := exec.Command("sleep", "60")
	done, err := child.Start(cmd)
	if err != nil {
		needs.Absent(t, needs.Kernel, err)
	}
	before, err := unix.SchedGetAttr(cmd.Process.Pid, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := setSchedBatch(cmd.Process.Pid); err != nil {
		t.Error(err)
	}
	after, err := unix.SchedGetAttr(cmd.Process.Pid, 0)
	if err != nil || after.Policy != unix.SCHED_BATCH || after.Nice != before.Nice {
		t.Errorf("policy %d, nice %d, before %d: %v", after.Policy, after.Nice, before.Nice, err)
	}
	child.Kill(cmd)
	<-done
	if err := setSchedBatch(cmd.Process.Pid); err != nil {
		t.Errorf("one that has ended: %v", err)
	}
}
