package run_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/matrix/launch"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/selftest"
)

const (
	meets  = "meets its expectation: pass"
	last   = "passes after all of them: pass"
	hangs  = "hangs and ignores every signal: timeout"
	takes  = "planted memory: leaves the kernel of a virtual machine none, unless not planted: skip"
	floods = "planted console: floods the console of a virtual machine with so many MiB, unless not planted: skip"
	brings = "planted panic: brings the kernel of a virtual machine down, unless not planted: skip"
)

// needsVM skips where no virtual machine can be booted: it is the one that boots quickest.
func needsVM(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: boots virtual machines")
	}
	startable(t, launch.Target{ID: "phytium-vm", Key: build.Key{GOOS: "linux", GOARCH: "arm64"}, Name: "vm",
		CPU: "cortex-a72", Guest: record.Guest{Kernel: "arm64-4k"}})
}

func TestSelftestVM(t *testing.T) {
	needsVM(t)
	t.Setenv(selftest.PlantVariable, "")
	r := mustRun(t, options(t, source(t), "phytium-vm"))
	judge(t, r, "phytium-vm", record.VM)
	if l := spec(t, r, "phytium-vm", last).Launcher; l.Name != "qemu-system" || l.Kernel == nil || l.Kernel.SHA256 == "" {
		t.Errorf("launcher %+v", l)
	}
	noneLeft(t)
}

// What ends the guest's kernel, or takes all its memory, costs the spec that did it, and the rest goes on in another
// machine. A flood on the console costs nothing: an emulated serial port carries some 4 MiB in half a minute.
func TestGuestDeaths(t *testing.T) {
	needsVM(t)
	t.Setenv(selftest.PlantVariable, "panic,memory,console=4")
	o := options(t, source(t), "phytium-vm")
	o.Plan.Targets[0].Guest = &record.Guest{Kernel: "arm64-4k", Memory: 768}
	o.Keep = only(meets, brings, takes, floods, last)
	r := mustRun(t, o)
	for id, want := range map[string]struct {
		verdict       record.Verdict
		detail, stack string
	}{
		meets:  {record.Pass, "", ""},
		brings: {record.Crash, "the guest's kernel panicked: sysrq", "Kernel panic"},
		takes:  {record.Crash, "the guest's kernel ended it: Out of memory: Killed process", ""},
		floods: {record.Pass, "", ""},
		last:   {record.Pass, "", ""},
	} {
		s := spec(t, r, "phytium-vm", id)
		if s.Verdict != want.verdict || !strings.Contains(detail(s), want.detail) || !strings.Contains(s.Stack, want.stack) {
			t.Errorf("%s: %s\n%s", id, said(s), s.Stack)
		}
	}
	if n := r.Cells[0].Attempts; n != 3 {
		t.Errorf("%d processes, want 3: one more for each that died", n)
	}
	noneLeft(t)
}

// Whoever kills the emulator: the open spec says so, the rest goes on.
func TestKilledEmulatorCostsOneSpec(t *testing.T) {
	needsVM(t)
	o := options(t, source(t), "phytium-vm")
	o.Keep = only(meets, hangs, last)
	go func() {
		for t.Context().Err() == nil && !started(o.Root, hangs) {
			time.Sleep(20 * time.Millisecond)
		}
		for _, pid := range emulators(t) {
			syscall.Kill(pid, syscall.SIGKILL)
		}
	}()
	r := mustRun(t, o)
	if s := spec(t, r, "phytium-vm", hangs); s.Verdict != record.Crash || !strings.Contains(detail(s), "QEMU was ended by SIGKILL") {
		t.Errorf("%s", said(s))
	}
	for _, id := range []string{meets, last} {
		if s := spec(t, r, "phytium-vm", id); s.Verdict != record.Pass {
			t.Errorf("%s: %s", id, said(s))
		}
	}
	noneLeft(t)
}

// started reports whether the journal of the one run below root says that a spec has begun.
func started(root, id string) bool {
	paths, err := filepath.Glob(filepath.Join(root, "test", "journal*"))
	if err != nil || len(paths) != 1 {
		return false
	}
	raw, err := os.ReadFile(paths[0])
	return err == nil && bytes.Contains(raw, []byte(`"spec":"`+id+`","start":`))
}

// emulators are the QEMU processes that this one has started and that run.
func emulators(t *testing.T) []int {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	var found []int
	for _, path := range stats {
		raw, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		name, rest, _ := strings.Cut(string(raw), ") ")
		var state string
		var parent int
		if _, err := fmt.Sscan(rest, &state, &parent); err != nil || parent != os.Getpid() || state == "Z" ||
			!strings.Contains(name, "(qemu-system") {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path))); err == nil {
			found = append(found, pid)
		}
	}
	return found
}

// noneLeft fails when a virtual machine outlives the run.
func noneLeft(t *testing.T) {
	t.Helper()
	if left := emulators(t); len(left) > 0 {
		t.Errorf("emulators still run: %v", left)
	}
}
