package store_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/needs"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

var here = store.Cell{Target: "native", Item: "abi", Round: 1, Attempt: 1}

// manifest of a run with one cell of n specs.
func manifest(run string, n int) store.Manifest {
	cell := store.CellPlan{Target: "native", Item: "abi", Round: 1, BuildKey: "linux-amd64"}
	for i := range n {
		cell.Specs = append(cell.Specs, record.SpecPlan{ID: fmt.Sprint("spec ", i), Deadline: 1})
	}
	return store.Manifest{Run: run, Created: time.Now(), Items: []string{"abi"}, Cells: []store.CellPlan{cell},
		Targets: []store.Target{{ID: "native", GOOS: "linux", GOARCH: "amd64", Launcher: "native"}}}
}

// create makes a run with a verdict on the first done of n specs.
func create(t *testing.T, n, done int) (root string, j *store.Journal) {
	t.Helper()
	root = filepath.Join(t.TempDir(), "runs")
	j, err := store.Create(root, manifest("r1", n))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	for i := range done {
		pass(t, j, i)
	}
	return root, j
}

func verdict(i int) record.Event {
	return record.Event{Kind: record.KindSpecEnd, Spec: fmt.Sprint("spec ", i), End: &record.SpecEnd{Verdict: record.Pass}}
}

func pass(t *testing.T, j *store.Journal, i int) {
	t.Helper()
	if err := j.AppendEvent(&here, verdict(i)); err != nil {
		t.Fatal(err)
	}
}

// sealed makes a whole run and returns its directory.
func sealed(t *testing.T, n int) string {
	t.Helper()
	_, j := create(t, n, n)
	if err := errors.Join(j.Seal(), j.Close()); err != nil {
		t.Fatal(err)
	}
	return j.Dir
}

// change rewrites a file.
func change(t *testing.T, path string, how func([]byte) []byte) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, how(raw), 0o644); err != nil {
		t.Fatal(err)
	}
}

// refused checks that an error is a sentence at a place.
func refused(t *testing.T, err error, place, words string) {
	t.Helper()
	var p *record.Problem
	if !errors.As(err, &p) || p.Place != place || !strings.Contains(p.En, words) || p.Zh == "" || strings.Contains(p.Error(), "\n") {
		t.Errorf("%v, want %s: … %s …", err, place, words)
	}
}

func TestWrittenIsRead(t *testing.T) {
	dir := sealed(t, 3)
	run, err := store.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if run.Seal == nil || run.Seal.Entries != 3 || run.Seal.Head != run.Head || run.Cells[0].Count()[record.Pass] != 3 {
		t.Errorf("%+v", run)
	}
	for _, ref := range []string{"latest", "r1", dir} {
		if found, err := store.Find(filepath.Dir(dir), ref); err != nil || found != dir {
			t.Errorf("%s: %s %v", ref, found, err)
		}
	}
}

// lines is a journal's lines, without their ends, changed.
func lines(how func([][]byte) [][]byte) func([]byte) []byte {
	return func(raw []byte) []byte {
		all := bytes.Split(bytes.TrimSuffix(raw, []byte("\n")), []byte("\n"))
		return append(bytes.Join(how(all), []byte("\n")), '\n')
	}
}

func TestEveryChangeIsNoticed(t *testing.T) {
	for name, c := range map[string]struct {
		how  func([]byte) []byte
		line int // the first that is wrong
	}{
		"a verdict": {func(b []byte) []byte { return bytes.Replace(b, []byte(`"pass"`), []byte(`"fail"`), 1) }, 1},
		"one bit":   {lines(func(l [][]byte) [][]byte { l[2][20] ^= 1; return l }), 3},
		"a hash": {lines(func(l [][]byte) [][]byte {
			h := l[1]
			h[len(h)-3] = "01"[(h[len(h)-3]&1)^1]
			return l
		}), 2},
		"a line removed":   {lines(func(l [][]byte) [][]byte { return append(l[:1], l[2:]...) }), 2},
		"the first":        {lines(func(l [][]byte) [][]byte { return l[1:] }), 1},
		"a line twice":     {lines(func(l [][]byte) [][]byte { return append(l[:2:2], l[1:]...) }), 3},
		"two lines change": {lines(func(l [][]byte) [][]byte { l[1], l[2] = l[2], l[1]; return l }), 2},
		"an empty line":    {lines(func(l [][]byte) [][]byte { return append([][]byte{nil}, l...) }), 1},
		"garbage":          {lines(func(l [][]byte) [][]byte { l[3] = []byte("\x00\xff"); return l }), 4},
		"a line too long":  {lines(func(l [][]byte) [][]byte { l[0] = bytes.Repeat([]byte("x"), 3<<20); return l }), 1},
		"a carriage return": {lines(func(l [][]byte) [][]byte {
			l[1] = append(l[1], '\r')
			return l
		}), 2},
	} {
		dir := sealed(t, 5)
		path := filepath.Join(dir, "journal.ndjson")
		change(t, path, c.how)
		_, err := store.Load(dir)
		refused(t, err, fmt.Sprintf("%s:%d", path, c.line), "")
		if _, _, err := store.Resume(dir); err == nil {
			t.Errorf("%s: resumed", name)
		}
		if t.Failed() {
			t.Fatal(name)
		}
	}
}

func TestCutOffIsNoticedBySeal(t *testing.T) {
	dir := sealed(t, 5)
	path := filepath.Join(dir, "journal.ndjson")
	change(t, path, lines(func(l [][]byte) [][]byte { return l[:4] }))
	_, err := store.Load(dir)
	refused(t, err, path, "entry 4, the seal says 5")
}

func TestManifestIsPartOfTheChain(t *testing.T) {
	dir := sealed(t, 2)
	change(t, filepath.Join(dir, "manifest.json"), func(b []byte) []byte { return bytes.Replace(b, []byte(`"arm64"`), []byte(`"arm65"`), 1) })
	if _, err := store.Load(dir); err != nil {
		t.Errorf("not changed: %v", err)
	}
	change(t, filepath.Join(dir, "manifest.json"), func(b []byte) []byte { return bytes.Replace(b, []byte(`"amd64"`), []byte(`"arm64"`), 1) })
	_, err := store.Load(dir)
	refused(t, err, filepath.Join(dir, "journal.ndjson:1"), "hash")
}

// A killed coordinator leaves half a line: it is as if it had never been written.
func TestHalfALastLine(t *testing.T) {
	for cut := 1; cut < 60; cut += 7 {
		_, j := create(t, 4, 3)
		path := filepath.Join(j.Dir, "journal.ndjson")
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		change(t, path, func(b []byte) []byte { return b[:len(b)-cut] })
		run, err := store.Load(j.Dir)
		if err != nil || run.Entries != 2 || run.Cells[0].Specs[2].Ended {
			t.Fatalf("%d bytes cut: %+v %v", cut, run, err)
		}
		again, run, err := store.Resume(j.Dir)
		if err != nil || run.Entries != 2 {
			t.Fatalf("%d bytes cut: %v", cut, err)
		}
		pass(t, again, 2)
		pass(t, again, 3)
		if err := errors.Join(again.Seal(), again.Close()); err != nil {
			t.Fatal(err)
		}
		if run, err = store.Load(j.Dir); err != nil || run.Cells[0].Count()[record.Pass] != 4 {
			t.Fatalf("%d bytes cut: %v", cut, err)
		}
	}
}

func TestResumeTakesTheSealAway(t *testing.T) {
	dir := sealed(t, 1)
	j, run, err := store.Resume(dir)
	if err != nil || run.Seal == nil {
		t.Fatal(run, err)
	}
	defer j.Close()
	if run, err = store.Load(dir); err != nil || run.Seal != nil {
		t.Errorf("%+v %v", run, err)
	}
}

func TestOneWriterAtATime(t *testing.T) {
	root, j := create(t, 1, 0)
	_, _, err := store.Resume(j.Dir)
	refused(t, err, j.Dir, "another process")
	if _, err := store.Create(root, manifest("r1", 1)); err == nil {
		t.Error("a run was made over another")
	}
	pass(t, j, 0)
	if run, err := store.Load(j.Dir); err != nil || run.Entries != 1 {
		t.Errorf("a reader beside the writer: %v", err)
	}
}

// What the journal was never to hold is refused even where the chain is whole.
func TestUnplannedIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		cell  store.Cell
		event record.Event
		words string
	}{
		"another spec":  {here, verdict(7), "was not planned"},
		"another cell":  {store.Cell{Target: "../x", Item: "abi", Round: 1}, verdict(0), "was not planned"},
		"another round": {store.Cell{Target: "native", Item: "abi", Round: 2}, verdict(0), "was not planned"},
		"a second time": {here, verdict(1), "has a verdict already"},
	} {
		_, j := create(t, 3, 0)
		pass(t, j, 1)
		if err := j.AppendEvent(&c.cell, c.event); err != nil {
			t.Fatal(err)
		}
		_, err := store.Load(j.Dir)
		refused(t, err, filepath.Join(j.Dir, "journal.ndjson:2"), c.words)
		if t.Failed() {
			t.Fatal(name)
		}
	}
}

func TestDamagedFiles(t *testing.T) {
	for name, c := range map[string]struct {
		file, content, place, words string
	}{
		"newer manifest":                 {"manifest.json", `{"v":99,"run":"r1"}`, "manifest.json", "newer version"},
		"newer manifest with new types":  {"manifest.json", `{"v":99,"run":{"id":1}}`, "manifest.json", "newer version"},
		"manifest that is no JSON":       {"manifest.json", `{"v":1,`, "manifest.json", "damaged"},
		"empty manifest":                 {"manifest.json", ``, "manifest.json", "damaged"},
		"manifest of something else":     {"manifest.json", `{"name":"x"}`, "manifest.json", "damaged"},
		"no manifest":                    {"manifest.json", "-", "", "no run here"},
		"no journal":                     {"journal.ndjson", "-", "journal.ndjson", "cannot be read"},
		"damaged seal":                   {"seal.json", "{", "seal.json", "damaged"},
		"seal of another run":            {"seal.json", "{\n \"entries\": 2,\n \"head\": \"00\",\n \"at\": \"2026-11-21T08:00:00Z\"\n}\n", "journal.ndjson", "the seal"},
		"journal that never was written": {"journal.ndjson", "", "journal.ndjson", "entry 0, the seal says 2"},
	} {
		dir := sealed(t, 2)
		path := filepath.Join(dir, c.file)
		if c.content == "-" {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		} else {
			change(t, path, func([]byte) []byte { return []byte(c.content) })
		}
		_, err := store.Load(dir)
		refused(t, err, filepath.Join(dir, c.place), c.words)
		if t.Failed() {
			t.Fatal(name)
		}
	}
}

func TestNowhereToWrite(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	root := filepath.Join(file, "runs")
	_, err := store.Create(root, manifest("r1", 1))
	refused(t, err, root, "cannot be written")
	if !errors.Is(err, syscall.ENOTDIR) {
		t.Errorf("the cause is lost: %v", err)
	}
}

// heedModes takes from the test's thread, for the rest of the test, what lets root write where a file's mode forbids it.
func heedModes(t *testing.T) {
	t.Helper()
	runtime.LockOSThread() // the thread ends with the test's goroutine
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var sets [2]unix.CapUserData
	if err := unix.Capget(&header, &sets[0]); err != nil {
		t.Fatal(err)
	}
	sets[0].Effective &^= 1 << unix.CAP_DAC_OVERRIDE
	if err := unix.Capset(&header, &sets[0]); err != nil {
		t.Fatal(err)
	}
}

func TestReadOnlyDirectory(t *testing.T) {
	root := t.TempDir()
	if err := os.Chmod(root, 0o555); err != nil {
		t.Fatal(err)
	}
	heedModes(t)
	_, err := store.Create(root, manifest("r1", 1))
	refused(t, err, filepath.Join(root, "r1"), "cannot be written")
	if entries, err := os.ReadDir(root); err != nil || len(entries) > 0 {
		t.Errorf("left behind: %v %v", entries, err)
	}
}

// A full disk cuts a line in two: it is taken back, nothing more is written, and the run can be resumed. The limit on
// a file's size (setrlimit(2)) stands for the disk.
func TestFullDisk(t *testing.T) {
	const within = "XCMATRIX_TEST_FULL_DISK"
	if os.Getenv(within) == "" { // the limit holds for every file of the process: for what the go command has tests write, too
		cmd := exec.Command(os.Args[0], "-test.run=^TestFullDisk$", "-test.v")
		cmd.Env = append(os.Environ(), within+"=1")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("%v\n%s", err, out)
		} else if bytes.Contains(out, []byte("--- SKIP")) {
			needs.Absent(t, needs.Kernel, string(out))
		}
		return
	}
	signal.Ignore(syscall.SIGXFSZ)
	var was syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
		t.Fatal(err)
	}
	const n = 40
	root, j := create(t, n, 1)
	full := syscall.Rlimit{Cur: 4000, Max: was.Max}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &full); err != nil {
		needs.Absent(t, needs.Kernel, fmt.Sprintf("no limit on a file's size: %v", err))
	}
	var failed error
	written := 1
	for ; failed == nil && written < n; written++ {
		failed = j.AppendEvent(&here, verdict(written))
	}
	errAttach := j.Attach(here, "log", bytes.Repeat([]byte(time.Now().String()), 200))
	big := make([]byte, 1<<20)
	for i := range big {
		big[i] = byte(i * i >> 7)
	}
	errBig := j.Attach(here, "big", append(big, []byte(fmt.Sprint(time.Now()))...))
	errSeal := j.Seal()
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
		t.Fatal(err)
	}
	written--
	var unwritten *store.WriteError
	if !errors.As(failed, &unwritten) || !errors.Is(failed, syscall.EFBIG) || !strings.Contains(unwritten.In("zh"), "腾出空间") ||
		!strings.Contains(unwritten.Error(), "make room") || strings.Contains(failed.Error(), "\n") {
		t.Fatalf("after %d verdicts: %v", written, failed)
	}
	if errAttach != nil {
		t.Errorf("a small attachment: %v", errAttach)
	}
	if _, err := os.Stat(filepath.Join(j.Dir, "attachments/native/abi/1.1.big.gz")); !errors.As(errBig, &unwritten) || err == nil {
		t.Errorf("a large attachment: %v, left behind: %v", errBig, err)
	}
	if !errors.As(errSeal, &unwritten) {
		t.Errorf("sealed: %v", errSeal)
	}
	if err := j.AppendEvent(&here, verdict(n-1)); !errors.As(err, &unwritten) {
		t.Errorf("written after a failure: %v", err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(j.Dir, "journal.ndjson"))
	if err != nil || !bytes.HasSuffix(raw, []byte("\n")) {
		t.Errorf("half a line was left: %v", err)
	}
	again, run, err := store.Resume(filepath.Join(root, "latest"))
	if err != nil || run.Entries != written {
		t.Fatalf("%d entries, want %d: %v", run.Entries, written, err)
	}
	for i := written; i < n; i++ {
		pass(t, again, i)
	}
	if err := errors.Join(again.Seal(), again.Close()); err != nil {
		t.Fatal(err)
	}
	if run, err = store.Load(j.Dir); err != nil || run.Cells[0].Count()[record.Pass] != n {
		t.Errorf("%v", err)
	}
}

// What a spec said in a process whose end the coordinator did not live to see is forgotten with it.
func TestOnlyTheLastAttemptCounts(t *testing.T) {
	_, j := create(t, 1, 0)
	second := here
	second.Attempt = 2
	for _, cell := range []store.Cell{here, second} {
		for _, e := range []record.Event{
			{Kind: record.KindSpecStart, Spec: "spec 0", Start: &record.SpecStart{}},
			{Kind: record.KindSample, Spec: "spec 0", Sample: &record.Sample{Name: "n", Value: float64(cell.Attempt)}},
			{Kind: record.KindObservation, Spec: "spec 0", Observation: &record.Observation{Name: "n", Value: json.RawMessage("1")}},
			{Kind: record.KindFinding, Spec: "spec 0", Finding: &record.Finding{ID: "abi/x"}},
		} {
			if err := j.AppendEvent(&cell, e); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := j.AppendEvent(&second, verdict(0)); err != nil {
		t.Fatal(err)
	}
	run, err := store.Load(j.Dir)
	if err != nil {
		t.Fatal(err)
	}
	c := run.Cells[0]
	if len(c.Samples) != 1 || c.Samples[0].Value != 2 || len(c.Observations) != 1 || len(c.Findings) != 1 || c.Attempts != 2 {
		t.Errorf("%+v", c)
	}
}

// An event is kept as it came, also the fields that this version does not know.
func TestUnknownFieldsAreKept(t *testing.T) {
	_, j := create(t, 1, 0)
	line := `{"v":1,"event":"spec-end","spec":"spec 0","end":{"verdict":"pass","seconds":1},"colour":"red" }`
	if err := j.Append(&here, []byte(line)); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Load(j.Dir); err != nil {
		t.Error(err)
	}
	raw, err := os.ReadFile(filepath.Join(j.Dir, "journal.ndjson"))
	if err != nil || !strings.Contains(string(raw), line) {
		t.Errorf("%s %v", raw, err)
	}
}

// Half a last line is cut off when the run is resumed, although nothing more is written.
func TestResumeCutsHalfALine(t *testing.T) {
	_, j := create(t, 4, 3)
	path := filepath.Join(j.Dir, "journal.ndjson")
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	change(t, path, func(b []byte) []byte { return b[:len(b)-10] })
	again, _, err := store.Resume(j.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil || bytes.Count(text, []byte("\n")) != 2 || !bytes.HasSuffix(text, []byte("\n")) {
		t.Errorf("%v: %q", err, text)
	}
}

// A line that is longer than any entry is not read to its end.
func TestEndlessLine(t *testing.T) {
	_, j := create(t, 2, 1)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(j.Dir, "journal.ndjson")
	change(t, path, func(b []byte) []byte { return append(b, bytes.Repeat([]byte("x"), 3*record.MaxLine)...) })
	_, err := store.Load(j.Dir)
	refused(t, err, path+":2", "longer than any entry")
}

// How a spec was run is said by the launch line of its own process.
func TestProvenanceIsThatOfTheOwnProcess(t *testing.T) {
	_, j := create(t, 2, 0)
	second := here
	second.Attempt = 2
	for i, c := range []struct {
		cell store.Cell
		p    record.Provenance
	}{{here, record.Native}, {second, record.Emulated}} {
		err := errors.Join(j.AppendEvent(&c.cell, record.Event{Kind: record.KindLaunch, Launch: &record.Launch{Provenance: c.p}}),
			j.AppendEvent(&c.cell, record.Event{Kind: record.KindSpecStart, Spec: fmt.Sprint("spec ", i), Start: &record.SpecStart{}}),
			j.AppendEvent(&c.cell, verdict(i)))
		if err != nil {
			t.Fatal(err)
		}
	}
	run, err := store.Load(j.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if s := run.Cells[0].Specs; s[0].Provenance != record.Native || s[1].Provenance != record.Emulated {
		t.Errorf("%q, %q", s[0].Provenance, s[1].Provenance)
	}
}
