package run_test

import (
	"bufio"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/drivers/child"
)

func init() {
	fakes["tells its environment"] = func(specs []string, events *bufio.Writer) {
		if err := os.WriteFile(os.Getenv(fakeEnv+"_MARK"), []byte(strings.Join(os.Environ(), "\n")), 0o600); err != nil {
			panic(err)
		}
		all(specs, events, "pass")
	}
}

// A payload is given what every program needs, what its suite says that it reads, and its own item's servers; the
// journal keeps the names.
func TestPayloadsGetACleanEnvironment(t *testing.T) {
	mark := filepath.Join(t.TempDir(), "mark")
	for name, value := range map[string]string{fakeEnv: "tells its environment", fakeEnv + "_MARK": mark,
		"XCMATRIX_PASSPHRASE": "secret", "GODEBUG": "asyncpreemptoff=1", "GOEXPERIMENT": "none", "GOARCH": "mips",
		"XCMATRIX_PLANT": "nothing", "QEMU_CPU": "max", "PGHOST": "elsewhere"} {
		t.Setenv(name, value)
	}
	o := options(t, self(t), "native")
	o.Keep = only("meets its expectation: pass")
	o.StartServices = func(context.Context, []string, map[string]string, func(string) (string, error)) (func(string) []string, func(), error) {
		return func(item string) []string {
			name := map[string]string{"selftest": "OWN", "database": "OTHER"}[item]
			return []string{"XCMATRIX_DSN_" + name + "=postgres://u:hidden@h/d"}
		}, func() {}, nil
	}
	r := mustRun(t, o)
	raw, err := os.ReadFile(mark)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for line := range strings.Lines(string(raw)) {
		name, _, _ := strings.Cut(line, "=")
		names = append(names, name)
	}
	allowed := []string{"HOME", "PATH", "LD_LIBRARY_PATH", "TMPDIR", "XDG_CACHE_HOME", "GOTRACEBACK", "XCMATRIX_PLANT", "XCMATRIX_DSN_OWN", child.Variable, fakeEnv, fakeEnv + "_MARK"}
	for _, name := range names {
		if !slices.Contains(allowed, name) {
			t.Errorf("the payload was given %s", name)
		}
	}
	kept := r.Cells[0].Launch().Environment
	for _, want := range []string{"GOTRACEBACK=all", "TMPDIR", "XCMATRIX_DSN_OWN", "XCMATRIX_PLANT=nothing"} {
		if !slices.Contains(kept, want) {
			t.Errorf("%s is not recorded: %q", want, kept)
		}
	}
	if journal, err := os.ReadFile(filepath.Join(r.Dir, "journal.ndjson")); err != nil || strings.Contains(string(journal), "hidden") || strings.Contains(string(journal), "secret") {
		t.Errorf("a password stands in the journal: %v", err)
	}
}
