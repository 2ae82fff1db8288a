package cli

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/serve"
)

// TestVerbsReadPacks: every verb that reads a run says the same of its pack.
func TestVerbsReadPacks(t *testing.T) {
	l := newLab(t)
	for _, args := range [][]string{{"show", "RUN", "--json"}, {"show", "RUN", "--format", "junit"}, {"show", "RUN", "--format", "csv"}, {"findings", "RUN", "--json"}} {
		of := func(run string) said {
			line := bytes.ReplaceAll([]byte(strings.Join(args, "\n")), []byte("RUN"), []byte(run))
			return call(strings.Split(string(line), "\n")...)
		}
		dir, packed := of(l.run), of(l.packed)
		if dir.out != packed.out || dir.code != packed.code || packed.err != "" || packed.out == "" {
			t.Errorf("%v: %v, of the pack: %v", args, dir, packed)
		}
	}
	if s := call("show", l.packed); !strings.Contains(s.out, "Results: "+l.packed) || !strings.Contains(s.out, "show "+l.packed+" --json") {
		t.Errorf("show: %v", s)
	}
	out := filepath.Join(l.dir, "of the pack")
	if s := call("certify", l.packed, "--key", l.key, "--out", out); s.code != exitPass {
		t.Fatal(s)
	}
	folder := filepath.Join(out, "r1", "native")
	if s := call("verify", folder, "--root", l.root); s.code != exitPass {
		t.Error(s)
	}
	for _, name := range []string{"manifest.json", "seal.json", "results.ndjson.gz"} {
		if readFile(t, filepath.Join(folder, name)) != readFile(t, filepath.Join(l.folder, name)) {
			t.Errorf("%s differs in the certificate of the pack", name)
		}
	}
	if s := call("publish", folder, "--to", filepath.Join(l.dir, "repository"), "--root", l.root); s.code != exitPass {
		t.Error(s)
	}
	if s := call("compare", l.packed); s.code != exitUsage || !strings.Contains(s.err, "no samples in this run") {
		t.Errorf("compare: %v", s)
	}
	if s := call("run", "--resume", l.packed); s.code != exitUsage || !strings.Contains(s.err, "a pack is not written to") {
		t.Errorf("run --resume: %v", s)
	}
}

// TestPacksAmongTheRuns: a pack that lies among the runs is one of them, and a run whose pack lies beside it is one run.
func TestPacksAmongTheRuns(t *testing.T) {
	l := newLab(t)
	for _, name := range []string{"r1.xcr", "kunpeng-920.xcr"} {
		if err := os.WriteFile(filepath.Join(l.runs, name), []byte(readFile(t, l.packed)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	a := &app{lang: "en", runs: l.runs}
	runs, problems, err := a.allRuns()
	if err != nil || len(runs) != 1 || len(problems) != 0 || runs[0].Dir != l.run {
		t.Errorf("%d runs, %v, %v", len(runs), problems, err)
	}
	if s := call("show", "kunpeng-920.xcr", "--runs", l.runs); s.code != exitPass {
		t.Error(s)
	}
	site := serve.Site{Runs: l.runs, Certificates: filepath.Join(l.dir, "certificates"), Lang: "en", Judge: a.judge, Names: itemSentence}
	server := httptest.NewServer(site.Handler())
	defer server.Close()
	for path, want := range map[string]string{"/": "kunpeng-920.xcr", "/runs/kunpeng-920.xcr": "native"} {
		answer, err := http.Get(server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if err != nil || answer.StatusCode != http.StatusOK || !strings.Contains(string(body), want) {
			t.Errorf("%s: %d %v %.300s", path, answer.StatusCode, err, body)
		}
	}
}

func TestPackTwiceIsTheSame(t *testing.T) {
	l := newLab(t)
	again := filepath.Join(l.dir, "again.xcr")
	for _, from := range []string{l.run, l.packed} {
		if s := call("pack", from, "--out", again); s.code != exitPass {
			t.Fatal(s)
		}
		if readFile(t, again) != readFile(t, l.packed) {
			t.Errorf("the pack of %s is another", from)
		}
		if err := os.Remove(again); err != nil {
			t.Fatal(err)
		}
	}
}

// TestPackNames: without a file's name the pack is called after machine and day, and no file is replaced.
func TestPackNames(t *testing.T) {
	l := newLab(t)
	dir := t.TempDir()
	for range 3 {
		if s := call("pack", l.run, "--out", dir); s.code != exitPass {
			t.Fatal(s)
		}
	}
	names, err := filepath.Glob(filepath.Join(dir, "amd64-20*.xcr"))
	if err != nil || len(names) != 3 || !strings.HasSuffix(names[0], "-2.xcr") {
		t.Errorf("%v %v", names, err)
	}
	for _, c := range []struct{ out, says string }{{l.packed, "it is there already"}, {filepath.Join(dir, "a.zip"), "does not end with .xcr"},
		{filepath.Join(dir, "none", "a.xcr"), "cannot be written"}} {
		if s := call("pack", l.run, "--lang", "en", "--out", c.out); s.code != exitUsage || !strings.Contains(s.err, c.says) || sentences(s) != 1 {
			t.Errorf("%s: %v", c.out, s)
		}
	}
	if left, err := filepath.Glob(filepath.Join(dir, ".*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

// TestPackOfARunThatIsNotSound: a run that is being written, half a last line, and links among the attachments.
func TestPackOfARunThatIsNotSound(t *testing.T) {
	l := newLab(t)
	out := filepath.Join(l.dir, "again.xcr")
	journal, err := os.OpenFile(filepath.Join(l.run, "journal.ndjson"), os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer journal.Close()
	if err := syscall.Flock(int(journal.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	if s := call("pack", l.run, "--lang", "en", "--out", out); s.code != exitUsage || !strings.Contains(s.err, "another process is writing to this run") {
		t.Errorf("locked: %v", s)
	}
	if err := syscall.Flock(int(journal.Fd()), syscall.LOCK_UN); err != nil {
		t.Fatal(err)
	}
	if _, err := journal.WriteString(`{"n":99,"at":`); err != nil { // what a killed coordinator leaves
		t.Fatal(err)
	}
	if s := call("pack", l.run, "--out", out); s.code != exitPass || readFile(t, out) != readFile(t, l.packed) {
		t.Errorf("half a line: %v", s)
	}
	if err := os.Remove(out); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(l.run, "attachments/native/abi")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "1.1.junit.xml.gz")); err != nil {
		t.Fatal(err)
	}
	s := call("pack", l.run, "--lang", "en", "--out", out)
	if _, err := os.Lstat(out); s.code != exitUsage || !strings.Contains(s.err, "it is a symbolic link, not a regular file") || err == nil {
		t.Errorf("a link: %v", s)
	}
}
