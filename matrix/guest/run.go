package guest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
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

// server handles the requests of the host.
type server struct {
	conn          *channel.Conn
	children      children
	modulesLoaded chan struct{} // closed when every module is loaded

	mu   sync.Mutex
	runs map[int]*run
}

// run is a process that the host has requested.
type run struct {
	pid    int
	output child.Output
	began  time.Time
	ran    time.Duration

	mu     sync.Mutex
	killed *record.Sentence
}

// serve handles one stream of the host.
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
		sendDisks(s)
	case KindKill:
		g.mu.Lock()
		r := g.runs[h.Run]
		g.mu.Unlock()
		if r != nil {
			syscall.Kill(-r.pid, syscall.SIGKILL)
		}
	}
}

// run starts a process, waits for its end, and reports that to the host.
func (g *server) run(id int, s *channel.Stream) {
	var request Run
	exit := Exit{Code: -1}
	if err := json.NewDecoder(s).Decode(&request); err != nil {
		exit.Killed = sentenceOf("the request did not come whole: %v", "请求不完整：%v", err)
	} else if status, r, err := g.process(id, request, s); err != nil {
		exit.Killed = sentenceOf("the payload did not start: %v", "测试程序未能启动：%v", err)
	} else {
		exit = r.exit(status)
	}
	s.Close()
	if err := g.send(Header{Kind: KindExit, Run: id}, exit); err != nil {
		fmt.Println("xcmatrix guest: exit of run", id, err)
	}
}

// sentenceOf returns a pointer to a sentence about an error.
func sentenceOf(en, zh string, err error) *record.Sentence {
	sentence := record.Sayf(en, zh, err)
	return &sentence
}

// process starts a payload, waits until it has ended, and forwards its events if it has no port. It returns an error if the
// payload cannot be started.
func (g *server) process(id int, request Run, s *channel.Stream) (syscall.WaitStatus, *run, error) {
	if err := prepare(request); err != nil {
		return 0, nil, err
	}
	events, channels, err := request.openChannels()
	if err != nil {
		return 0, nil, err
	}
	defer events.Close() // a nil file is no problem
	in, out, r := newPipe(), newPipe(), &run{began: time.Now()}
	defer in.close()
	defer out.close()
	if in.err != nil || out.err != nil {
		closeAll(channels)
		return 0, nil, errors.Join(in.err, out.err)
	}
	files := []uintptr{in.r.Fd(), out.w.Fd(), out.w.Fd()}
	for _, f := range channels {
		files = append(files, f.Fd())
	}
	pid, ended, err := g.children.start(Program, append([]string{"xcmatrix"}, request.Args...), &syscall.ProcAttr{
		Dir: "/root", Env: request.environment(), Files: files, Sys: &syscall.SysProcAttr{Setsid: true}})
	closeAll(channels)
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
		<-g.modulesLoaded
		in.w.Write(request.Stdin)
		in.w.Close()
	}()
	var forwarders sync.WaitGroup
	forwarders.Go(func() { io.Copy(&r.output, out.r) })
	if events != nil {
		forwarders.Go(func() { forward(s, events) })
	}
	status := r.waitFor(ended, request.Memory)
	g.killStrays()
	forwarded := make(chan struct{})
	go func() { forwarders.Wait(); close(forwarded) }()
	select {
	case <-forwarded:
	case <-time.After(2 * time.Second): // a process that could not be killed keeps the pipes open
	}
	if request.Ports != nil {
		if err := request.Ports.writeMarker(); err != nil {
			fmt.Println("xcmatrix guest: port of run", id, err)
		}
	}
	return status, r, nil
}

// killStrays kills all other processes in the guest if the run that has ended is the only one: its children may have left the
// process group. kill(2) with -1 spares the first process.
func (g *server) killStrays() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.runs) == 1 {
		_ = syscall.Kill(-1, syscall.SIGKILL)
	}
}

// waitFor waits for the process and returns its wait status. It kills a process that uses more memory than limit bytes, or than
// three quarters of the guest's memory.
func (r *run) waitFor(ended <-chan syscall.WaitStatus, limit uint64) syscall.WaitStatus {
	if err := child.PreferForOOMKill(r.pid); err != nil {
		fmt.Fprintln(&r.output, "oom_score_adj:", err)
	}
	if largest := memoryTotal() / 4 * 3; limit == 0 || limit > largest {
		limit = largest
	}
	memoryCheck := time.NewTimer(child.NextMemoryCheck(0, limit))
	defer memoryCheck.Stop()
	for {
		select {
		case status := <-ended:
			r.ran = time.Since(r.began)
			syscall.Kill(-r.pid, syscall.SIGKILL) // the rest of its process group
			return status
		case <-memoryCheck.C:
			exceeded, next := child.CheckMemory(r.pid, limit)
			if exceeded != nil {
				r.kill(*exceeded)
			}
			memoryCheck.Reset(next)
		}
	}
}

// kill kills the process group; the exit has the reason of the first call.
func (r *run) kill(reason record.Sentence) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.killed == nil {
		r.killed = &reason
	}
	syscall.Kill(-r.pid, syscall.SIGKILL)
}

// exit returns the report on how the process ended.
func (r *run) exit(status syscall.WaitStatus) Exit {
	r.mu.Lock()
	defer r.mu.Unlock()
	e := Exit{Code: status.ExitStatus(), Killed: r.killed, Ran: r.ran}
	if status.Signaled() {
		e.Code, e.Signal, e.Name = -1, int(status.Signal()), unix.SignalName(status.Signal())
		if message := outOfMemory(r.pid); message != "" && status.Signal() == syscall.SIGKILL && e.Killed == nil {
			reason := record.Sayf("the guest's kernel ended it: %s", "虚拟机内核终止了它：%s", message)
			e.Killed, e.NoMemory = &reason, true
		}
	}
	e.Output = r.output.Bytes()
	return e
}

// outOfMemory returns the kernel's log message about a process that it killed because it was out of memory; "" if it did not.
func outOfMemory(pid int) string {
	log := make([]byte, 1<<20)
	n, err := retry.Value(func() (int, error) { return unix.Klogctl(unix.SYSLOG_ACTION_READ_ALL, log) })
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(log[:n])) {
		if _, message, found := strings.Cut(line, "Out of memory: "); found && strings.Contains(message, fmt.Sprintf("Killed process %d ", pid)) {
			return "Out of memory: " + strings.TrimSpace(message)
		}
	}
	return ""
}

// prepare sets the guest's clock to the host's time and creates the working directory of the process.
func prepare(request Run) error {
	if off := time.Since(time.Unix(0, request.Time)); request.Time != 0 && off.Abs() > time.Second {
		now := unix.NsecToTimeval(request.Time)
		if err := retry.Call(func() error { return unix.Settimeofday(&now) }); err != nil {
			return fmt.Errorf("set the clock: %w", err)
		}
	}
	return os.MkdirAll("/root", 0o700)
}

// guestEnvironment is what each process in the guest gets, besides the variables that the kernel gave the first process.
var guestEnvironment = []string{"PATH=/bin:/sbin:/usr/bin:/usr/sbin", "HOME=/root", "TMPDIR=/tmp", "TERM=dumb"}

// environment returns the environment of the process: the guest's, the request's, and the variables for the connection to the host
// and for requests of disks. The last value of a variable counts.
func (request Run) environment() []string {
	env := slices.Concat(os.Environ(), guestEnvironment, request.Env)
	if request.Ports != nil && request.Ports.Line > 0 {
		env = append(env, lineVariable+"="+strings.Join(request.Relay, ","))
	}
	if request.Slots > 0 {
		env = append(env, record.PlugVariable+"="+plugSocket)
	}
	return env
}

// memoryTotal returns the guest's memory in bytes; 0 if it is unknown.
func memoryTotal() uint64 {
	var info unix.Sysinfo_t
	if err := unix.Sysinfo(&info); err != nil {
		return 0
	}
	return uint64(info.Totalram) * uint64(info.Unit)
}
