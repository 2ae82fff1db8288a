// Package guest is this program as the first process of a virtual machine: it sets the machine up, and starts the
// payloads that the host asks for. The virtual machine has no network: the one line to the host carries all.
package guest

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/matrix/guest/channel"
	"github.com/xcmatrix/xcmatrix/results/retry"
)

// The machine's first process is served here, as soon as what this package imports is initialised. The rest of the
// program, which only the payloads use, would take an emulated processor another quarter of a second. A kernel puts what
// it does not know itself before the argument.
func init() {
	if os.Getpid() == 1 && os.Args[len(os.Args)-1] == "guest" {
		Main()
	}
}

// Main sets the machine up and serves the host. It does not return: the first process must not end.
func Main() {
	if os.Getpid() != 1 {
		fmt.Fprintln(os.Stderr, "xcmatrix guest: is the first process of a virtual machine, and nothing else")
		os.Exit(2)
	}
	problems, rest := setUp()
	line, err := openLine()
	if err != nil {
		fmt.Println("xcmatrix guest:", err)
		powerOff()
	}
	g := &server{runs: map[int]*run{}, complete: make(chan struct{})}
	go g.children.reap()
	go func() { // while a payload starts
		defer close(g.complete)
		if err := loadModules("/modules", rest); err != nil {
			fmt.Println("xcmatrix guest: modules:", err)
		}
	}()
	g.conn = channel.Guest(line, g.serve)
	if err := g.hello(problems); err != nil {
		fmt.Println("xcmatrix guest:", err)
	}
	<-g.conn.Done()
	powerOff()
}

func powerOff() {
	unix.Sync()
	if err := unix.Reboot(unix.LINUX_REBOOT_CMD_POWER_OFF); err != nil {
		fmt.Println("xcmatrix guest: power off:", err)
	}
	select {}
}

// Where lines are: virtio ports, or the second serial port where there is no PCI.
const (
	ports      = "/dev/vport*p"
	serialPort = "/dev/ttyS1"
	portWait   = 10 * time.Second
)

// openLine opens the line to the host. Which of the two it is stands on the kernel's command line.
func openLine() (io.ReadWriteCloser, error) {
	cmdline, err := os.ReadFile("/proc/cmdline")
	if err != nil {
		return nil, err
	}
	if strings.Contains(string(cmdline), "xcmatrix.line=serial") {
		f, err := os.OpenFile(serialPort, os.O_RDWR|unix.O_NOCTTY, 0)
		if err != nil {
			return nil, err
		}
		return serial{f}, makeRaw(int(f.Fd()))
	}
	return openPort(0)
}

// serial is a serial port on which a write has left the machine when it returns: what was written before a kernel
// panic must have been.
type serial struct{ *os.File }

func (s serial) Write(p []byte) (int, error) {
	n, err := s.File.Write(p)
	if err != nil {
		return n, err
	}
	return n, retry.Call(func() error { return unix.IoctlSetInt(int(s.Fd()), unix.TCSBRK, 1) }) // tcdrain, which a signal interrupts
}

// makeRaw makes a serial port carry bytes as they are (cfmakeraw(3)).
func makeRaw(fd int) error {
	t, err := retry.Value(func() (*unix.Termios, error) { return unix.IoctlGetTermios(fd, unix.TCGETS) })
	if err != nil {
		return err
	}
	t.Iflag &^= unix.IGNBRK | unix.BRKINT | unix.PARMRK | unix.ISTRIP | unix.INLCR | unix.IGNCR | unix.ICRNL | unix.IXON
	t.Oflag &^= unix.OPOST
	t.Lflag &^= unix.ECHO | unix.ECHONL | unix.ICANON | unix.ISIG | unix.IEXTEN
	t.Cflag = t.Cflag&^(unix.CSIZE|unix.PARENB|unix.CBAUD) | unix.CS8 | unix.CLOCAL | unix.B115200
	t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
	return retry.Call(func() error { return unix.IoctlSetTermios(fd, unix.TCSETS, t) })
}

func (g *server) hello(problems []error) error {
	h := Hello{PageSize: os.Getpagesize(), Machine: runtime.GOARCH}
	var u unix.Utsname
	if err := unix.Uname(&u); err == nil {
		h.Kernel = unix.ByteSliceToString(u.Release[:])
	}
	for _, p := range problems {
		h.Problems = append(h.Problems, p.Error())
	}
	return g.tell(Header{Kind: KindHello}, h)
}

// tell opens a stream with one JSON value in it.
func (g *server) tell(h Header, v any) error {
	s, err := h.Open(g.conn)
	if err != nil {
		return err
	}
	defer s.Close()
	return json.NewEncoder(s).Encode(v)
}
