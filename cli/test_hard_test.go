package cli

import (
	"archive/tar"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"

	"github.com/xcmatrix/xcmatrix/results/needs"
)

// answer is what is right for a spec of testdata/hard: verdict and a part of the detail, natively and under an emulator.
type answer struct{ native, emulated, detail string }

// everywhere is one answer for all targets.
func everywhere(verdict, detail string) answer { return answer{verdict, verdict, detail} }

// hardAnswers are right on amd64; build and vet of packages that build everywhere are left out.
var hardAnswers = map[string]answer{
	"leak/TestLeaker":         everywhere("crash", "left behind ended the process"),
	"leak/TestVictim":         everywhere("pass", ""),
	"leak/TestLater":          everywhere("pass", ""),
	"parallel/TestFirst":      everywhere("pass", ""),
	"parallel/TestA":          everywhere("pass", ""),
	"parallel/TestB":          everywhere("pass", ""),
	"parallel/TestCrash":      everywhere("crash", "invalid memory address"),
	"parallel/TestSubtest":    everywhere("crash", "under TestSubtest/boom"),
	"parallel/TestLast":       everywhere("pass", ""),
	"exits/TestBefore":        everywhere("pass", ""),
	"exits/TestExit":          everywhere("crash", "os.Exit(0)"),
	"exits/TestSilent":        everywhere("crash", "exit status 0"),
	"exits/TestAfter":         everywhere("pass", ""),
	"hides/TestFails":         everywhere("fail", "this fails"),
	"hides/TestPasses":        everywhere("pass", ""),
	"hides/TestMain":          everywhere("fail", "although a test failed"),
	"early/TestA":             everywhere("miss", "no database"),
	"early/TestMain":          everywhere("miss", "no database"),
	"order/TestChdir":         everywhere("pass", ""),
	"order/TestCwd":           everywhere("fail", "depends on the order"),
	"hosttool/TestGo":         {"pass", "miss", `it starts "go"`},
	"itself/TestChild":        everywhere("pass", ""),
	"itself/TestByArgs":       everywhere("pass", ""),
	"itself/TestByExecutable": {"pass", "fail", "exec format error"},
	"asmonly/build":           {"pass", "fail", "missing function body"},
	"asmonly/TestAdd":         {"pass", "miss", "does not build"},
	"excluded/build":          {"pass", "skip", "build constraints"},
	"excluded/TestThere":      {"pass", "", ""},
	"types/build":             {"pass", "fail", "tests alone"},
	"types/TestLinks":         {"pass", "miss", "does not build"},
	"needscgo/build":          {"", "miss", "needs cgo"},
	"needscgo/TestAnswer":     {"", "miss", "does not build"},
	"hang/TestHang":           everywhere("timeout", "the deadline passed"),
	"hang/TestAfter":          everywhere("pass", ""),
	"float/TestPolynomial":    {"pass", "fail", ""},
	"forge/TestForger":        everywhere("pass", ""),
	"forge/TestLiar":          everywhere("fail", "it fails"),
	"forge/TestHonest":        everywhere("pass", ""),
	"forge/TestHalfLine":      everywhere("pass", ""),
	"keeps/TestKeeps":         everywhere("pass", ""),
}

// hardClasses are the classes of findings.
var hardClasses = map[string]string{"leak/TestLeaker": "library", "order/TestCwd": "library", "asmonly/build": "platform", "types/build": "platform",
	"itself/TestByExecutable": "emulator", "float/TestPolynomial": "platform", "hang/TestHang": "library"}

// TestHardCases runs the module of hard cases, and holds each verdict against the right one.
func TestHardCases(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: it runs a module's tests on three targets, one of them until its deadline")
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/hard")); err != nil {
		t.Fatal(err)
	}
	cmd := program(t, dir, "test", "--deadline", "4s", "--json", "--quiet")
	cmd.Env = append(cmd.Env, "GOFLAGS=", "XDG_CACHE_HOME="+os.Getenv("XDG_CACHE_HOME")) // the emulators are there
	s := try(t, cmd)
	if s.code != exitFound {
		t.Fatalf("exit status %d: %s", s.code, s.err)
	}
	var run struct {
		Specs    []struct{ Target, Item, ID, Verdict, Detail string }
		Findings []struct{ ID, Class, Severity, Cause string }
	}
	if err := json.Unmarshal([]byte(s.out), &run); err != nil {
		t.Fatal(err)
	}
	got := map[string][2]string{}
	for _, s := range run.Specs {
		got[s.Target+" "+strings.TrimPrefix(s.ID, "test/example.com/hard/")] = [2]string{s.Verdict, s.Detail}
	}
	targets := []string{"native", "arm64", "loong64"}
	emulators := !strings.Contains(got["arm64 order/TestCwd"][1], "is not installed")
	if !emulators {
		needs.Partly(t, needs.Emulators, got["arm64 order/TestCwd"][1])
		targets = targets[:1]
	}
	for _, target := range targets {
		artifacts(t, dir, target)
	}
	for id, want := range hardAnswers {
		for _, target := range targets {
			verdict := want.emulated
			if target == "native" {
				verdict = want.native
			}
			s := got[target+" "+id]
			if id == "needscgo/build" && target != "native" && s[0] == "pass" || id == "needscgo/TestAnswer" && target != "native" && s[0] == "pass" || verdict == "" && want.native == "" {
				continue // a C compiler for the target is here
			}
			if s[0] != verdict || verdict != "pass" && verdict != "" && !strings.Contains(s[1], want.detail) {
				t.Errorf("%s %s: %s: %s; want %s: %s", target, id, s[0], s[1], verdict, want.detail)
			}
		}
	}
	if !emulators {
		return
	}
	classes := map[string]string{}
	for _, f := range run.Findings {
		classes[strings.TrimPrefix(f.ID, "test/example.com/hard/")] = f.Class
	}
	for id, want := range hardClasses {
		if classes[id] != want {
			t.Errorf("%s is of class %q, want %s", id, classes[id], want)
		}
	}
}

// artifacts checks that the files which keeps/TestKeeps kept are in the run's attachments, and no others.
func artifacts(t *testing.T, dir, target string) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "results/runs/*/attachments", target, "test/*.artifacts.tar.gz"))
	if err != nil || len(paths) == 0 {
		t.Errorf("%s: no archive of artifacts (%v)", target, err)
		return
	}
	f, err := os.Open(paths[0]) // more of them where a process was started again
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for in := tar.NewReader(z); ; {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		got[h.Name] = string(text)
	}
	const of = "example.com/hard/keeps/TestKeeps/"
	if want := map[string]string{of + "picture.txt": "of the test", of + "sub/picture.txt": "of the subtest"}; !maps.Equal(got, want) {
		t.Errorf("%s: artifacts are %v", target, got)
	}
}
