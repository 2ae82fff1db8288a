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
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Guest is a virtual machine that runs.
type Guest struct {
	Hello guest.Hello
	Took  time.Duration // from the start to the guest's hello

	cmd     *exec.Cmd
	conn    *channel.Conn
	monitor *monitor
	console child.Output
	done    <-chan struct{} // QEMU has ended
	hello   chan guest.Hello
	ports   []net.Conn // by their number, from 1; nil where the machine's line is all there is

	mu     sync.Mutex
	runs   map[int]*Run
	last   int
	lines  int              // that processes have taken
	ending *record.Sentence // why this program ended it

	slots struct { // where disks go that payloads ask for
		sync.Mutex
		taken []bool
		used  atomic.Int32
	}
}

// bootTime is how long a guest may take to say hello. One with a wrong CPU for its kernel's pages never does.
const bootTime = 120 * time.Second

// Boot boots the machine with a payload as its program, and waits until it is up.
func (m *Machine) Boot(ctx context.Context, payload string) (*Guest, error) {
	m.probe(ctx, payload)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer deadline.AfterFunc(bootTime, cancel).Stop()
	return m.boot(ctx, payload, m.accelerator())
}

func (m *Machine) boot(ctx context.Context, payload, accelerator string) (*Guest, error) {
	g := &Guest{hello: make(chan guest.Hello, 1), runs: map[int]*Run{}}
	g.slots.taken = make([]bool, m.Slots)
	began := time.Now()
	line, err := m.start(g, payload, accelerator)
	if err != nil {
		return nil, err
	}
	g.conn = channel.Host(line, g.serve)
	select {
	case g.Hello = <-g.hello:
		g.Took = time.Since(began)
		if err := m.complete(ctx, g); err != nil {
			g.Close()
			return nil, err
		}
		return g, nil
	case <-ctx.Done():
		why := record.Sayf("the guest was not up after %.0f s", "虚拟机在 %.0f 秒后仍未就绪", time.Since(began).Seconds())
		g.end(why)
		return nil, g.failed(why, ErrLate)
	case <-g.done:
		why := g.Why()
		g.Close()
		return nil, g.failed(why, ErrEnded)
	}
}

// How a boot may fail: a guest that was not up in time, as the next one will not be either; and one that ended, which
// somebody may have killed.
var (
	ErrLate  = errors.New("the guest was not up in time")
	ErrEnded = errors.New("the guest ended while it booted")
)

// failed is why a boot failed, with the console's last lines. A processor that has not the kernel's size of pages stops
// before the console works.
func (g *Guest) failed(why record.Sentence, cause error) error {
	said := lastLines(g.console.Bytes(), 3)
	if said == "" {
		return &record.Problem{Cause: cause, Sentence: record.Say(
			why.En+"; its console said nothing: name a cpu that has what the kernel needs, such as its size of pages",
			why.In("zh")+"；其控制台没有输出：请指定满足内核要求（如页大小）的 cpu")}
	}
	return &record.Problem{Cause: cause, Sentence: record.Say(why.En+"; its console said: "+said, why.In("zh")+"；其控制台输出："+said)}
}

// start starts QEMU. Kernel, root file system and disks are in memory that only it holds, the line is a socket
// without a name: when it ends, however that comes, nothing of it is left.
func (m *Machine) start(g *Guest, payload, accelerator string) (net.Conn, error) {
	var files []*os.File
	defer func() {
		for _, f := range files {
			f.Close()
		}
	}()
	line, theirs, err := socketPair("line")
	if err != nil {
		return nil, err
	}
	files = append(files, theirs)
	control, theirsToo, err := socketPair("monitor")
	if err != nil {
		line.Close()
		return nil, err
	}
	defer theirsToo.Close()
	memory, err := m.memory(payload)
	if err == nil {
		memory = slices.Insert(memory, fdMonitor-fdKernel, theirsToo)
	}
	files = append(files, memory...)
	if err == nil {
		var ends []*os.File
		ends, err = g.makePorts(m.portCount())
		files = append(files, ends...)
	}
	if err == nil {
		g.cmd = exec.Command(m.emulator.path, append(slices.Clone(m.emulator.args), m.arguments(accelerator)...)...)
		g.cmd.Env = append(environ.Own(), m.emulator.env...)
		g.cmd.Stdout, g.cmd.Stderr = &g.console, &g.console
		g.cmd.ExtraFiles = files
		g.done, err = child.Start(g.cmd)
	}
	if err != nil {
		line.Close()
		control.Close()
		g.closePorts()
		return nil, err
	}
	g.monitor = newMonitor(control.(*net.UnixConn))
	if err := child.PreferForOOMKill(g.cmd.Process.Pid); err != nil {
		fmt.Fprintln(&g.console, "oom_score_adj:", err)
	}
	if err := wakeLazily(g.cmd.Process.Pid); err != nil {
		fmt.Fprintln(&g.console, "scheduling policy:", err)
	}
	return line, nil
}

// memory makes the files that QEMU reads: kernel, root file system, disks, firmware.
func (m *Machine) memory(payload string) ([]*os.File, error) {
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
		modules, err := m.kernel.wantedModules(m.Guest)
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

// serve answers a stream that the guest opened.
func (g *Guest) serve(s *channel.Stream) {
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
			r.end(s)
		}
	default:
		s.Close()
	}
}

// Alive reports whether the guest can take another run.
func (g *Guest) Alive() bool {
	select {
	case <-g.done:
		return false
	case <-g.conn.Done():
		return false
	default:
		return g.roomy()
	}
}

// end ends the machine for a reason.
func (g *Guest) end(why record.Sentence) {
	g.mu.Lock()
	if g.ending == nil {
		g.ending = &why
	}
	g.mu.Unlock()
	g.Close()
}

// Close ends the machine, and waits until it has ended.
func (g *Guest) Close() {
	child.Kill(g.cmd)
	<-g.done
	g.conn.Close()
	g.closePorts()
	g.monitor.conn.Close()
}

// Console is the head and the tail of what the guest's kernel and QEMU printed.
func (g *Guest) Console() []byte { return g.console.Bytes() }
