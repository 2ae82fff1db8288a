// Package unplug removes a loop device again and again while it is read, and brings it back with another size. It reports what a
// reader by identity saw, what descriptors saw that were kept, and whether anything is left behind.
package unplug

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/suites/disk/device"
	"github.com/xcmatrix/xcmatrix/suites/disk/loop"
	"github.com/xcmatrix/xcmatrix/suites/disk/sysfs"
)

// Report is what was seen in some cycles.
type Report struct {
	Cycles      int
	Sequences   map[string]int // what a cycle showed, and how often
	Wrong       int            // cycles whose sequence is not that of a removal
	WrongSizes  int            // reads that gave a size which the device did not have
	NotSeen     int            // cycles after which the reader did not find the device again
	Kept        map[string]int // what a kept descriptor of the size said after the removal, and how often
	KeptSize    int            // kept descriptors that gave a size again
	Revived     int            // cycles in which reading brought the removed device back
	Stranger    int            // reads that took a device without the identity for the right one
	Reads       int64          // by the reader that runs beside
	Beside      map[string]int // what that reader saw in an order that is none of a removal, or as a wrong size, and how often
	Descriptors [2]int         // of this process before the first cycle, and after the last
	Goroutines  [2]int
}

const (
	smallest = 1 << 20 // bytes of the device
	step     = 4096    // by which its size differs from one cycle to the next
	sizes    = 64      // how many sizes there are
)

// run is the state of some cycles.
type run struct {
	disk     *loop.Device
	file     *os.File
	reader   *device.Reader
	identity device.Identity
	bytes    atomic.Uint64 // the size of now
	report   *Report
	kept     *os.File // the size attribute, from the cycle before
}

// Cycles removes a device n times that shows a file in the directory. It returns an errno if this process can make no device, and
// any other error if something else fails.
func Cycles(dir string, n int) (*Report, error) {
	report := &Report{Cycles: n, Sequences: map[string]int{}, Kept: map[string]int{}, Beside: map[string]int{}}
	report.Descriptors[0], report.Goroutines[0] = descriptors(), runtime.NumGoroutine()
	if err := cycles(report, dir, n); err != nil {
		return nil, err
	}
	report.Descriptors[1], report.Goroutines[1] = settled(report.Descriptors[0], report.Goroutines[0])
	return report, nil
}

func cycles(report *Report, dir string, n int) (err error) {
	path := filepath.Join(dir, "disk")
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer file.Close()
	disk, err := loop.Add()
	if err != nil {
		return err
	}
	defer func() {
		if closed := disk.Close(); err == nil {
			err = closed
		}
	}()
	identity := device.Identity{Attribute: "loop/backing_file", Value: path}
	r := &run{disk: disk, file: file, reader: device.NewReader(identity), identity: identity, report: report}
	defer r.drop()
	if err := r.attach(0); err != nil {
		return err
	}
	stop := r.readBeside()
	defer stop()
	for i := range n {
		if err := r.cycle(i); err != nil {
			return fmt.Errorf("cycle %d: %w", i+1, err)
		}
	}
	return nil
}

// attach makes the device appear with the size of a cycle.
func (r *run) attach(cycle int) error {
	bytes := uint64(smallest + cycle%sizes*step)
	if err := r.file.Truncate(int64(bytes)); err != nil {
		return err
	}
	r.bytes.Store(bytes)
	return r.disk.Attach(r.file, loop.Options{})
}

// cycle removes the device and brings it back with another size.
func (r *run) cycle(i int) error {
	var seen []device.Step
	var said []string
	add := func(what string, bytes uint64, err error) {
		seen = append(seen, device.StepOf(bytes, err))
		said = append(said, what+" "+answer(bytes, err))
	}
	add("reader", r.read(), nil)
	if err := r.keep(); err != nil {
		return err
	}
	if err := r.disk.Clear(); err != nil {
		return err
	}
	n, err := r.disk.ReadAt(make([]byte, 512), 0)
	add("node", uint64(n), err)
	if err := r.disk.Detach(); err != nil {
		return err
	}
	sectors, err := sysfs.Dir{}.Decimal(filepath.Join("/sys/block", r.disk.Name(), "size"))
	add("size", sectors, err)
	if err := r.disk.Remove(); err != nil {
		return err
	}
	_, err = r.reader.Read()
	add("reader", 0, err)
	r.askKept("removed")
	if _, err := os.Stat(filepath.Join("/sys/block", r.disk.Name())); !errors.Is(err, os.ErrNotExist) {
		r.report.Revived++
	}
	if err := r.disk.Return(); err != nil {
		return err
	}
	if _, err := r.reader.Read(); err == nil { // the name is back, and shows nothing
		r.report.Stranger++
	}
	if err := r.attach(i + 1); err != nil {
		return err
	}
	r.askKept("back")
	if bytes := r.read(); bytes == 0 {
		r.report.NotSeen++
	} else {
		add("reader", bytes, nil)
	}
	r.report.Sequences[strings.Join(said, ", ")]++
	if right, back := device.Removal(seen); !right || !back {
		r.report.Wrong++
	}
	return nil
}

// read returns the device's size by the reader; 0 if the reader does not find it within a second.
func (r *run) read() uint64 {
	for end := time.Now().Add(time.Second); ; time.Sleep(time.Millisecond) {
		state, err := r.reader.Read()
		if err == nil {
			if state.Bytes != r.bytes.Load() {
				r.report.WrongSizes++
			}
			return state.Bytes
		}
		if time.Now().After(end) {
			return 0
		}
	}
}

// keep opens the size of the device as it is now, and keeps it open.
func (r *run) keep() (err error) {
	r.drop()
	r.kept, err = os.Open(filepath.Join("/sys/block", r.disk.Name(), "size"))
	return err
}

func (r *run) drop() {
	if r.kept != nil {
		r.kept.Close()
		r.kept = nil
	}
}

// askKept reads the size that was kept open.
func (r *run) askKept(when string) {
	_, err := unix.Pread(int(r.kept.Fd()), make([]byte, 32), 0)
	if err == nil {
		r.report.KeptSize++
	}
	r.report.Kept[when+" "+answer(0, err)]++
}

// readBeside reads the device with a reader of its own, and lists all devices, until the returned function is called. It waits for
// both to end.
func (r *run) readBeside() (stop func()) {
	var done atomic.Bool
	var beside sync.WaitGroup
	beside.Go(func() {
		reader, last := device.NewReader(r.identity), device.There
		for !done.Load() {
			before := r.bytes.Load()
			state, err := reader.Read()
			after := r.bytes.Load()
			r.report.Reads++
			now := device.StepOf(state.Bytes, err)
			switch {
			case now == device.There && state.Bytes != before && state.Bytes != after:
				r.report.Beside[fmt.Sprintf("%d bytes instead of %d or %d", state.Bytes, before, after)]++
			case now == device.Wrong, !device.Follows(last, now):
				r.report.Beside[fmt.Sprintf("%v, then %v (%v)", last, now, err)]++
			}
			last = now
		}
	})
	beside.Go(func() {
		buffer := make([]byte, 4096)
		for !done.Load() {
			_ = sysfs.Names("/sys/block", buffer, func(name []byte) bool { return len(name) > 0 })
			runtime.Gosched()
		}
	})
	return func() { done.Store(true); beside.Wait() }
}

// answer returns the name of an errno, or a size's.
func answer(bytes uint64, err error) string {
	var errno unix.Errno
	switch {
	case errors.As(err, &errno):
		return unix.ErrnoName(errno)
	case err != nil:
		return err.Error()
	case bytes == 0:
		return "0"
	}
	return "there"
}

// descriptors returns how many descriptors this process has open; 0 if the kernel does not say.
func descriptors() int {
	n := 0
	_ = sysfs.Names("/proc/self/fd", make([]byte, 4096), func([]byte) bool { n++; return true })
	return n
}

// settled returns the numbers of descriptors and goroutines. It waits a second for them to be what they were.
func settled(fds, goroutines int) (int, int) {
	for end := time.Now().Add(time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if descriptors() == fds && runtime.NumGoroutine() == goroutines {
			break
		}
	}
	return descriptors(), runtime.NumGoroutine()
}
