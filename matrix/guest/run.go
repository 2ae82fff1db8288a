package guest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/drivers/child"
	"github.com/xcmatrix/xcmatrix/matrix/guest/channel"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/retry"
)

// server starts what the host asks for.
type server struct {
	conn     *channel.Conn
	children children
	complete chan struct{} // closed when every module is loaded

	mu   sync.Mutex
	runs map[int]*run
}

// run is one process that the host asked for.
type run struct {
	pid    int
	output child.Output
	began  time.Time
	ran    time.Duration

	mu     sync.Mutex
	killed *record.Sentence
}

// serve answers one stream of the host.
func (g *server) serve(s *channel.Stream) {
	defer s.Close()
	var h Header
	if err := json.Unmarshal(s.Header, &h); err != nil {
		return
	}
	switch h.Kind {
	case KindRun:
		g.run(h.Run, s)
	case KindDisks:
		tellDisks(s)
	case KindKill:
		g.mu.Lock()
		r := g.runs[h.Run]
		g.mu.Unlock()
		if r != nil {
			syscall.Kill(-r.pid, syscall.SIGKILL)
		}
	}
}

// run carries one process from its start to the report of its end.
func (g *server) run(id int, s *channel.Stream) {
	var ask Run
	exit := Exit{Code: -1}
	if err := json.NewDecoder(s).Decode(&ask); err != nil {
		exit.Killed = failed("the request did not come whole: %v", "请求不完整：%v", err)
	} else if status, r, err := g.process(id, ask, s); err != nil {
		exit.Killed = failed("the payload did not start: %v", "载荷未能启动：%v", err)
	} else {
		exit = r.exit(status)
	}
	s.Close()
	if err := g.tell(Header{Kind: KindExit, Run: id}, exit); err != nil {
		fmt.Println("xcmatrix guest: exit of run", id, err)
	}
}

func failed(en, zh string, err error) *record.Sentence {
	said := record.Sayf(en, zh, err)
	return &said
}

// process starts the payload and forwards its events until it has ended and nobody can write any more.
func (g *server) process(id int, ask Run, s *channel.Stream) (syscall.WaitStatus, *run, error) {
	if err := ready(ask); err != nil {
		return 0, nil, err
	}
	events, theirs, err := ask.channels()
	if err != nil {
		return 0, nil, err
	}
	defer events.Close() // where there is one
	in, out, r := newPipe(), newPipe(), &run{began: time.Now()}
	defer in.close()
	defer out.close()
	if in.err != nil || out.err != nil {
		closeAll(theirs)
		return 0, nil, errors.Join(in.err, out.err)
	}
	files := []uintptr{in.r.Fd(), out.w.Fd(), out.w.Fd()}
	for _, f := range theirs {
		files = append(files, f.Fd())
	}
	pid, ended, err := g.children.start(Program, append([]string{"xcmatrix"}, ask.Args...), &syscall.ProcAttr{
		Dir: "/root", Env: ask.environment(), Files: files, Sys: &syscall.SysProcAttr{Setsid: true}})
	closeAll(theirs)
	in.r.Close()
	out.w.Close()
	if err != nil {
		return 0, nil, err
	}
	r.pid = pid
	g.mu.Lock()
	g.runs[id] = r
	g.mu.Unlock()
	defer func() {
		g.mu.Lock()
		delete(g.runs, id)
		g.mu.Unlock()
	}()
	go func() {
		<-g.complete
		in.w.Write(ask.Stdin)
		in.w.Close()
	}()
	var forwarders sync.WaitGroup
	forwarders.Go(func() { io.Copy(&r.output, out.r) })
	if events != nil {
		forwarders.Go(func() { forward(s, events) })
	}
	status := r.await(ended, ask.Memory)
	g.endStrayed()
	settled := make(chan struct{})
	go func() { forwarders.Wait(); close(settled) }()
	select {
	case <-settled:
	case <-time.After(2 * time.Second): // a grandchild in a session of its own holds them
	}
	if ask.Ports != nil {
		if err := ask.Ports.leave(); err != nil {
			fmt.Println("xcmatrix guest: port of run", id, err)
		}
	}
	return status, r, nil
}

// endStrayed ends whatever else runs in the machine, whose only process has ended: what that started may have left its
// group. The first process is spared (kill(2)).
func (g *server) endStrayed() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.runs) == 1 {
		_ = syscall.Kill(-1, syscall.SIGKILL)
	}
}

// await waits for the process, and ends it when it takes more memory than it may.
func (r *run) await(ended <-chan syscall.WaitStatus, limit uint64) syscall.WaitStatus {
	if err := child.PreferForOOMKill(r.pid); err != nil {
		fmt.Fprintln(&r.output, "oom_score_adj:", err)
	}
	if most := memoryTotal() / 4 * 3; limit == 0 || limit > most {
		limit = most
	}
	look := time.NewTimer(child.NextMemoryCheck(0, limit))
	defer look.Stop()
	for {
		select {
		case status := <-ended:
			r.ran = time.Since(r.began)
			// What the process left behind in its group goes with it.
			syscall.Kill(-r.pid, syscall.SIGKILL)
			return status
		case <-look.C:
			why, again := child.CheckMemory(r.pid, limit)
			if why != nil {
				r.kill(*why)
			}
			look.Reset(again)
		}
	}
}

func (r *run) kill(why record.Sentence) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.killed == nil {
		r.killed = &why
	}
	syscall.Kill(-r.pid, syscall.SIGKILL)
}

func (r *run) exit(status syscall.WaitStatus) Exit {
	r.mu.Lock()
	defer r.mu.Unlock()
	e := Exit{Code: status.ExitStatus(), Killed: r.killed, Ran: r.ran}
	if status.Signaled() {
		e.Code, e.Signal, e.Name = -1, int(status.Signal()), unix.SignalName(status.Signal())
		if said := outOfMemory(r.pid); said != "" && status.Signal() == syscall.SIGKILL && e.Killed == nil {
			why := record.Sayf("the guest's kernel ended it: %s", "虚拟机内核终止了它：%s", said)
			e.Killed, e.NoMemory = &why, true
		}
	}
	e.Output = r.output.Bytes()
	return e
}

// outOfMemory is what the kernel's log says of a process that it ended for want of memory; "" if it did not.
func outOfMemory(pid int) string {
	log := make([]byte, 1<<20)
	n, err := retry.Value(func() (int, error) { return unix.Klogctl(unix.SYSLOG_ACTION_READ_ALL, log) })
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(log[:n])) {
		if _, said, found := strings.Cut(line, "Out of memory: "); found && strings.Contains(said, fmt.Sprintf("Killed process %d ", pid)) {
			return "Out of memory: " + strings.TrimSpace(said)
		}
	}
	return ""
}

// ready makes the machine what the run needs: the time and its directories.
func ready(ask Run) error {
	if off := time.Since(time.Unix(0, ask.Time)); ask.Time != 0 && off.Abs() > time.Second {
		now := unix.NsecToTimeval(ask.Time)
		if err := retry.Call(func() error { return unix.Settimeofday(&now) }); err != nil {
			return fmt.Errorf("set the clock: %w", err)
		}
	}
	return os.MkdirAll("/root", 0o700)
}

// environment is the process's: the machine's, what the host says, its way to the host, and where to ask for disks.
func (ask Run) environment() []string {
	env := append(os.Environ(), ask.Env...)
	if ask.Ports != nil && ask.Ports.Line > 0 {
		env = append(env, lineVariable+"="+strings.Join(ask.Relay, ","))
	}
	if ask.Slots > 0 {
		env = append(env, record.PlugVariable+"="+plugSocket)
	}
	return env
}

func memoryTotal() uint64 {
	var info unix.Sysinfo_t
	if err := unix.Sysinfo(&info); err != nil {
		return 0
	}
	return uint64(info.Totalram) * uint64(info.Unit)
}
