package run_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/cli"
	"github.com/xcmatrix/xcmatrix/matrix"
	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/matrix/launch"
	"github.com/xcmatrix/xcmatrix/matrix/run"
	"github.com/xcmatrix/xcmatrix/results/needs"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/selftest"
)

// TestMain makes the test binary a payload where a launcher starts it as one: on this machine nothing must be built.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "exec" {
		if name := os.Getenv(fakeEnv); name != "" {
			fake(name)
			os.Exit(0)
		}
		os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	if len(os.Args) > 1 && os.Args[1] == "machine" {
		machineThere(os.Getenv(machineEnv), os.Args)
		os.Exit(0)
	}
	dir, err := os.MkdirTemp("", "xcmatrix-payloads-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	payloads = dir
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// payloads is the directory of those that the tests here build: the whole program is linked once for each architecture.
var payloads string

// options of a selftest run on targets of the default matrix.
func options(t *testing.T, b *build.Builder, targets ...string) run.Options {
	t.Helper()
	m, err := matrix.Default()
	if err != nil {
		t.Fatal(err)
	}
	plan, err := m.Plan(matrix.Selection{Targets: targets, Suites: []string{"selftest"}, Rounds: 1, Have: []string{"selftest"}})
	if err != nil {
		t.Fatal(err)
	}
	return run.Options{Root: filepath.Join(t.TempDir(), "runs"), Plan: plan, Builder: b, Memory: 1 << 30, Jobs: len(targets),
		Manifest: store.Manifest{Run: "test", Created: time.Now(), Seed: 1},
		Reads:    func(string) []string { return []string{selftest.PlantVariable, fakeEnv, fakeEnv + "_MARK"} },
		Specs: func(string) ([]record.SpecPlan, error) {
			p, err := check.List(selftest.Suite, nil)
			return p.Specs, err
		}}
}

// self builds nothing: the test binary is the payload.
func self(t *testing.T) *build.Builder { return &build.Builder{Cache: t.TempDir()} }

// source builds payloads from this checkout.
func source(t *testing.T) *build.Builder {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return &build.Builder{Source: root, Cache: payloads}
}

// only keeps the specs of these ids.
func only(ids ...string) func(record.SpecPlan) bool {
	wanted := map[string]bool{}
	for _, id := range ids {
		wanted[id] = true
	}
	return func(p record.SpecPlan) bool { return wanted[p.ID] }
}

// launched is what the launchers of targets need.
var launched = map[string]needs.Need{"emulated": needs.Emulators, "vm": needs.Kernels}

// startable skips the test where a target cannot be started here, naming what is missing.
func startable(t *testing.T, target launch.Target) {
	t.Helper()
	l, err := launch.For(target)
	if err != nil {
		t.Fatal(err)
	}
	err = l.Ready(t.Context(), target)
	var missing *record.Missing
	if errors.As(err, &missing) {
		needs.Absent(t, launched[target.Name], missing)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// mustRun runs to the end.
func mustRun(t *testing.T, o run.Options) *store.Run {
	t.Helper()
	ctx, cancel := t.Context(), func() {}
	if end, limited := t.Deadline(); limited { // as long as `go test -timeout` allows: a busy machine takes its time
		ctx, cancel = context.WithDeadline(ctx, end.Add(-20*time.Second))
	}
	defer cancel()
	r, err := run.New(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	if r.Seal == nil {
		t.Error("the run came to its end and is not sealed")
	}
	return r
}

// spec returns a spec of a target's cell.
func spec(t *testing.T, r *store.Run, target, id string) *store.Spec {
	t.Helper()
	for _, c := range r.Cells {
		for _, s := range c.Specs {
			if c.Target == target && s.ID == id {
				return s
			}
		}
	}
	t.Fatalf("%s: no spec %q", target, id)
	return nil
}

// said is a spec's verdict and detail on one line.
func said(s *store.Spec) string {
	if s.Detail == nil {
		return string(s.Verdict)
	}
	return fmt.Sprintf("%s: %s", s.Verdict, s.Detail.En)
}
