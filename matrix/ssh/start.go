package ssh

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"

	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/results/environ"
	"github.com/xcmatrix/xcmatrix/results/pattern"
)

//go:embed send.sh
var sendScript string

// ErrDamaged says that a payload on the machine was damaged. Start has removed it.
var ErrDamaged = errors.New("the payload there was damaged")

// digest returns the digest of a payload without the name of the algorithm.
func digest(p build.Payload) string { return strings.TrimPrefix(p.Digest, "sha256:") }

// Has reports whether a payload is on the machine, verified or not.
func (m *Machine) Has(p build.Payload) bool { return slices.Contains(m.Payloads, digest(p)) }

// Start verifies a payload on the machine and starts it to serve a session. It sends request, which the payload reads
// first. The returned connection belongs to the caller; m has none afterwards. It returns ErrDamaged if the payload does
// not verify.
func (m *Machine) Start(ctx context.Context, p build.Payload, session string, request []byte) (*Connection, error) {
	c := m.connection
	c.Expect(cmp.Or(m.patience, startTime))
	if _, err := c.Write(slices.Concat([]byte("start "+digest(p)+" "+session+"\n"), request)); err != nil {
		return nil, m.failed(ctx, io.EOF) // failed returns the reason
	}
	in := &lines{from: c, left: maxAnswer}
	answer, err := in.next()
	switch {
	case err != nil:
		return nil, m.failed(ctx, err)
	case answer == m.mark+" damaged":
		c.Close()
		return nil, ErrDamaged
	case answer != m.mark+" started":
		c.Close()
		return nil, m.wrong("%[1]s answers %[2]q where the payload was to start", "%[1]s 未启动测试程序，而是回答 %[2]q", m.Name, short(answer))
	}
	m.connection = nil
	c.stop() // from now on the caller ends the connection
	return c, nil
}

// Close ends the connection if Start has not used it.
func (m *Machine) Close() {
	if m.connection != nil {
		m.connection.Close()
		m.connection = nil
	}
}

// Send sends a payload to the machine over a connection of its own. The machine verifies it before it gets its name.
func (m *Machine) Send(ctx context.Context, p build.Payload) error {
	file, err := os.Open(p.Path)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	gzipped := "no"
	if m.Gzip {
		gzipped = "yes"
	}
	settings := fmt.Sprintf("mark=%s\nbase=%s\ndigest=%s\nsize=%d\nsum=%s\ngzip=%s\n", m.mark, quoted(m.Base), digest(p), info.Size(), quoted(m.Sum), gzipped)
	c, err := m.open(ctx, settings+digestScript+sendScript, !m.Gzip)
	if err != nil {
		return err
	}
	c.Expect(cmp.Or(m.patience, startTime))
	sent := make(chan error, 1)
	go func() { sent <- compressed(c, file, m.Gzip) }()
	answer, err := lastAnswer(c, m.mark)
	if errors.Is(err, errTalkative) {
		c.Kill()
	}
	ended := c.Wait()
	errSent := <-sent
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, errTalkative):
		return m.talkative()
	case err == nil && answer == "kept":
		m.Payloads = append(m.Payloads, digest(p))
		return nil
	case err == nil:
		return m.refused(answer)
	case ended != nil:
		return ended
	}
	return errors.Join(err, errSent)
}

// refused returns the reason why the machine did not keep a payload.
func (m *Machine) refused(answer string) error {
	switch word, _, _ := strings.Cut(answer, " "); word {
	case "full":
		return m.wrong("the disk of %[1]s is full: make room below %[2]s there", "%[1]s 的磁盘已满：请在其 %[2]s 下腾出空间", m.Name, m.Base)
	case "unwritable":
		return m.wrong("the payload cannot be kept below %[2]s on %[1]s: set XDG_CACHE_HOME for the account there to a directory of its own",
			"无法将测试程序存放到 %[1]s 的 %[2]s 下：请为该账户将 XDG_CACHE_HOME 设为其自己的目录", m.Name, m.Base)
	}
	return m.wrong("the payload did not arrive whole on %[1]s (%[2]s): try again", "测试程序未能完整到达 %[1]s（%[2]s）：请重试", m.Name, short(answer))
}

// steady is the input of a connection whose machine has to take something within each startTime.
type steady struct{ *Connection }

func (s steady) Write(b []byte) (int, error) {
	n, err := s.WriteCloser.Write(b)
	s.Expect(cmp.Or(s.host.patience, startTime))
	return n, err
}

// compressed sends a file, compressed if zip is set, and ends the connection's input.
func compressed(c *Connection, file io.Reader, zip bool) error {
	if !zip {
		_, err := io.Copy(struct{ io.Writer }{steady{c}}, file)
		return errors.Join(err, c.WriteCloser.Close())
	}
	z := gzip.NewWriter(steady{c})
	_, err := io.Copy(z, file)
	return errors.Join(err, z.Close(), c.WriteCloser.Close())
}

// lastAnswer returns the last line of an output that begins with the mark, without it.
func lastAnswer(r io.Reader, mark string) (string, error) {
	in := &lines{from: r, left: maxAnswer}
	answer, found := "", false
	for {
		line, err := in.next()
		if after, ok := strings.CutPrefix(line, mark+" "); ok && err == nil {
			answer, found = after, true
		}
		if err == nil {
			continue
		}
		if found && !errors.Is(err, errTalkative) {
			return answer, nil
		}
		return "", err
	}
}

// quoted returns a text as one word of sh.
func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

var versionPattern = pattern.Of(`OpenSSH_[A-Za-z0-9._]+`)

// version returns the version of the OpenSSH client here; "" if it is unknown.
var version = sync.OnceValue(func() string {
	cmd := exec.Command("ssh", "-V")
	cmd.Env = environ.Own()
	said, err := cmd.CombinedOutput()
	if err != nil {
		return ""
	}
	return versionPattern().FindString(string(said))
})
