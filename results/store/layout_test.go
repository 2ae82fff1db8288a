package store_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/results/store"
)

// recorded is a run's files as a program of an older layout wrote them.
func recorded(t *testing.T, version int) store.Source {
	t.Helper()
	dir := filepath.Join("..", "certify", "testdata", fmt.Sprintf("version%d", version))
	read := func(name string) []byte {
		raw, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	journal, err := gzip.NewReader(bytes.NewReader(read("results.ndjson.gz")))
	if err != nil {
		t.Fatal(err)
	}
	return store.Source{Manifest: read("manifest.json"), Seal: read("seal.json"), Journal: journal,
		ManifestPlace: "manifest.json", SealPlace: "seal.json", JournalPlace: "journal.ndjson"}
}

// TestOlderLayouts: what a program of each layout wrote is read for good, and nothing that differs from it in a sign.
func TestOlderLayouts(t *testing.T) {
	for version := 1; version < store.Version; version++ {
		run, err := store.Read(recorded(t, version))
		if err != nil || run.Manifest.V != version || run.Seal == nil || len(run.Manifest.Targets) != 2 || run.Manifest.Targets[1].Guest == nil {
			t.Fatalf("layout %d: %v", version, err)
		}
		for name, how := range ambiguous {
			s := recorded(t, version)
			s.Manifest = how(s.Manifest)
			_, err := store.Read(s)
			refused(t, err, "manifest.json", "the manifest is damaged")
			s = recorded(t, version)
			s.Seal = how(s.Seal)
			_, err = store.Read(s)
			refused(t, err, "seal.json", "the seal is damaged")
			if t.Failed() {
				t.Fatalf("layout %d: %s", version, name)
			}
		}
	}
}

// ambiguous are changes to JSON after which encoding/json reads what it read before, or what another reader does not.
var ambiguous = map[string]func([]byte) []byte{
	"a key twice": func(b []byte) []byte {
		return bytes.Replace(b, []byte("{\n"), []byte("{\n \"run\": \"x\",\n \"head\": \"x\",\n"), 1)
	},
	"a foreign key": func(b []byte) []byte { return bytes.Replace(b, []byte("{\n"), []byte("{\n \"note\": \"L3\",\n"), 1) },
	"other letters": func(b []byte) []byte {
		return bytes.Replace(bytes.Replace(b, []byte(`"run"`), []byte(`"Run"`), 1), []byte(`"head"`), []byte(`"Head"`), 1)
	},
	"white space":   func(b []byte) []byte { return bytes.Replace(b, []byte("{\n "), []byte("{\n  "), 1) },
	"no newline":    func(b []byte) []byte { return bytes.TrimSuffix(b, []byte("\n")) },
	"text behind":   func(b []byte) []byte { return append(bytes.Clone(b), "\n\n"...) },
	"a mark before": func(b []byte) []byte { return append([]byte("\xef\xbb\xbf"), b...) },
	"not UTF-8":     func(b []byte) []byte { return bytes.Replace(b, []byte(`": "`), []byte("\": \"\xff"), 1) },
	"a number's way": func(b []byte) []byte {
		return bytes.Replace(bytes.Replace(b, []byte(`"seed": 7`), []byte(`"seed": 7.0`), 1), []byte(`"entries": `), []byte(`"entries": 0`), 1)
	},
	"an escape": func(b []byte) []byte {
		return bytes.Replace(bytes.Replace(b, []byte(`"run"`), []byte(`"\u0072un"`), 1), []byte(`"head"`), []byte(`"\u0068ead"`), 1)
	},
}

func TestManifestOfToday(t *testing.T) {
	for name, how := range ambiguous {
		dir := sealed(t, 2)
		for file, words := range map[string]string{"seal.json": "the seal is damaged", "manifest.json": "the manifest is damaged"} {
			path := filepath.Join(dir, file)
			before, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Equal(how(before), before) {
				continue
			}
			change(t, path, how)
			_, err = store.Load(dir)
			refused(t, err, path, words)
			change(t, path, func([]byte) []byte { return before })
		}
		if t.Failed() {
			t.Fatal(name)
		}
	}
}

// TestFormatIsWrittenDown: whoever changes what a manifest or a seal holds sees here that this is a new layout. Where the
// layout was released: keep its types beside layout1.go, record a folder of it in certify/testdata, raise store.Version.
func TestFormatIsWrittenDown(t *testing.T) {
	got := shape("manifest", reflect.TypeFor[store.Manifest]()) + shape("seal", reflect.TypeFor[store.Seal]())
	path := filepath.Join("testdata", fmt.Sprintf("layout%d.txt", store.Version))
	if os.Getenv("XCMATRIX_UPDATE") != "" {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || string(want) != got {
		t.Errorf("%s: %v: the layout is not as it is written down there (XCMATRIX_UPDATE=1 writes it, for a layout that was never released):\n%s", path, err, got)
	}
}

// shape lists the fields of a type as JSON has them.
func shape(at string, t reflect.Type) string {
	switch t.Kind() {
	case reflect.Pointer:
		return shape(at, t.Elem())
	case reflect.Slice:
		return shape(at+"[]", t.Elem())
	case reflect.Struct:
		if t == reflect.TypeFor[time.Time]() {
			break
		}
		var all strings.Builder
		for i := range t.NumField() {
			if tag := t.Field(i).Tag.Get("json"); tag != "-" {
				all.WriteString(shape(at+"."+tag, t.Field(i).Type))
			}
		}
		return all.String()
	}
	return fmt.Sprintf("%s %s\n", at, t.Kind())
}

// TestIDs: a name in a manifest cannot lead out of the run's directory.
func TestIDs(t *testing.T) {
	for name, how := range map[string]func(*store.Manifest){
		"target": func(m *store.Manifest) {
			m.Targets[0].ID, m.Cells[0].Target = "../../../../../escape", "../../../../../escape"
		},
		"target of a cell": func(m *store.Manifest) { m.Cells[0].Target = "../escape" },
		"item of a cell":   func(m *store.Manifest) { m.Cells[0].Item = "a/b" },
		"item":             func(m *store.Manifest) { m.Items[0] = ".." },
		"excluded":         func(m *store.Manifest) { m.Excluded = []store.Excluded{{Target: "a", Item: "\x1b[2J"}} },
		"empty":            func(m *store.Manifest) { m.Targets[0].ID = "" },
		"hidden":           func(m *store.Manifest) { m.Targets[0].ID = ".new" },
		"newline":          func(m *store.Manifest) { m.Targets[0].ID = "a\n" },
		"long":             func(m *store.Manifest) { m.Targets[0].ID = strings.Repeat("a", 129) },
		"target twice":     func(m *store.Manifest) { m.Targets = append(m.Targets, m.Targets[0]) },
		"cell twice":       func(m *store.Manifest) { m.Cells = append(m.Cells, m.Cells[0]) },
		"spec twice":       func(m *store.Manifest) { m.Cells[0].Specs = append(m.Cells[0].Specs, m.Cells[0].Specs[0]) },
	} {
		m := manifest("r1", 2)
		how(&m)
		root := t.TempDir()
		if j, err := store.Create(root, m); err == nil || !strings.Contains(err.Error(), "the manifest is damaged") {
			t.Errorf("%s: made: %v %v", name, j, err)
		}
		if left, err := os.ReadDir(root); err != nil || len(left) > 0 {
			t.Errorf("%s: left behind: %v %v", name, left, err)
		}
	}
	m := manifest("../r1", 1)
	root := filepath.Join(t.TempDir(), "runs")
	if _, err := store.Create(root, m); err == nil || !strings.Contains(err.Error(), "cannot be the id of a run") {
		t.Error(err)
	}
	if _, err := os.Lstat(root); err == nil {
		t.Error("a directory was made for a run that is none")
	}
}

// TestAttachmentsStayInside: a link in a run's directory leads no attachment out of it, and a pipe stops none.
func TestAttachmentsStayInside(t *testing.T) {
	_, j := create(t, 1, 0)
	outside := t.TempDir()
	if err := os.Symlink(outside, filepath.Join(j.Dir, "attachments")); err != nil {
		t.Fatal(err)
	}
	if err := j.Attach(here, "log", []byte("text")); err == nil {
		t.Error("written through a link")
	}
	if left, err := os.ReadDir(outside); err != nil || len(left) > 0 {
		t.Errorf("written outside: %v %v", left, err)
	}
	if err := os.Remove(filepath.Join(j.Dir, "attachments")); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(j.Dir, "attachments", "native", "abi")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "1.1.log.gz"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := j.Attach(here, "log", []byte("text")); err != nil {
		t.Error(err)
	}
	if info, err := os.Lstat(filepath.Join(dir, "1.1.log.gz")); err != nil || !info.Mode().IsRegular() {
		t.Errorf("%v %v", info, err)
	}
}

// TestHostileFiles: each file of a run that is no regular file, or too long, is told of at once.
func TestHostileFiles(t *testing.T) {
	for _, file := range []string{"manifest.json", "seal.json", "journal.ndjson"} {
		for kind, c := range map[string]struct {
			put   func(string) error
			words string
		}{
			"pipe":   {func(p string) error { return syscall.Mkfifo(p, 0o600) }, "a named pipe"},
			"link":   {func(p string) error { return os.Symlink("/dev/zero", p) }, "a symbolic link"},
			"folder": {func(p string) error { return os.Mkdir(p, 0o700) }, "a directory"},
			"sparse": {func(p string) error {
				f, err := os.Create(p)
				if err != nil {
					return err
				}
				defer f.Close()
				return f.Truncate(10 << 30)
			}, "longer than"},
		} {
			dir := sealed(t, 1)
			path := filepath.Join(dir, file)
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			if err := c.put(path); err != nil {
				t.Fatal(kind, err)
			}
			started := time.Now()
			_, err := store.Load(dir)
			refused(t, err, path, c.words)
			if file != "seal.json" {
				_, _, err = store.Resume(dir)
				refused(t, err, path, c.words)
			}
			if took := time.Since(started); took > time.Second {
				t.Errorf("%s %s: %v", file, kind, took)
			}
		}
	}
}

// TestEntriesHaveOneReading: the chain holds in each of these journals, but another program reads something else.
func TestEntriesHaveOneReading(t *testing.T) {
	for name, event := range map[string]string{
		"a key twice":   `{"v":1,"event":"spec-end","spec":"spec 0","end":{"verdict":"fail","verdict":"pass"}}`,
		"other letters": `{"v":1,"event":"spec-end","spec":"spec 0","end":{"verdict":"pass","Verdict":"fail"}}`,
		"not UTF-8":     "{\"v\":1,\"event\":\"spec-end\",\"spec\":\"spec 0\",\"end\":{\"verdict\":\"pass\",\"stack\":\"\xff\"}}",
		"two values":    `{"v":1,"event":"spec-end","spec":"spec 0","end":{"verdict":"pass"}},"event":{"v":1}`,
	} {
		_, j := create(t, 1, 0)
		if err := j.Append(&here, []byte(event)); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Load(j.Dir); err == nil || !strings.Contains(err.Error(), "journal.ndjson:1") {
			t.Errorf("%s: %v", name, err)
		}
		_, j = create(t, 1, 0)
		if err := j.Append(nil, []byte(event)); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Load(j.Dir); err == nil {
			t.Errorf("%s, in no cell: read", name)
		}
	}
}
