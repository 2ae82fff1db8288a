package vm

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/drivers/child"
	"github.com/xcmatrix/xcmatrix/matrix/guest"
	"github.com/xcmatrix/xcmatrix/matrix/guest/channel"
	"github.com/xcmatrix/xcmatrix/results/deadline"
	"github.com/xcmatrix/xcmatrix/results/environ"
	"github.com/xcmatrix/xcmatrix/results/plain"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Guest is a running virtual machine.
type Guest struct {
	Hello guest.Hello
	Took  time.Duration // from the start of QEMU to the guest's hello

	cmd     *exec.Cmd
	conn    *channel.Conn // to the agent, the guest's first process
	monitor *monitor
	console child.Output
	done    <-chan struct{} // QEMU has ended
	hello   chan guest.Hello
	ports   []net.Conn // by their number - 1; nil if the guest has only the connection conn

	mu     sync.Mutex
	runs   map[int]*Run
	last   int              // id of the newest run
	lines  int              // ports that runs have used for their connections
	ending *record.Sentence // why this program killed it; nil if it did not

	slots struct { // for disks that payloads plug in
		sync.Mutex
		taken       []bool
		controllers map[int]bool // slots whose disk has a controller of its own
		card        int          // the target's disk that is an SD card, counted from 0; -1 if none is
		cardOut     bool         // it was taken out
		used        atomic.Int32
	}
}

// bootTime is how long a guest may take to boot. A guest whose CPU lacks the page size of its kernel never does.
const bootTime = 120 * time.Second

// Boot boots the guest with the payload at this path as its first process, and waits until it is up. It returns an error that is
// ErrLate or ErrEnded if the guest does not come up.
func (m *Machine) Boot(ctx context.Context, payload string) (*Guest, error) {
	m.probe(ctx, payload)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer deadline.AfterFunc(bootTime, cancel).Stop()
	return m.boot(ctx, payload, m.accelerator())
}

// boot is Boot with a given accelerator.
func (m *Machine) boot(ctx context.Context, payload, accelerator string) (*Guest, error) {
	g := &Guest{hello: make(chan guest.Hello, 1), runs: map[int]*Run{}}
	g.slots.taken, g.slots.controllers = make([]bool, m.Slots), map[int]bool{}
	g.slots.card = slices.IndexFunc(m.Disks, func(d record.Disk) bool { return d.Bus == "sd" })
	began := time.Now()
	conn, err := m.start(g, payload, accelerator)
	if err != nil {
		return nil, err
	}
	g.conn = channel.Host(conn, g.serveStream)
	select {
	case g.Hello = <-g.hello:
		g.Took = time.Since(began)
		if err := m.waitForDisks(ctx, g); err != nil {
			g.Close()
			return nil, err
		}
		return g, nil
	case <-ctx.Done():
		reason := record.Sayf("the guest was not up after %.0f s", "虚拟机在 %.0f 秒后仍未就绪", time.Since(began).Seconds())
		g.kill(reason)
		return nil, g.bootError(reason, ErrLate)
	case <-g.done:
		reason := g.EndReason()
		g.Close()
		return nil, g.bootError(reason, ErrEnded)
	}
}

// How a boot fails. After ErrLate another attempt will not succeed either; after ErrEnded it may, because QEMU may have been
// killed from outside.
var (
	ErrLate  = errors.New("the guest was not up in time")
	ErrEnded = errors.New("the guest ended while it booted")
)

// bootError returns the reason of a failed boot together with the last lines of the console. A processor that lacks the
// kernel's page size stops before the console works.
func (g *Guest) bootError(reason record.Sentence, cause error) error {
	output := plain.LastLines(g.console.Bytes(), 3)
	if output == "" {
		return &record.Problem{Cause: cause, Sentence: record.Say(
			reason.En+"; its console said nothing: name a cpu that has what the kernel needs, such as its size of pages",
			reason.In("zh")+"；其控制台没有输出：请指定满足内核要求（如页大小）的 cpu")}
	}
	return &record.Problem{Cause: cause, Sentence: record.Say(reason.En+"; its console said: "+output, reason.In("zh")+"；其控制台输出："+output)}
}

// start starts QEMU and returns the connection to the guest. The kernel, the root file system and the disks are in memory that
// only QEMU holds, and the connection is a socket without a name, so that nothing is left when QEMU ends for any reason.
func (m *Machine) start(g *Guest, payload, accelerator string) (net.Conn, error) {
	var files []*os.File
	defer func() {
		for _, f := range files {
			f.Close()
		}
	}()
	conn, qemuEnd, err := socketPair("line")
	if err != nil {
		return nil, err
	}
	files = append(files, qemuEnd)
	control, monitorEnd, err := socketPair("monitor")
	if err != nil {
		conn.Close()
		return nil, err
	}
	defer monitorEnd.Close()
	memory, err := m.memoryFiles(payload)
	if err == nil {
		memory = slices.Insert(memory, fdMonitor-fdKernel, monitorEnd)
	}
	files = append(files, memory...)
	if err == nil {
		var ends []*os.File
		ends, err = g.createPorts(m.portCount())
		files = append(append(files, ends...), m.Network...)
	}
	if err == nil {
		g.cmd = exec.Command(m.emulator.path, append(slices.Clone(m.emulator.args), m.arguments(accelerator)...)...)
		g.cmd.Env = append(environ.Own(), m.emulator.env...)
		g.cmd.Stdout, g.cmd.Stderr = &g.console, &g.console
		g.cmd.ExtraFiles = files
		g.done, err = child.Start(g.cmd)
	}
	if err != nil {
		conn.Close()
		control.Close()
		g.closePorts()
		return nil, err
	}
	g.monitor = newMonitor(control.(*net.UnixConn))
	if err := child.PreferForOOMKill(g.cmd.Process.Pid); err != nil {
		fmt.Fprintln(&g.console, "oom_score_adj:", err)
	}
	if err := setSchedBatch(g.cmd.Process.Pid); err != nil {
		fmt.Fprintln(&g.console, "scheduling policy:", err)
	}
	return conn, nil
}

// memoryFiles returns files in memory with the kernel, the root file system, the disks and the firmware. The caller closes them,
// also if there is an error.
func (m *Machine) memoryFiles(payload string) ([]*os.File, error) {
	var files []*os.File
	add := func(name string, fill func(*os.File) error) error {
		fd, err := unix.MemfdCreate(name, unix.MFD_CLOEXEC)
		if err != nil {
			return err
		}
		f := os.NewFile(uintptr(fd), name)
		files = append(files, f)
		if err := fill(f); err != nil {
			return err
		}
		_, err = f.Seek(0, 0)
		return err
	}
	err := add("kernel", func(f *os.File) error { _, err := f.Write(m.kernel.image); return err })
	if err != nil {
		return files, err
	}
	err = add("initramfs", func(f *os.File) error {
		modules, err := m.kernel.moduleOrder(m.withNetwork())
		if err != nil {
			return err
		}
		seed := make([]byte, 64)
		rand.Read(seed)
		return m.kernel.initramfs(f, payload, modules, seed)
	})
	for _, d := range m.Disks {
		if err == nil {
			err = add("disk", func(f *os.File) error { return f.Truncate(int64(d.Size) << 20) })
		}
	}
	if m.firmware != nil {
		for _, content := range [][]byte{m.firmware.code, m.firmware.vars} {
			if err == nil {
				err = add("flash", func(f *os.File) error { _, err := f.Write(content); return err })
			}
		}
	}
	return files, err
}

// socketPair returns the two ends of a connection: one for this process and one for QEMU.
func socketPair(name string) (net.Conn, *os.File, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, err
	}
	ours := os.NewFile(uintptr(fds[0]), name)
	defer ours.Close()
	conn, err := net.FileConn(ours)
	return conn, os.NewFile(uintptr(fds[1]), name), err
}

// serveStream reads a report that the guest sends in a stream of its own.
func (g *Guest) serveStream(s *channel.Stream) {
	var h guest.Header
	if err := json.Unmarshal(s.Header, &h); err != nil {
		s.Close()
		return
	}
	switch h.Kind {
	case guest.KindHello:
		defer s.Close()
		if hello, err := readHello(s); err == nil {
			select {
			case g.hello <- hello:
			default:
			}
		}
	case guest.KindExit:
		defer s.Close()
		g.mu.Lock()
		r := g.runs[h.Run]
		g.mu.Unlock()
		if r != nil {
			r.ended(s)
		}
	default:
		s.Close()
	}
}

// Alive reports whether the guest can start another run.
func (g *Guest) Alive() bool {
	select {
	case <-g.done:
		return false
	case <-g.conn.Done():
		return false
	default:
		return g.hasFreePort()
	}
}

// kill ends the guest; EndReason returns the reason of the first call.
func (g *Guest) kill(reason record.Sentence) {
	g.mu.Lock()
	if g.ending == nil {
		g.ending = &reason
	}
	g.mu.Unlock()
	g.Close()
}

// Close ends the guest and waits until QEMU has ended.
func (g *Guest) Close() {
	child.Kill(g.cmd)
	<-g.done
	g.conn.Close()
	g.closePorts()
	g.monitor.conn.Close()
}

// Console returns the beginning and the end of the output of the guest's kernel and of QEMU.
func (g *Guest) Console() []byte { return g.console.Bytes() }
