package compile

import (
	"strings"
	"testing"
)

func TestDiagnose(t *testing.T) {
	for name, c := range map[string]struct {
		said string
		want Failure
		says string
	}{
		"a dependency": {"# golang.org/x/sys/unix\n../../go/pkg/mod/golang.org/x/sys@v0.0.0-20211216021012-1d35b9e2eb4e/unix/affinity_linux.go:14:20: undefined: _NCPUBITS\n",
			Failure{First: "unix/affinity_linux.go:14:20: undefined: _NCPUBITS", Module: "golang.org/x/sys", Version: "v0.0.0-20211216021012-1d35b9e2eb4e"}, "the dependency golang.org/x/sys"},
		"a dependency with capitals": {"/home/gopher/go/pkg/mod/github.com/!vivid!cortex/ewma@v1.1.1/ewma.go:1:1: oops\n",
			Failure{First: "ewma.go:1:1: oops", Module: "github.com/VividCortex/ewma", Version: "v1.1.1"}, "the dependency"},
		"tests alone": {"# m/types [m/types.test]\ntypes/a_test.go:10:21: cannot use x\n",
			Failure{First: "types/a_test.go:10:21: cannot use x", TestsOnly: true}, "its tests alone"},
		"no body":       {"# m/asm\nasm/a.go:4:6: missing function body\n", Failure{First: "asm/a.go:4:6: missing function body"}, "assembly for other architectures"},
		"no symbol":     {"# m.test\nm.Add: relocation target m.add not defined\n", Failure{First: "m.Add: relocation target m.add not defined"}, "assembly for other architectures"},
		"anything else": {"# m\ngo: something is wrong\n", Failure{First: "go: something is wrong"}, "does not build: go: something"},
		"nothing":       {"", Failure{First: "the go command gave no reason"}, "does not build"},
	} {
		got := diagnose(c.said)
		if got != c.want || !strings.Contains(got.sentence().En, c.says) {
			t.Errorf("%s: %+v, %s", name, got, got.sentence().En)
		}
	}
}

func TestBrokenPackages(t *testing.T) {
	broken, known := brokenPackages(`{"ImportPath":"m/a [m/a.test]","Action":"build-output","Output":"x"}
{"ImportPath":"m/a [m/a.test]","Action":"build-fail"}
{"Action":"start","Package":"m/b"}
`)
	if !known || !broken["m/a"] || len(broken) != 1 {
		t.Errorf("%v %v", broken, known)
	}
	for _, said := range []string{`{"ImportPath":"golang.org/x/sys/unix","Action":"build-fail"}`, "no JSON\n"} {
		if _, known := brokenPackages(said); known {
			t.Errorf("%s: each package must be looked at by itself", said)
		}
	}
}

func TestBinaryName(t *testing.T) {
	for path, want := range map[string]string{"m": "m.test", "m/a": "a.test", "github.com/jackc/pgx/v5": "pgx.test", "v2": "v2.test"} {
		if got := binaryName(path); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

func TestVetSections(t *testing.T) {
	got := sections("# m/a\na/a.go:1:1: x\n# [m/b]\nvet: b.go:2:2: y\n# m/c_test [m/c.test]\nz\n")
	if got["m/a"] != "a/a.go:1:1: x\n" || got["m/b"] != "vet: b.go:2:2: y\n" || got["m/c"] != "z\n" {
		t.Errorf("%q", got)
	}
}
