package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix/supervisor"
)

// asProgram makes the test binary be the program, so that a test can start it, kill it, and have it be its own payload.
const asProgram = "XCMATRIX_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) == "deaf" {
		os.Exit(deaf(os.Args[1:]))
	}
	if os.Getenv(asProgram) != "" || len(os.Args) > 1 && (os.Args[1] == "exec" || os.Args[1] == supervisor.Command) { // a payload of `bench fidelity`, or on a machine that is reached by SSH
		os.Exit(Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	// What is tested here must not wait for what else runs on this machine.
	dir, err := os.MkdirTemp("", "xcmatrix-cli-test-")
	if err != nil {
		panic(err)
	}
	os.Setenv("XCMATRIX_LOCK", filepath.Join(dir, "lock"))
	code := m.Run()
	os.RemoveAll(dir)
	if err := empty(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// program is a command line of this program in a directory that is no checkout, so that it serves as its own payload.
func program(t *testing.T, dir string, args ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	if end, limited := t.Deadline(); limited { // as long as `go test -timeout` allows: a busy machine takes its time
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, end.Add(-20*time.Second))
		t.Cleanup(cancel)
	}
	cmd := exec.CommandContext(ctx, exe, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), asProgram+"=1", "LC_ALL=C", "XDG_CACHE_HOME="+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd
}

// said is what a command line came to.
type said struct {
	code     int
	out, err string
}

// try runs a command line to its end.
func try(t *testing.T, cmd *exec.Cmd) said {
	t.Helper()
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	err := cmd.Run()
	if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return said{cmd.ProcessState.ExitCode(), out.String(), errOut.String()}
}

// call runs a command line in this process.
func call(args ...string) said {
	var out, errOut bytes.Buffer
	code := Main(args, strings.NewReader(""), &out, &errOut)
	return said{code, out.String(), errOut.String()}
}
