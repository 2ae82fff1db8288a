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

// FirstVerdict returns how long a developer waits for the first verdict after an edit: in a copy of the checkout it changes one
// line of the item's suite and measures the time from `go run`, with the Makefile's flags, until the journal holds a verdict.
// It returns a *record.Missing if there is no checkout.
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
	if _, err := firstVerdict(ctx, dir, item); err != nil { // the first build fills the cache and does not count
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

// firstVerdict starts a run in a checkout, stops it as soon as its journal holds a verdict, and returns the time until then.
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
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		if hasVerdict(runs) {
			took := time.Since(began)
			cancel()
			<-ended
			return took, nil
		}
		select {
		case err := <-ended:
			return 0, errors.Join(fmt.Errorf("no verdict came: %s", bytes.TrimSpace(output.Bytes())), err)
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// hasVerdict reports whether the journal of a run below the directory holds a verdict.
func hasVerdict(runs string) bool {
	journals, err := filepath.Glob(filepath.Join(runs, "2*", "journal.ndjson"))
	if err != nil || len(journals) == 0 {
		return false
	}
	raw, err := os.ReadFile(journals[0])
	return err == nil && bytes.Contains(raw, []byte(`"event":"`+string(record.KindSpecEnd)+`"`))
}

// copyTree copies the source of a checkout, without .git, runs and test binaries.
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
