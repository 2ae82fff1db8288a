package carrier

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix/gotest/stream"
)

// process is one start of a package's test binary, and its result.
type process struct {
	pkg   *pkg
	names []string // of the tests that were asked for

	mu     sync.Mutex
	parser *stream.Parser
	late   []string // tests whose deadlines passed, after which the process was ended
	hung   bool     // nothing was open, and nothing came for as long as a test may take
	heard  time.Time
	ended  []*stream.Test // that have an outcome and no verdict yet, in their order

	code   int
	signal string
	err    error // it did not start
	took   time.Duration
}

const (
	lookTime = 50 * time.Millisecond // between two looks at the deadlines
	dumpTime = 3 * time.Second       // that a late process has to write its stacks
	restTime = 2 * time.Second       // that what it left behind may hold its output open
)

// start runs the test binary with arguments beside those that every process gets, until it has ended.
func (p *pkg) start(names []string, bench func(string), args ...string) *process {
	x := &process{pkg: p, names: names, parser: stream.New(names)}
	x.parser.Bench = bench
	dir := filepath.Join(p.carrier.tree, filepath.FromSlash(p.Dir))
	command := append(slices.Clone(p.command), args...)
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir, cmd.Env = dir, p.carrier.environment(dir, p.tmp)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	out, w, err := os.Pipe()
	if err != nil {
		x.err = err
		return x
	}
	defer out.Close()
	cmd.Stdout, cmd.Stderr = w, w
	began := time.Now()
	x.heard = began
	err = startRetrying(cmd)
	w.Close()
	if err != nil {
		x.err = err
		return x
	}
	read := make(chan struct{})
	go func() {
		x.read(out)
		close(read)
	}()
	over := make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() { x.watch(cmd.Process.Pid, over) })
	err = cmd.Wait()
	x.took = time.Since(began)
	close(over)
	watch.Wait()
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // what it left behind in its group
	select {
	case <-read:
	case <-time.After(restTime):
		out.SetReadDeadline(time.Now()) //nolint:errcheck // a pipe takes one
		<-read
	}
	x.status(cmd.ProcessState, err)
	p.noteArtifacts(x.parser.Artifacts)
	return x
}

// startRetrying starts a command. Another child that is being made may hold its file open for writing, for a moment.
func startRetrying(cmd *exec.Cmd) error {
	for try := 0; ; try++ {
		err := cmd.Start()
		if !errors.Is(err, syscall.ETXTBSY) || try == 50 {
			return err
		}
		time.Sleep(10 * time.Millisecond)
		again := *cmd
		*cmd = exec.Cmd{Path: again.Path, Args: again.Args, Dir: again.Dir, Env: again.Env, SysProcAttr: again.SysProcAttr,
			Stdout: again.Stdout, Stderr: again.Stderr}
	}
}

func (x *process) status(state *os.ProcessState, err error) {
	if state == nil {
		x.err = err
		return
	}
	x.code = state.ExitCode()
	if s, ok := state.Sys().(syscall.WaitStatus); ok && s.Signaled() {
		x.signal = signalName(s.Signal())
	}
}

// read takes the output in, line by line; a longer line in parts.
func (x *process) read(out io.Reader) {
	in := bufio.NewReaderSize(out, 64<<10)
	for {
		line, err := in.ReadSlice('\n')
		if len(line) > 0 {
			x.line(line)
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return
		}
	}
}

func (x *process) line(line []byte) {
	x.mu.Lock()
	test := x.parser.Line(line)
	if test != nil {
		x.heard = time.Now()
	}
	started := test != nil && test.Outcome == stream.None
	if test != nil && !started {
		x.ended = append(x.ended, test)
	}
	x.mu.Unlock()
	if started {
		x.pkg.begun(test.Name)
	}
}

// watch ends the process when a test takes longer than it may, and hands on what has passed for long enough.
func (x *process) watch(pid int, over <-chan struct{}) {
	tick := time.NewTicker(lookTime)
	defer tick.Stop()
	for {
		select {
		case <-over:
			return
		case now := <-tick.C:
			x.settled(now)
			if !x.overdue(now) {
				continue
			}
			_ = syscall.Kill(pid, syscall.SIGQUIT)
			select {
			case <-over:
			case <-time.After(dumpTime):
				_ = syscall.Kill(-pid, syscall.SIGKILL)
			}
			return
		}
	}
}

// overdue reports whether the process is to be ended, and notes why.
func (x *process) overdue(now time.Time) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	running := false
	longest := time.Duration(0)
	for _, name := range x.names {
		longest = max(longest, x.pkg.deadline(name))
		t := x.parser.Tests[name]
		if !t.Runs() {
			continue
		}
		running = true
		if t.Used(now) > x.pkg.deadline(name) {
			x.late = append(x.late, name)
		}
	}
	x.hung = !running && now.Sub(x.heard) > longest+2*time.Second
	return len(x.late) > 0 || x.hung
}

// settled gives verdicts to tests that ended long enough ago: a goroutine that one of them left behind, and that ends the
// process, mostly does it at once.
func (x *process) settled(now time.Time) {
	x.mu.Lock()
	n := 0
	for n < len(x.ended) && now.Sub(x.ended[n].Ended) > holdTime {
		n++
	}
	ready := x.ended[:n]
	x.ended = x.ended[n:]
	var pass []*stream.Test
	for _, t := range ready {
		if t.Claims == 1 && t.Outcome != stream.Fail {
			pass = append(pass, t)
		}
	}
	x.mu.Unlock()
	for _, t := range pass {
		x.pkg.ended(t)
	}
}

// holdTime is how long the verdict on a test that has passed is held back.
const holdTime = 2 * time.Second

// flags returns the arguments that select tests.
func (p *pkg) flags(names []string) []string {
	total := 0.0
	for _, name := range names {
		total += p.deadline(name).Seconds() + 5
	}
	c := p.carrier.Image
	pattern := "^(" + strings.Join(names, "|") + ")$"
	if c.SubTests != "" {
		pattern += "/" + c.SubTests
	}
	args := []string{"-test.v=test2json", "-test.paniconexit0", "-test.run=" + pattern,
		"-test.timeout=" + strconv.Itoa(int(max(total*5/p.carrier.stretch(), 600))) + "s"}
	if c.Short {
		args = append(args, "-test.short")
	}
	if c.Cover {
		p.profiles++
		args = append(args, "-test.coverprofile="+filepath.Join(p.output, fmt.Sprintf("%d.coverage", p.profiles)))
	}
	if p.carrier.keepsArtifacts() {
		args = append(args, "-test.artifacts", "-test.outputdir="+p.output)
	}
	return append(args, c.Args...)
}
