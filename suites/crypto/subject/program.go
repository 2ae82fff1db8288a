package subject

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
	"unicode"

	"github.com/xcmatrix/xcmatrix/results/environ"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Program is a command-line program of the machine that serves as an oracle: "openssl", "botan".
type Program struct {
	Name string
	path string
	hung *atomic.Bool // it has given no answer once, and is not asked again
}

// ErrAbsent means that a program is not installed.
var ErrAbsent = errors.New("not installed")

// Unable is the error for a program of the machine that did not answer: it is too old or built without the algorithm, could not be
// started, crashed, hung, or printed something else. It says nothing about a library.
type Unable struct {
	What    record.Sentence
	Refused bool // the program ended by itself, with another status than 0
}

func (u *Unable) Error() string { return u.What.En }

// FindProgram looks for a program in PATH. The error is ErrAbsent.
func FindProgram(name string) (Program, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return Program{}, ErrAbsent
	}
	return Program{name, path, new(atomic.Bool)}, nil
}

const (
	answerTime = 10 * time.Second // thousands of times what an answer takes
	killTime   = time.Second      // what a process has after its end for those that hold its pipes
	maxOutput  = 1 << 20          // bytes that a program may print
	maxSaid    = 200              // bytes that are kept of what it complains of
)

// run runs the program and returns its standard output. The error is an *Unable.
func (p Program) run(ctx context.Context, in []byte, args ...string) ([]byte, error) {
	return p.runFor(ctx, answerTime, in, args...)
}

func (p Program) runFor(ctx context.Context, limit time.Duration, in []byte, args ...string) ([]byte, error) {
	if p.hung.Load() {
		return nil, unable(args, record.Say("it is not asked again after it gave no answer", "此前无应答，不再调用"))
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, p.path, args...)
	cmd.Env = environ.Own() // no configuration of the user's, and nobody's passwords
	var out, complaint bounded
	cmd.Stdin, cmd.Stdout, cmd.Stderr, cmd.WaitDelay = bytes.NewReader(in), &out, &complaint, killTime
	err := cmd.Run()
	exit, ended := errors.AsType[*exec.ExitError](err)
	switch {
	case out.over:
		return nil, unable(args, record.Sayf("it printed more than %d bytes", "输出超过 %d 字节", maxOutput))
	case ctx.Err() != nil:
		p.hung.Store(true)
		return nil, unable(args, record.Sayf("no answer within %v", "%v 内无应答", limit))
	case ended && exit.Sys().(syscall.WaitStatus).Signaled():
		return nil, unable(args, record.Sayf("ended by a signal: %v", "被信号终止：%v", exit.Sys().(syscall.WaitStatus).Signal()))
	case ended:
		u := unable(args, record.Sayf("exit status %d: %s", "退出状态 %d：%s", exit.ExitCode(), said(complaint.kept.Bytes())))
		u.Refused = true
		return nil, u
	case err != nil:
		return nil, unable(args, record.Sayf("it cannot be started: %v", "无法启动：%v", reason(err)))
	}
	return out.kept.Bytes(), nil
}

func unable(args []string, why record.Sentence) *Unable {
	named := slices.DeleteFunc(slices.Clone(args), func(arg string) bool { return strings.ContainsAny(arg, "/:") || len(arg) > 20 })
	return &Unable{What: record.Sayf("%.60s: %s", "%.60s：%s", strings.Join(named, " "), why)}
}

// answered returns an answer if it has the right length in bytes; else the error is an *Unable.
func answered(what string, out []byte, length int) ([]byte, error) {
	if len(out) != length {
		return nil, &Unable{What: record.Sayf("%s: an answer of %d bytes, where it has %d", "%s：返回 %d 字节，应为 %d 字节", what, len(out), length)}
	}
	return out, nil
}

// said returns the first line of a program's error output, without control characters.
func said(complaint []byte) string {
	line, _, _ := strings.Cut(strings.TrimSpace(strings.ToValidUTF8(string(complaint), "?")), "\n")
	line = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, line)
	return strings.ToValidUTF8(line[:min(len(line), maxSaid)], "")
}

// reason returns an error's text without the path: "no space left on device".
func reason(err error) error {
	if p, ok := errors.AsType[*os.PathError](err); ok {
		return p.Err
	}
	return err
}

// bounded stores the output of a program, up to maxOutput bytes.
type bounded struct {
	kept bytes.Buffer
	over bool
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.kept.Len()+len(p) > maxOutput {
		b.over = true
		return 0, errors.New("too much output")
	}
	return b.kept.Write(p)
}

// Version returns the program's name and version: "OpenSSL 3.0.19", "botan 2.19.3". The error is an *Unable.
func (p Program) Version(ctx context.Context) (string, error) {
	out, err := p.run(ctx, nil, "version")
	if err != nil {
		return "", err
	}
	words := strings.Fields(said(out))
	if len(words) == 0 {
		return "", &Unable{What: record.Say("version: it printed nothing", "version：无输出")}
	}
	if words[0][0] >= '0' && words[0][0] <= '9' {
		words = []string{p.Name, words[0]}
	}
	return fmt.Sprintf("%.60s", strings.Join(words[:min(len(words), 2)], " ")), nil
}
