package guest

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/needs"
)

// terminal is the two ends of a pseudoterminal, whose drain a signal interrupts as that of a serial port.
func terminal(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		needs.Absent(t, needs.Kernel, fmt.Sprintf("no pseudoterminal: %v", err))
	}
	t.Cleanup(func() { master.Close() })
	if err := unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		needs.Absent(t, needs.Kernel, fmt.Sprintf("no pseudoterminal: %v", err))
	}
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
		needs.Absent(t, needs.Kernel, fmt.Sprintf("no pseudoterminal: %v", err))
	}
	slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		needs.Absent(t, needs.Kernel, fmt.Sprintf("no pseudoterminal: %v", err))
	}
	t.Cleanup(func() { slave.Close() })
	return master, slave
}

// A report of a process's end was lost, and the machine with it, when a signal came while the port was drained.
func TestSerialPortIsWrittenToUnderSignals(t *testing.T) {
	master, slave := terminal(t)
	if err := makeRaw(int(slave.Fd())); err != nil {
		t.Fatal(err)
	}
	go io.Copy(io.Discard, master)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	thread, over := unix.Gettid(), make(chan struct{})
	defer close(over)
	go func() {
		for {
			select {
			case <-over:
				return
			default:
				_ = unix.Tgkill(os.Getpid(), thread, syscall.SIGURG) // as the Go runtime does to stop a thread
			}
		}
	}()
	port := serial{slave}
	for end := time.Now().Add(time.Second); time.Now().Before(end); {
		if n, err := port.Write([]byte("frame")); err != nil || n != 5 {
			t.Fatalf("%d bytes written: %v", n, err)
		}
	}
}
