package noise

import (
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// Pin makes this process, and processes that it starts, run on one processor. Otherwise a client and its server may share a
// processor in one measurement and not in the next. undo restores the processors of this process.
func Pin() (undo func() error, err error) {
	var all unix.CPUSet
	if err := unix.SchedGetaffinity(0, &all); err != nil {
		return nil, fmt.Errorf("processors of this process: %w", err)
	}
	var one unix.CPUSet
	for cpu := range len(all) * strconv.IntSize {
		if all.IsSet(cpu) {
			one.Set(cpu)
			break
		}
	}
	return func() error { return pinThreads(&all) }, pinThreads(&one)
}

// pinThreads sets the processors of every thread of this process. It does so twice, because threads that are created during the
// first pass may have inherited the old set.
func pinThreads(set *unix.CPUSet) error {
	for range 2 {
		threads, err := os.ReadDir("/proc/self/task")
		if err != nil {
			return err
		}
		for _, t := range threads {
			id, err := strconv.Atoi(t.Name())
			if err != nil {
				return err
			}
			if err := unix.SchedSetaffinity(id, set); err != nil && err != unix.ESRCH {
				return fmt.Errorf("pin thread %d: %w", id, err)
			}
		}
	}
	return nil
}
