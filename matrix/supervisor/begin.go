package supervisor

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix/remote"
	"github.com/xcmatrix/xcmatrix/results/plain"
)

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
