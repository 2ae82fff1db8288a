package ssh

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/xcmatrix/xcmatrix/drivers/child"
	"github.com/xcmatrix/xcmatrix/results/pattern"
)

// Connection is one ssh process with a command on the other machine, whose standard input and output it has.
type Connection struct {
	io.WriteCloser // the command's standard input
	*bufio.Reader  // and output

	host   Host
	cmd    *exec.Cmd
	done   <-chan struct{}
	dir    string // for the log
	stderr child.Output
	stop   func() bool

	timer   *time.Timer // kills ssh
	limit   atomic.Int64
	expired atomic.Bool // the timer has killed it
}

// Times that a machine has for an answer. sshd keeps a connection open, and answers the client's questions whether it is alive,
// however the program behind it hangs.
const (
	answerTime = 2 * time.Minute // for login and look
	startTime  = 5 * time.Minute // for each step of a transfer, and to verify a payload
)

// Expect kills ssh unless Expect is called again within d; 0 is no limit. Wait then says that the machine gave no answer.
func (c *Connection) Expect(d time.Duration) {
	c.limit.Store(int64(d))
	if d == 0 {
		c.timer.Stop()
	} else {
		c.timer.Reset(d)
	}
}

// expire kills ssh because the machine gave no answer.
func (c *Connection) expire() {
	c.expired.Store(true)
	c.Kill()
}

// shell makes the sh of the other machine read a script from its standard input, up to the line #go; the rest of the
// input is for the script. It works with any login shell, because it has no nested quotes, line ends or exclamation
// marks.
const shell = `exec sh -c 'n=$(printf "\nx"); n=${n%x}; s=; while IFS= read -r l; do if [ "$l" = "#go" ]; then break; fi; s=$s$l$n; done; eval "$s"'`

// open starts ssh with a script for the other side. The connection ends with the context.
func (h Host) open(ctx context.Context, script string, compress bool) (*Connection, error) {
	path, err := exec.LookPath("ssh")
	if err != nil {
		return nil, h.noClient()
	}
	dir, err := os.MkdirTemp("", "xcmatrix-ssh-")
	if err != nil {
		return nil, err
	}
	c := &Connection{host: h, dir: dir}
	if err := c.start(path, compress); err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	c.timer = time.AfterFunc(answerTime, c.expire)
	c.Expect(cmp.Or(h.patience, answerTime))
	c.stop = context.AfterFunc(ctx, c.Kill)
	_, _ = io.WriteString(c, sendable(script)) // Wait returns the reason if the connection has ended
	return c, nil
}

// start starts the ssh process.
func (c *Connection) start(path string, compress bool) error {
	c.cmd = exec.Command(path, c.host.arguments(c.log(), compress, shell)...)
	// With pipes of files, Wait does not wait for output after the end of the command.
	inReader, inWriter, err := os.Pipe()
	if err != nil {
		return err
	}
	defer inReader.Close()
	outReader, outWriter, err := os.Pipe()
	if err != nil {
		inWriter.Close()
		return err
	}
	defer outWriter.Close()
	c.cmd.Stdin, c.cmd.Stdout, c.cmd.Stderr = inReader, outWriter, &c.stderr
	c.cmd.WaitDelay = time.Second
	if c.done, err = child.Start(c.cmd); err != nil {
		return errors.Join(err, inWriter.Close(), outReader.Close())
	}
	c.WriteCloser, c.Reader = inWriter, bufio.NewReaderSize(outReader, 64<<10)
	go func() {
		<-c.done
		inWriter.Close()
	}()
	return nil
}

// sendable returns a script without comments, followed by the line that ends it.
func sendable(script string) string {
	var b strings.Builder
	for line := range strings.Lines(script) {
		if trimmed := strings.TrimSpace(line); trimmed != "" && !strings.HasPrefix(trimmed, "#") {
			b.WriteString(strings.TrimLeft(line, "\t"))
		}
	}
	b.WriteString("#go\n")
	return b.String()
}

// log returns the path of the file with ssh's own messages.
func (c *Connection) log() string { return filepath.Join(c.dir, "log") }

// Close ends the connection. Detached processes on the other machine continue.
func (c *Connection) Close() {
	c.stop()
	c.timer.Stop()
	_ = c.WriteCloser.Close() // the other side sees the end of its input
	c.Kill()
	<-c.done
	os.RemoveAll(c.dir)
}

// Kill kills ssh without waiting for its end.
func (c *Connection) Kill() {
	select {
	case <-c.done: // another process may have the number now
	default:
		child.Kill(c.cmd)
	}
}

// Wait waits for the end of ssh. It returns nil if the command on the other machine succeeded, else the reason.
func (c *Connection) Wait() error {
	<-c.done
	c.stop()
	c.timer.Stop()
	defer os.RemoveAll(c.dir)
	if c.cmd.ProcessState.Success() {
		return nil
	}
	return c.why()
}

// own returns the messages of ssh itself.
func (c *Connection) own() string {
	f, err := os.Open(c.log())
	if err != nil {
		return ""
	}
	defer f.Close()
	text, _ := io.ReadAll(io.LimitReader(f, 64<<10)) // a part is enough
	return string(text)
}

// forwardPattern matches the message of ssh on a port of the other machine that leads to an address of this one.
var forwardPattern = pattern.Of(`Allocated port (\d+) for remote forward to ([0-9A-Za-z.:-]+)`)

// Forwarded returns the addresses on the other machine that lead to addresses of this one, by the latter.
func (c *Connection) Forwarded() map[string]string {
	found := map[string]string{}
	for _, m := range forwardPattern().FindAllStringSubmatch(c.own(), -1) {
		found[m[2]] = "127.0.0.1:" + m[1]
	}
	return found
}

// Fingerprint returns the fingerprint of the host key that the machine has proved to own; "" if ssh did not print it.
func (c *Connection) Fingerprint() string {
	for line := range strings.Lines(c.own()) {
		if _, after, ok := strings.Cut(line, "Host key fingerprint is "); ok {
			return strings.TrimSpace(after)
		}
	}
	return ""
}
