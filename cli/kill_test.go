package cli

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/render"
	"github.com/xcmatrix/xcmatrix/results/schematest"
	"github.com/xcmatrix/xcmatrix/results/store"
)

const kills = 20

// TestKilledRunsResume kills a run at a random moment, its coordinator or its payload in turn, resumes it, and compares
// its verdicts with those of a run that was left in peace.
func TestKilledRunsResume(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: twenty runs are started")
	}
	dir := t.TempDir()
	selftest := []string{"run", "--suite", "selftest", "--target", "native", "--label", "!slow", "--seed", "1", "--quiet", "--json"}
	began := time.Now()
	undisturbed := try(t, program(t, dir, selftest...))
	whole := time.Since(began)
	if undisturbed.code != exitLost { // the item holds specs that end in error
		t.Fatalf("exit status %d: %s", undisturbed.code, undisturbed.err)
	}
	right := verdicts(t, undisturbed.out)
	if err := schematest.Load(t, "../results/render/report.schema.json").Validate([]byte(undisturbed.out)); err != nil {
		t.Error(err)
	}
	processes := sound(t, filepath.Join(dir, "results", "runs"))

	random := rand.New(rand.NewPCG(1, 2))
	var early, interrupted int
	for i := range kills {
		runs := filepath.Join(dir, strconv.Itoa(i))
		command := func(args ...string) said { return try(t, program(t, dir, append(args, "--runs", runs)...)) }
		delay := time.Duration(random.Int64N(int64(whole)))
		payloadToo := i%2 == 1
		name := fmt.Sprintf("kill %d after %v (payload: %v)", i, delay, payloadToo)
		killDuring(t, dir, runs, delay, payloadToo, selftest)

		resumed := command("run", "--resume", "latest", "--quiet", "--json")
		if resumed.code == exitUsage { // before there was a run
			early++
			if entries, err := os.ReadDir(runs); err == nil && len(entries) > 1 {
				t.Errorf("%s: no run, but %v", name, entries)
			}
			continue
		}
		got := verdicts(t, resumed.out)
		for id, want := range right {
			if got[id] == want {
				continue
			}
			t.Errorf("%s: %s: %q, want %q", name, id, got[id], want)
		}
		if len(got) != len(right) {
			t.Errorf("%s: %d specs, want %d", name, len(got), len(right))
		}
		if sound(t, runs) > processes {
			interrupted++
		}
	}
	t.Logf("%d runs killed before they had begun, %d needed a process more; an undisturbed run took %v", early, interrupted, whole)
	if early > kills/2 {
		t.Errorf("%d of %d kills came before there was a run", early, kills)
	}
}

// killDuring starts a run and kills its payload, or itself, after a delay.
func killDuring(t *testing.T, dir, runs string, delay time.Duration, payload bool, args []string) {
	t.Helper()
	cmd := program(t, dir, append(args, "--runs", runs)...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(delay)
	if payload {
		for _, child := range children(cmd.Process.Pid) {
			syscall.Kill(child, syscall.SIGKILL)
		}
	} else if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // its exit status says that it was killed, or what its verdicts call for
}

// children of a process, started by whichever of its threads.
func children(pid int) (pids []int) {
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			continue // the thread has ended
		}
		for _, field := range strings.Fields(string(raw)) {
			if pid, err := strconv.Atoi(field); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}

// verdicts of a report, by spec; a spec that stands in it twice is an error.
func verdicts(t *testing.T, report string) map[string]record.Verdict {
	t.Helper()
	var r render.Report
	if err := json.Unmarshal([]byte(report), &r); err != nil {
		t.Fatalf("%v: %.200q", err, report)
	}
	if !r.Complete {
		t.Error("the run is not complete")
	}
	got := map[string]record.Verdict{}
	for _, s := range r.Specs {
		if _, twice := got[s.ID]; twice {
			t.Errorf("%s stands in the report twice", s.ID)
		}
		got[s.ID] = s.Verdict
	}
	return got
}

// sound checks the latest run's journal: its chain, its seal, and that no spec has two verdicts. It returns the number
// of its processes.
func sound(t *testing.T, runs string) int {
	t.Helper()
	run, err := store.Load(filepath.Join(runs, "latest"))
	if err != nil {
		t.Error(err)
		return 0
	}
	if run.Seal == nil {
		t.Error("the run is not sealed")
	}
	raw, err := os.ReadFile(filepath.Join(runs, "latest", "journal.ndjson"))
	if err != nil {
		t.Error(err)
	}
	ends := map[string]int{}
	for line := range strings.Lines(string(raw)) {
		var entry store.Entry
		var e record.Event
		if json.Unmarshal([]byte(line), &entry) != nil || json.Unmarshal(entry.Event, &e) != nil {
			t.Fatalf("%s: %.200q", run.Dir, line)
		}
		if e.Kind == record.KindSpecEnd {
			ends[e.Spec]++
		}
	}
	for id, n := range ends {
		if n != 1 {
			t.Errorf("%s has %d verdicts", id, n)
		}
	}
	return run.Cells[0].Attempts
}
