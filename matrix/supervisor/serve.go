package supervisor

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix/lock"
	"github.com/xcmatrix/xcmatrix/matrix/remote"
	"github.com/xcmatrix/xcmatrix/results/plain"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/retry"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// Command is the name of the hidden verb, and Mode the argument that makes it a supervisor.
const (
	Command = "remote"
	Mode    = "--supervise"
)

// Serve serves one connection of a coordinator: it starts a supervisor if there is none, and sends the journal as it
// grows, until all is sent or the connection ends.
//
// without returns those of items whose servers can neither be started here nor are given.
func Serve(name string, in io.Reader, out io.Writer, without func(items []string, given map[string]string) []string) error {
	s, err := Open(name)
	if err != nil {
		return err
	}
	asked, err := remote.NewAskedReader(in)
	if err != nil {
		return err
	}
	first, err := asked.Next()
	if err != nil {
		return fmt.Errorf("no request: %w", err)
	}
	if first.Open == nil || first.Open.V != remote.Version {
		return fmt.Errorf("a request of another version than %d", remote.Version)
	}
	told, err := remote.NewWriter(out)
	if err != nil {
		return err
	}
	c := &connection{Session: s, out: told}
	job := first.Open.Job
	hello := remote.Hello{V: remote.Version, Lost: first.Open.After > 0 && !s.begun()}
	if !job.Bound {
		have := s.items()
		hello.Without = without(slices.DeleteFunc(slices.Clone(job.Manifest.Items), func(item string) bool { return slices.Contains(have, item) }), variables(job.Env))
	}
	if err := told.Write(remote.Frame{Hello: &hello}); err != nil || hello.Lost || len(hello.Without) > 0 {
		return err
	}
	c.bound = job.Bound
	go c.listen(asked)
	go sweep(s)
	if err := c.supervised(name, job); err != nil {
		said := record.Sayf("the supervisor there does not start: %v", "该机器上的监管程序未能启动：%v", err)
		return told.Write(remote.Frame{End: &remote.End{Entries: first.Open.After, Why: &said}})
	}
	return c.send(first.Open.After)
}

// connection is one connection of a session.
type connection struct {
	Session
	out   *remote.Writer
	bound bool // the supervisor ends with this process, and the session is not continued
}

// listen reads the frames of the coordinator. When they end, the connection has ended; listen then ends this process, and
// the supervisor continues.
func (c *connection) listen(in *remote.Reader) {
	for {
		f, err := in.Next()
		switch {
		case err != nil && c.bound:
			c.stop()
			os.RemoveAll(c.dir)
			os.Exit(0)
		case err != nil:
			os.Exit(0)
		case f.Done:
			os.RemoveAll(c.dir)
			os.Exit(0)
		case f.Stop:
			c.stop()
			os.Exit(0)
		}
	}
}

// stop ends the supervisor, which then releases the session.
func (c *connection) stop() {
	raw, err := os.ReadFile(c.path(lockFile))
	pid, errNumber := strconv.Atoi(strings.TrimSpace(string(raw)))
	if err != nil || errNumber != nil || pid <= 1 {
		return
	}
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		f, free, err := c.hold()
		if err != nil {
			return
		}
		if free {
			f.Close()
			return
		}
		_ = syscall.Kill(pid, syscall.SIGTERM) // it has the lock, so the number is still its own
	}
}

// supervised starts a supervisor, unless the run has ended or another supervisor has the session.
func (c *connection) supervised(name string, job remote.Job) error {
	if _, err := os.Stat(c.path(endFile)); err == nil {
		return nil
	}
	f, free, err := c.hold()
	if err != nil {
		return err
	}
	if !free {
		return c.journalThere()
	}
	f.Close()
	self, err := os.Executable()
	if err != nil {
		return err
	}
	log, err := os.OpenFile(c.path(logFile), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close()
	cmd := exec.Command(self, Command, Mode, name)
	cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = log, log, []*os.File{w}
	cmd.Dir = c.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := errors.Join(cmd.Start(), w.Close()); err != nil {
		return err
	}
	err = json.NewEncoder(in).Encode(job)
	if !job.Bound { // else the supervisor sees the end of its input when this process ends
		err = errors.Join(err, in.Close())
	}
	if line, _ := bufio.NewReader(r).ReadString('\n'); line == begunWord+"\n" {
		go cmd.Wait() //nolint:errcheck // the session records its end
		return nil
	}
	_ = cmd.Wait() // it has ended, or continues without this process
	if c.begun() {
		return nil // another supervisor has the session, or this one ended at once
	}
	return errors.Join(err, errors.New(c.logTail()))
}

// journalThere waits for the journal of a supervisor that another connection has just started.
func (c *connection) journalThere() error {
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if c.begun() {
			return nil
		}
	}
	return errors.New("it writes no journal")
}

// logTail returns the end of the supervisor's log.
func (c *connection) logTail() string {
	raw, err := os.ReadFile(c.path(logFile))
	if err != nil || len(raw) == 0 {
		return "it says nothing"
	}
	return plain.Tail(raw, 500)
}

// pingTime is the longest time between two frames, so that the machine notices a lost coordinator.
const pingTime = 30 * time.Second

// send sends the entries after the entry number after as they are written, and then the attachments.
func (c *connection) send(after int) error {
	dir := c.run()
	if dir == "" {
		return c.finish(&remote.End{Entries: after, Why: c.why()})
	}
	w, err := newWatch(c.dir, dir)
	if err != nil {
		return err
	}
	defer w.close()
	journal, err := store.OpenJournal(dir)
	if err != nil {
		return err
	}
	defer journal.Close()
	t := &tail{connection: c, in: bufio.NewReaderSize(journal, 64<<10), after: after}
	gone := c.gone()
	ping := time.NewTicker(pingTime)
	defer ping.Stop()
	for {
		ended, holder := c.ended(), c.holder() // read before the journal, so that the journal is complete
		if err := t.catchUp(); err != nil {
			return err
		}
		if ended {
			if err := c.attachments(dir); err != nil {
				return err
			}
			return c.finish(&remote.End{Entries: t.n, Why: c.why()})
		}
		if holder != nil && (t.told == nil || *t.told != *holder) {
			t.told = holder
			if err := c.out.Write(remote.Frame{Waiting: holder}); err != nil {
				return err
			}
		}
		select {
		case <-w.changed:
		case <-gone:
			if !c.ended() {
				return errors.New("the supervisor has ended") // the coordinator connects again, and another one begins
			}
			gone = nil
		case <-ping.C:
			if err := c.out.Write(remote.Frame{Ping: true}); err != nil {
				return err
			}
		}
	}
}

// finish sends the last frame, and waits for the coordinator's answer.
func (c *connection) finish(e *remote.End) error {
	if err := c.out.Write(remote.Frame{End: e}); err != nil {
		return err
	}
	select {} // listen ends the process
}

// ended reports whether the run has ended.
func (c *connection) ended() bool {
	_, err := os.Stat(c.path(endFile))
	return err == nil
}

// gone returns a channel that is closed when no supervisor has the session.
func (c *connection) gone() <-chan struct{} {
	gone := make(chan struct{})
	go func() {
		f, err := os.Open(c.path(lockFile))
		if err != nil {
			return // the session is being removed
		}
		defer f.Close()
		if retry.Lock(f.Fd(), syscall.LOCK_SH) == nil {
			close(gone)
		}
	}()
	return gone
}

// why returns the reason why the run did not end normally.
func (c *connection) why() *record.Sentence {
	raw, err := os.ReadFile(c.path(endFile))
	var e remote.End
	if err == nil {
		err = json.Unmarshal(raw, &e)
	}
	if err != nil {
		said := record.Sayf("%v", "%v", err)
		return &said
	}
	return e.Why
}

// holder returns the holder of the machine lock for which the run waits; nil if it does not wait.
func (c *connection) holder() *lock.Holder {
	raw, err := os.ReadFile(c.path(waitingFile))
	var h lock.Holder
	if err != nil || json.Unmarshal(raw, &h) != nil {
		return nil
	}
	return &h
}

// tail reads a journal that grows.
type tail struct {
	*connection
	in    *bufio.Reader
	after int
	n     int
	part  []byte // the beginning of a line whose end is not there yet
	told  *lock.Holder
}

// catchUp sends the complete lines that the journal has.
func (t *tail) catchUp() error {
	held := false
	for {
		part, err := t.in.ReadSlice('\n')
		t.part = append(t.part, part...)
		if err != nil {
			if errors.Is(err, bufio.ErrBufferFull) {
				continue
			}
			if !errors.Is(err, io.EOF) {
				return err
			}
			if held {
				return t.out.Flush()
			}
			return nil
		}
		e, err := store.ReadEntry(t.part[:len(t.part)-1])
		if err != nil {
			return err
		}
		t.n = e.N
		if e.N > t.after {
			if err := t.out.Hold(remote.Frame{Entry: &remote.Entry{N: e.N, Cell: e.Cell, Event: e.Event}}); err != nil {
				return err
			}
			held = true
		}
		t.part = t.part[:0]
	}
}

// attachments sends the compressed files of all attempts.
func (c *connection) attachments(dir string) error {
	files, err := filepath.Glob(filepath.Join(dir, "attachments", "*", "*", "*.gz"))
	if err != nil {
		return err
	}
	for _, path := range files {
		cell, name, ok := store.Attached(dir, path)
		if !ok {
			continue
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for {
			piece := raw[:min(len(raw), remote.MaxPiece)]
			raw = raw[len(piece):]
			if err := c.out.Hold(remote.Frame{Attachment: &remote.Attachment{Cell: cell, Name: name, Data: piece, Last: len(raw) == 0}}); err != nil {
				return err
			}
			if len(raw) == 0 {
				break
			}
		}
	}
	return c.out.Flush()
}
