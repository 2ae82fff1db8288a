package vm

import (
	"errors"

	"golang.org/x/sys/unix"
)

// wakeLazily lets a new emulator's threads, which inherit it, run on when they wake each other (SCHED_BATCH in sched(7)).
// A guest's kernel that boots makes its processors flush their translations tens of thousands of times, each a message
// that wakes a thread: where processors are few, half of the boot was switching to and fro. A process that has ended
// already needs nothing.
func wakeLazily(pid int) error {
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
