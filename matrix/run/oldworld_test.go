package run_test

import (
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/matrix/launch"
	"github.com/xcmatrix/xcmatrix/matrix/run"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/selftest"
)

// oldWorld are options of a selftest run in the simulated old world, with payloads of one build key.
func oldWorld(t *testing.T, world string) run.Options {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: boots virtual machines")
	}
	const target = "loong64-oldworld"
	startable(t, launch.Target{ID: target, Key: build.Key{GOOS: "linux", GOARCH: "loong64"}, Name: "vm", CPU: "la464",
		Guest: record.Guest{Kernel: "loong64", World: "old"}})
	o := options(t, source(t), target)
	o.Keep = only(meets, crashes, last)
	for i := range o.Plan.Cells {
		o.Plan.Cells[i].Key.World = world
	}
	return o
}

const crashes = "executes an illegal instruction (SIGILL): crash"

// A payload with Go's own runtime dies in the old world as in the field, and the verdict says why and what to do.
func TestStockPayloadInTheOldWorld(t *testing.T) {
	r := mustRun(t, oldWorld(t, ""))
	for _, id := range []string{meets, last} {
		s := spec(t, r, "loong64-oldworld", id)
		if s.Verdict != record.Miss || !strings.Contains(detail(s), "old ABI world, where programs of upstream Go cannot start (fault at address 0x") ||
			s.Remedy == nil || !strings.Contains(s.Remedy.En, "world: both") {
			t.Errorf("%s: %s", id, said(s))
		}
	}
}

// The file for both worlds runs there, a crash costs one spec, and the launcher says that the world is simulated.
func TestPayloadForBothWorldsInTheOldWorld(t *testing.T) {
	r := mustRun(t, oldWorld(t, build.BothWorlds))
	for id, want := range map[string]record.Verdict{meets: record.Pass, crashes: record.Crash, last: record.Pass} {
		if s := spec(t, r, "loong64-oldworld", id); s.Verdict != want {
			t.Errorf("%s: %s", id, said(s))
		}
	}
	s := spec(t, r, "loong64-oldworld", meets)
	if !strings.HasPrefix(s.Launcher.World, "simulated old world on Linux ") {
		t.Errorf("the launcher says %q", s.Launcher.World)
	}
	m := r.Cells[0].Machine
	if m == nil || m.ABIWorld != "old" || m.GoModified != build.WorldsDigest() {
		t.Errorf("the machine is of the world %q, the runtime modified %q", m.ABIWorld, m.GoModified)
	}
}

// The simulator is not too kind: the file that knows both layouts dies where frames have a third. The spec starts the
// simulator itself, in a machine whose kernel is of the new world.
func TestWrongLayoutInTheOldWorld(t *testing.T) {
	o := oldWorld(t, build.BothWorlds)
	t.Setenv(selftest.PlantVariable, "layout")
	o.Plan.Targets[0].Guest = &record.Guest{Kernel: "loong64"}
	o.Keep = only(layout)
	if s := spec(t, mustRun(t, o), "loong64-oldworld", layout); s.Verdict != record.Pass {
		t.Errorf("%s: %s", layout, said(s))
	}
}

const layout = "planted layout: a program dies where signal frames have another layout, unless not planted: skip"
