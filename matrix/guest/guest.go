// Package guest is the agent: this program as the first process of a virtual machine. It sets up the guest, starts payloads as
// the host requests, and reports how they end. The guest has no network; virtio ports or a serial port connect it to the host.
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

// The agent runs in init, before the packages that only payloads need are initialised: that would take an emulated processor
// another quarter of a second. "guest" is the last argument, because a kernel puts arguments that it does not know before it.
func init() {
	if os.Getpid() == 1 && os.Args[len(os.Args)-1] == "guest" {
		Main()
	}
}

// Main sets up the guest and serves the host. It does not return, because the first process must not end.
func Main() {
	if os.Getpid() != 1 {
		fmt.Fprintln(os.Stderr, "xcmatrix guest: is the first process of a virtual machine, and nothing else")
		os.Exit(2)
	}
	problems, laterModules := setUp()
	connection, err := openConnection()
	if err != nil {
		fmt.Println("xcmatrix guest:", err)
		powerOff()
	}
	g := &server{runs: map[int]*run{}, modulesLoaded: make(chan struct{})}
	go g.children.reap()
	go func() { // in parallel with the start of a payload
		defer close(g.modulesLoaded)
		if err := loadModules("/modules", laterModules); err != nil {
			fmt.Println("xcmatrix guest: modules:", err)
		}
	}()
	g.conn = channel.Guest(connection, g.serve)
	if err := g.hello(problems); err != nil {
		fmt.Println("xcmatrix guest:", err)
	}
	<-g.conn.Done()
	powerOff()
}

// powerOff ends the virtual machine and does not return.
func powerOff() {
	unix.Sync()
	if err := unix.Reboot(unix.LINUX_REBOOT_CMD_POWER_OFF); err != nil {
		fmt.Println("xcmatrix guest: power off:", err)
	}
	select {}
}

// The devices that connect a guest to the host: virtio ports, or the second serial port in a guest without PCI.
const (
	ports      = "/dev/vport*p"
	serialPort = "/dev/ttyS1"
	portWait   = 10 * time.Second
)

// openConnection opens the agent's connection to the host. The kernel's command line says whether it is a serial port.
func openConnection() (io.ReadWriteCloser, error) {
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

// serial is a serial port whose Write returns after the bytes have left the guest, so that they are not lost in a kernel panic.
type serial struct{ *os.File }

func (s serial) Write(p []byte) (int, error) {
	n, err := s.File.Write(p)
	if err != nil {
		return n, err
	}
	return n, retry.Call(func() error { return unix.IoctlSetInt(int(s.Fd()), unix.TCSBRK, 1) }) // as tcdrain(3); a signal may interrupt it
}

// makeRaw makes a serial port transfer bytes unchanged, as cfmakeraw(3) does.
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

// hello reports to the host that the guest is up.
func (g *server) hello(problems []error) error {
	h := Hello{PageSize: os.Getpagesize(), Machine: runtime.GOARCH}
	var u unix.Utsname
	if err := unix.Uname(&u); err == nil {
		h.Kernel = unix.ByteSliceToString(u.Release[:])
	}
	for _, p := range problems {
		h.Problems = append(h.Problems, p.Error())
	}
	return g.send(Header{Kind: KindHello}, h)
}

// send sends a JSON value to the host in a new stream.
func (g *server) send(h Header, value any) error {
	s, err := h.Open(g.conn)
	if err != nil {
		return err
	}
	defer s.Close()
	return json.NewEncoder(s).Encode(value)
}
