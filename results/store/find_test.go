package store_test

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// What is no run is told as what it is, without being opened.
func TestFindWhatIsNoRun(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	if err := errors.Join(os.WriteFile("file", nil, 0o644), os.Mkdir("directory", 0o755), os.Mkdir("directory.xcr", 0o755), syscall.Mkfifo("pipe", 0o644)); err != nil {
		t.Fatal(err)
	}
	socket, err := net.Listen("unix", "socket")
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	for ref, want := range map[string]string{
		"file":                          "it is no run: a run is a directory, or a pack, whose name ends with .xcr",
		"directory":                     "it is no run: the directory has no manifest.json",
		"directory.xcr":                 "it is no run: the directory has no manifest.json",
		filepath.Join(dir, "directory"): "it is no run: the directory has no manifest.json",
		"pipe":                          "it is no run, but a named pipe: name a run's id",
		"./pipe":                        "it is no run, but a named pipe",
		"socket":                        "it is no run, but a socket",
		"/dev/null":                     "it is no run, but a device",
		"nothing":                       "no such run in runs",
		"latest":                        "there is no run here yet",
	} {
		_, err := store.Find("runs", ref)
		var problem *record.Problem
		if !errors.As(err, &problem) || !strings.Contains(problem.En, want) || problem.Zh == "" {
			t.Errorf("%s: %v, want %q", ref, err, want)
		}
	}
}

// A spec that an interrupted run has not come to names the command with the run's id, so that it can be copied.
func TestInterruptedNamesTheRun(t *testing.T) {
	root, _ := create(t, 2, 1)
	run, err := store.Load(filepath.Join(root, "r1"))
	if err != nil {
		t.Fatal(err)
	}
	s := run.Cells[0].Specs[1]
	if s.Verdict != record.Error || !strings.Contains(s.Detail.En, "`xcmatrix run --resume r1`") || !strings.Contains(s.Detail.Zh, "`xcmatrix run --resume r1`") {
		t.Errorf("%s: %v", s.Verdict, s.Detail)
	}
}
