package supervisor

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix/remote"
	"github.com/xcmatrix/xcmatrix/results/record"
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
