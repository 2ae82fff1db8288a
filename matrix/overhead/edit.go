package overhead

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// FirstVerdict measures how long a developer waits: in a copy of the checkout, one line of a suite is changed, and the
// clock runs from `go run` (as the Makefile calls it: with a payload's flags, so that what is compiled serves both) until a verdict of that suite stands in the journal.
func FirstVerdict(ctx context.Context, source, item string) (time.Duration, error) {
	if source == "" {
		return 0, &record.Missing{Reason: record.Say("no checkout is here", "这里没有源码"),
			Remedy: record.Say("run from a checkout", "请在源码目录中运行")}
	}
	dir, err := os.MkdirTemp("", "xcmatrix-edit-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	if err := copyTree(source, dir); err != nil {
		return 0, err
	}
	if _, err := firstVerdict(ctx, dir, item); err != nil { // what is built for the first time is not waited for daily
		return 0, err
	}
	file := filepath.Join(dir, "suites", item, item+".go")
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	changed := append(text, fmt.Sprintf("\n// Edited says when this line was added.\nconst Edited = %d\n", time.Now().UnixNano())...)
	if err := os.WriteFile(file, changed, 0o644); err != nil {
		return 0, err
	}
	return firstVerdict(ctx, dir, item)
}

// firstVerdict starts a run in the checkout and ends it as soon as its journal holds a verdict.
func firstVerdict(ctx context.Context, dir, item string) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	runs, err := os.MkdirTemp(dir, "runs-")
	if err != nil {
		return 0, err
	}
	cmd := exec.CommandContext(ctx, "go", "run", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", ".", "run", "--target", "native", "--suite", item, "--runs", runs)
	cmd.Dir, cmd.WaitDelay = dir, time.Second
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		if holdsVerdict(runs) {
			took := time.Since(began)
			cancel()
			<-ended
			return took, nil
		}
		select {
		case err := <-ended:
			return 0, errors.Join(fmt.Errorf("no verdict came: %s", bytes.TrimSpace(said.Bytes())), err)
		case <-time.After(2 * time.Millisecond):
		}
	}
}

func holdsVerdict(runs string) bool {
	journals, err := filepath.Glob(filepath.Join(runs, "2*", "journal.ndjson"))
	if err != nil || len(journals) == 0 {
		return false
	}
	raw, err := os.ReadFile(journals[0])
	return err == nil && bytes.Contains(raw, []byte(`"event":"`+string(record.KindSpecEnd)+`"`))
}

// copyTree copies a checkout's source, and nothing that was made from it.
func copyTree(from, to string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		switch {
		case d.IsDir() && (name == ".git" || name == filepath.Join("results", "runs")):
			return filepath.SkipDir
		case d.IsDir():
			return os.MkdirAll(filepath.Join(to, name), 0o755)
		case !d.Type().IsRegular() || strings.HasSuffix(name, ".test"):
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, name), text, 0o644)
	})
}
