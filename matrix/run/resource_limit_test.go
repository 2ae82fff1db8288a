package run

import (
	"bytes"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/matrix/launch"
	"github.com/xcmatrix/xcmatrix/results/record"
)

const threadsVariable = "XCMATRIX_TEST_THREADS"

// A process that may have no more threads ends as the Go runtime ends it, and the spec is not to blame.
func TestRefusedThreads(t *testing.T) {
	if os.Getenv(threadsVariable) != "" {
		if err := unix.Setrlimit(unix.RLIMIT_NPROC, &unix.Rlimit{Cur: 1, Max: 1}); err != nil {
			t.Fatal(err)
		}
		for range 100 {
			go func() { runtime.LockOSThread(); select {} }()
		}
		select {}
	}
	command := exec.Command(os.Args[0], "-test.run=^TestRefusedThreads$", "-test.timeout=1m")
	command.Env = append(os.Environ(), threadsVariable+"=1")
	if os.Geteuid() == 0 { // the limit does not count for root
		file, err := os.ReadFile(os.Args[0])
		if err != nil {
			t.Fatal(err)
		}
		dir, err := os.MkdirTemp("", "refused")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		command.Path = dir + "/payload"
		if err := os.WriteFile(command.Path, file, 0o755); err != nil {
			t.Fatal(err)
		}
		command.Dir = "/"
		command.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65533, Gid: 65533}}
	}
	var said bytes.Buffer
	command.Stdout, command.Stderr = &said, &said
	if err := command.Run(); err == nil {
		t.Fatal("it got 100 threads")
	}
	end := resourceLimitVerdict(launch.Exit{Code: command.ProcessState.ExitCode(), Output: said.Bytes()})
	if end == nil || end.Verdict != record.Error || !strings.Contains(end.Detail.En, "threads") || end.Remedy == nil {
		t.Errorf("%+v of %.300s", end, said.String())
	}
}

func TestRefused(t *testing.T) {
	for said, want := range map[string]bool{
		"runtime: failed to create new OS thread (have 5 already; errno=11)\nruntime: may need to increase max user processes (ulimit -u)\nfatal error: newosproc\n": true,
		"a line before\nruntime: epollcreate failed with 24\nfatal error: runtime: netpollinit failed\n":                                                             true,
		"runtime: eventfd failed with 1\nfatal error: runtime: eventfd failed\n":                                                                                     true, // a filter
		"runtime: eventfd failed with 22\nfatal error: runtime: eventfd failed\n":                                                                                    false,
		"runtime: failed to create new OS thread (have 5 already; errno=22)\nfatal error: newosproc\n":                                                               false,
		"he said: runtime: failed to create new OS thread (have 5 already; errno=11)\npanic: planted\n":                                                              false,
		"runtime/cgo: pthread_create failed: Resource temporarily unavailable\nSIGABRT: abort\n":                                                                     true,
		"runtime/cgo: pthread_create failed: Invalid argument\nSIGABRT: abort\n":                                                                                     false,
		"panic: planted\n": false,
	} {
		if got := resourceLimitVerdict(launch.Exit{Code: 2, Output: []byte(said)}); (got != nil) != want {
			t.Errorf("%q: %+v", said, got)
		}
	}
	if resourceLimitVerdict(launch.Exit{Signal: "SIGSEGV", Output: []byte("runtime: epollcreate failed with 24\n")}) != nil {
		t.Error("a signal ended it")
	}
}
