package noise

import (
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// Pin keeps this process, and those that it starts, to one processor, so that which of them runs where is the same each
// time; a client and its server otherwise share a processor in one process and not in the next. The function that it
// returns undoes it for this process.
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

// pinThreads sets the processors of every thread. One that begins meanwhile has those of the thread that began it, so that
// a second look finds what the first could not.
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
