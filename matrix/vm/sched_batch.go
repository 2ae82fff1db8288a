package vm

import (
	"errors"

	"golang.org/x/sys/unix"
)

// setSchedBatch gives a new QEMU process, and all threads that it starts, the scheduling policy SCHED_BATCH (sched(7)): a thread
// that wakes another one keeps running. While a guest boots, its processors flush their TLBs tens of thousands of times, and
// each flush wakes a thread; on hosts with few processors, context switches took half of the boot time. It returns nil if the
// process has ended already.
func setSchedBatch(pid int) error {
	attr, err := unix.SchedGetAttr(pid, 0)
	if err == nil {
		attr.Policy = unix.SCHED_BATCH
		err = unix.SchedSetAttr(pid, attr, 0)
	}
	if errors.Is(err, unix.ESRCH) {
		return nil
	}
	return err
}
