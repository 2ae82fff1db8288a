package cli

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/serve"
)

// soon is when a verb that cannot read a file has to have ended.
const soon = 2 * time.Second

// hostileKind is what may stand where a verb expects a file of its own.
type hostileKind struct {
	name string
	put  func(path string, good []byte) error
	only func(file string) bool // files that there is such a thing of; nil: all
	link bool                   // a person may name such a file: a link to a good one
}

// kinds are made from what the good file holds.
var kinds = []hostileKind{
	{name: "pipe", put: func(path string, _ []byte) error { return syscall.Mkfifo(path, 0o600) }},
	{name: "device", put: func(path string, _ []byte) error {
		if err := syscall.Mknod(path, syscall.S_IFCHR|0o600, 1<<8|5); err == nil { // as /dev/zero
			return nil
		}
		return os.Symlink("/dev/zero", path)
	}},
	{name: "link", link: true, put: func(path string, good []byte) error {
		elsewhere := path + ".elsewhere"
		if err := os.WriteFile(elsewhere, good, 0o600); err != nil {
			return err
		}
		return os.Symlink(elsewhere, path)
	}},
	{name: "directory", put: func(path string, _ []byte) error { return os.Mkdir(path, 0o700) }},
	{name: "sparse", put: func(path string, _ []byte) error {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			return err
		}
		return os.Truncate(path, 10<<30)
	}},
	{name: "truncated", put: func(path string, good []byte) error { return os.WriteFile(path, good[:len(good)*2/3], 0o600) }},
	{name: "deep", put: func(path string, _ []byte) error {
		text := []byte(strings.Repeat("[", 200_000))
		if strings.HasSuffix(path, ".gz") {
			text = zipped(text)
		}
		return os.WriteFile(path, text, 0o600)
	}},
	{name: "duplicated keys", put: func(path string, good []byte) error {
		twice := bytes.Replace(good, []byte("{"), []byte(`{"v": 1, "v": 1, "event": 1, "payload": "", "payload": "",`), 1)
		if strings.HasSuffix(path, ".yaml") {
			twice = append(bytes.Clone(good), "\nversion: 1\nversion: 1\nname: a\nname: b\nwaivers: []\nwaivers: []\n"...)
		}
		if strings.HasSuffix(path, ".gz") {
			twice = zipped(twice)
		}
		return os.WriteFile(path, twice, 0o600)
	}, only: func(file string) bool {
		return strings.Contains(file, ".json") || strings.HasSuffix(file, ".ndjson") || strings.HasSuffix(file, ".yaml") || strings.HasSuffix(file, ".gz")
	}},
	{name: "newer version", put: func(path string, good []byte) error {
		newer := bytes.Replace(good, []byte(`"v": 2`), []byte(`"v": 99`), 1)
		newer = bytes.Replace(newer, []byte("version: 1"), []byte("version: 99"), 1)
		return os.WriteFile(path, newer, 0o600)
	}, only: func(file string) bool { return file == "manifest.json" || file == "matrix.yaml" }},
}

func zipped(text []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(text) //nolint:errcheck // a buffer takes all
	z.Close()     //nolint:errcheck
	return b.Bytes()
}

// lab is a place with one of everything that verbs read.
type lab struct {
	dir, runs, run, packed, key, folder, root, passphrase, matrix, waivers, profile, bench, request, payload, program, credential string
}

func newLab(t *testing.T) lab {
	t.Helper()
	t.Setenv(passphraseVariable, "correct horse")
	dir := t.TempDir()
	l := lab{dir: dir, runs: filepath.Join(dir, "runs"), key: filepath.Join(dir, "key")}
	passing(t, l.runs, "r1", true)
	l.run = filepath.Join(l.runs, "r1")
	if s := call("keygen", "--out", l.key, "--name", "Lab"); s.code != exitPass {
		t.Fatal(s)
	}
	l.packed = filepath.Join(dir, "r1.xcr")
	if s := call("pack", l.run, "--out", l.packed); s.code != exitPass {
		t.Fatal(s)
	}
	l.root = filepath.Join(l.key, "root.pem")
	if s := call("certify", l.run, "--key", l.key, "--out", filepath.Join(dir, "certificates")); s.code != exitPass {
		t.Fatal(s)
	}
	l.folder = filepath.Join(dir, "certificates", "r1", "native")
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []struct {
		to      *string
		name    string
		content string
	}{
		{&l.passphrase, "passphrase", "correct horse\n"},
		{&l.matrix, "matrix.yaml", "version: 1\n" + goodTarget + "suites: [abi]\n"},
		{&l.waivers, "waivers.yaml", "waivers: []\n"},
		{&l.profile, "profile.yaml", readFile(t, filepath.Join(l.folder, "profile.yaml"))},
		{&l.bench, "bench.txt", strings.Repeat("BenchmarkX 1 100 ns/op\n", 10)},
		{&l.request, "request.json", `{"item":"selftest"}`},
		{&l.payload, "payload", "#!/bin/false\n"},
		{&l.credential, "m.credential", `{"v":1,"hub":"127.0.0.1:1","role":"none","name":"m","ca":"c","seed":"s"}`},
		{&l.program, "program", readFile(t, shell)},
	} {
		*f.to = filepath.Join(dir, f.name)
		if err := os.WriteFile(*f.to, []byte(f.content), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// reading is a verb with the files that it reads, what it ends with where one is hostile, and of which kinds it takes no
// notice: a text without structure is as good cut short.
type reading struct {
	verb  string
	args  []string
	files []string
	named bool // the person names the file: a link to a good one is taken
	code  int
	takes []string
}

func (l lab) readings() []reading {
	ofRun := []string{filepath.Join(l.run, "manifest.json"), filepath.Join(l.run, "seal.json"), filepath.Join(l.run, "journal.ndjson")}
	var ofFolder []string
	for _, name := range []string{"manifest.json", "seal.json", "results.ndjson.gz", "profile.yaml", "waivers.yaml", "chain.pem",
		"certificate.html", "certificate.md", "junit.xml", "bench.txt", "summary.csv", "summary.xlsx", "statement.dsse.json"} {
		ofFolder = append(ofFolder, filepath.Join(l.folder, name))
	}
	some := []string{filepath.Join(l.folder, "results.ndjson.gz"), filepath.Join(l.folder, "certificate.html"), filepath.Join(l.folder, "statement.dsse.json")}
	out := filepath.Join(l.dir, "out")
	certify := []string{l.run, "--key", l.key, "--out", out}
	return []reading{
		{verb: "show", args: []string{l.run}, files: ofRun, code: exitUsage},
		{verb: "show", args: []string{l.run, "--waivers", l.waivers}, files: []string{l.waivers}, named: true, code: exitUsage, takes: []string{"truncated"}},
		{verb: "findings", args: []string{l.run}, files: ofRun, code: exitUsage},
		{verb: "history", args: []string{"--runs", l.runs}, files: ofRun, code: exitUsage},
		{verb: "report", args: []string{l.run, "--out", out}, files: ofRun, code: exitUsage},
		{verb: "compare", args: []string{l.run}, files: ofRun, code: exitUsage},
		{verb: "compare", args: []string{l.bench}, files: []string{l.bench}, named: true, code: exitUsage, takes: []string{"truncated"}},
		{verb: "certify", args: certify, files: ofRun, code: exitUsage},
		{verb: "pack", args: []string{l.run, "--out", filepath.Join(l.dir, "out.xcr")}, files: ofRun, code: exitUsage},
		{verb: "pack", args: []string{l.packed, "--out", filepath.Join(l.dir, "out.xcr")}, files: []string{l.packed}, named: true, code: exitUsage},
		{verb: "show", args: []string{l.packed}, files: []string{l.packed}, named: true, code: exitUsage},
		{verb: "compare", args: []string{l.packed}, files: []string{l.packed}, named: true, code: exitUsage},
		{verb: "certify", args: certify, files: []string{filepath.Join(l.key, "key.pem"), filepath.Join(l.key, "chain.pem")}, named: true, code: exitUsage},
		{verb: "certify", args: append(slices.Clone(certify), "--profile", l.profile), files: []string{l.profile}, named: true, code: exitUsage, takes: []string{"truncated"}},
		{verb: "certify", args: append(slices.Clone(certify), "--passphrase-file", l.passphrase), files: []string{l.passphrase}, named: true, code: exitUsage},
		{verb: "certify", args: append(slices.Clone(certify), "--inherit", l.folder, "--target", "native"), files: some, code: exitUsage},
		{verb: "keygen", args: []string{"--root", l.key, "--out", out}, files: []string{l.root, filepath.Join(l.key, "root-key.pem")}, named: true, code: exitUsage},
		{verb: "keygen", args: []string{"--passphrase-file", l.passphrase, "--out", filepath.Join(l.key, "below")}, files: []string{l.passphrase}, named: true, code: exitUsage,
			takes: []string{"truncated", "deep"}},
		{verb: "verify", args: []string{l.folder}, files: ofFolder, code: exitRefused},
		{verb: "verify", args: []string{l.folder, "--root", l.root}, files: []string{l.root}, named: true, code: exitUsage},
		{verb: "publish", args: []string{l.folder, "--to", filepath.Join(l.dir, "repository"), "--root", l.root}, files: some, code: exitRefused},
		{verb: "run", args: []string{"--resume", l.run, "--matrix", l.matrix, "--target", "a", "--suite", "abi"}, files: ofRun, code: exitUsage},
		{verb: "run", args: []string{"--matrix", l.matrix, "--runs", out}, files: []string{l.matrix}, named: true, code: exitUsage},
		{verb: "plan", args: []string{"--matrix", l.matrix}, files: []string{l.matrix}, named: true, code: exitUsage},
		{verb: "bundle", args: []string{"--matrix", l.matrix, "--out", out}, files: []string{l.matrix}, named: true, code: exitUsage},
		{verb: "hub", args: []string{"machines", "--hub", l.credential}, files: []string{l.credential}, named: true, code: exitUsage},
		{verb: "watch", args: []string{"r1", "--hub", l.credential}, files: []string{l.credential}, named: true, code: exitUsage},
		{verb: "agent", args: []string{"--hub", l.credential, "--dir", out}, files: []string{l.credential}, named: true, code: exitUsage},
		{verb: "bundle", args: []string{"--test", "--matrix", l.matrix, "--out", out}, files: []string{l.matrix}, named: true, code: exitUsage},
		{verb: "elf", args: []string{l.program}, files: []string{l.program}, named: true, code: exitUsage},
		{verb: "exec", args: []string{"--request", l.request}, files: []string{l.request}, named: true, code: exitUsage},
		{verb: "ab", args: []string{"--suite", "gc", "--payload-a", l.payload}, files: []string{l.payload}, named: true, code: exitUsage, takes: []string{"truncated", "deep"}},
	}
}

// readNothing are the verbs that read no file that somebody gives them, or are looked at by another test here.
var readNothing = map[string]string{
	"detect": "the machine alone", "bench": "what it builds itself", "machine": "the lock, which it makes itself",
	"doctor": "what plan reads, and programs", "serve": "TestHostileFilesInServe", "help": "", "version": "",
	"tune": "a benchmark of the user's own, by the go command, and programs", "test": "a module of the user's own, by the go command: package gotest",
}

// TestHostileFiles walks all verbs over all files that they read, with everything in their place that may stand there.
// Each ends soon, with one sentence and the right status, and leaves nothing behind.
func TestHostileFiles(t *testing.T) {
	l := newLab(t)
	empty := map[string]bool{filepath.Join(l.folder, "bench.txt"): true} // nothing was measured
	var verbs []string
	for _, r := range l.readings() {
		verbs = append(verbs, r.verb)
		for _, file := range r.files {
			for _, k := range kinds {
				name := filepath.Base(file)
				if k.only != nil && !k.only(name) || k.link && r.named || slices.Contains(r.takes, k.name) || k.name == "truncated" && empty[file] {
					continue
				}
				l.hostile(t, r, file, k)
			}
		}
	}
	a := &app{lang: "en"}
	for _, c := range a.root(false).Commands() {
		if _, ok := readNothing[c.Name()]; !ok && !slices.Contains(verbs, c.Name()) {
			t.Errorf("%s is not looked at: say which files it reads", c.Name())
		}
	}
}

func (l lab) hostile(t *testing.T, r reading, file string, k hostileKind) {
	t.Helper()
	what := fmt.Sprintf("%s, %s: %s", strings.Join(append([]string{r.verb}, r.args...), " "), filepath.Base(file), k.name)
	what = strings.ReplaceAll(what, l.dir+"/", "")
	restore := swap(t, file, k)
	defer restore()
	var s said
	took := soon + 1
	for try := 0; try < 3 && took > soon; try++ { // the machine may be busy with something else
		began := time.Now()
		s = callWithin(t, what, append([]string{r.verb, "--lang", "en"}, r.args...)...)
		took = time.Since(began)
	}
	if took > soon && float64(took) > float64(soon)*slower()*raceFactor {
		t.Errorf("%s: %v", what, took)
	}
	if s.code != r.code {
		t.Errorf("%s: ended with %d, want %d: %s %s", what, s.code, r.code, s.out, s.err)
	}
	if n := sentences(s); n < 1 || r.code == exitUsage && n > 1 && r.verb != "history" {
		t.Errorf("%s: %d sentences: %s %s", what, n, s.out, s.err)
	}
	if r.verb == "history" && !strings.Contains(s.err, "left out") {
		t.Errorf("%s: the run that cannot be read is passed over in silence: %s", what, s.err)
	}
	for _, left := range []string{"out", "out.xcr", "repository"} {
		if left == "out.xcr" {
			if _, err := os.Lstat(filepath.Join(l.dir, left)); err == nil {
				t.Errorf("%s: left %s behind", what, left)
			}
		}
		entries, err := os.ReadDir(filepath.Join(l.dir, left))
		if err == nil && len(entries) > 0 && (left == "repository" || r.verb != "certify") {
			t.Errorf("%s: left %s/%s behind", what, left, entries[0].Name())
		}
		if err := os.RemoveAll(filepath.Join(l.dir, left)); err != nil {
			t.Fatal(err)
		}
	}
}

// slower is how many times longer something takes here than it needs of a processor: 1 on an idle machine.
func slower() float64 {
	const work = 100 * time.Millisecond
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	used := func() time.Duration {
		var t unix.Timespec
		if unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t) != nil {
			return 0
		}
		return time.Duration(t.Nano())
	}
	began := time.Now()
	for end := used() + work; used() < end && time.Since(began) < 20*soon; {
	}
	return max(1, float64(time.Since(began))/float64(work))
}

// swap puts something hostile in a file's place.
func swap(t *testing.T, file string, k hostileKind) (restore func()) {
	t.Helper()
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if err := k.put(file, good); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := os.RemoveAll(file); err != nil {
			t.Fatal(err)
		}
		os.Remove(file + ".elsewhere")
		if err := os.WriteFile(file, good, 0o700); err != nil {
			t.Fatal(err)
		}
	}
}

// callWithin is call for what may never end.
func callWithin(t *testing.T, what string, args ...string) said {
	t.Helper()
	done := make(chan said, 1)
	go func() { done <- call(args...) }()
	select {
	case s := <-done:
		return s
	case <-time.After(20 * soon):
		t.Fatalf("%s: it does not end", what)
		return said{}
	}
}

// sentences counts what is complained of: lines of standard error, and what verify calls wrong.
func sentences(s said) int {
	n := 0
	for line := range strings.Lines(s.out + s.err) {
		if strings.HasPrefix(line, "xcmatrix: ") || strings.HasPrefix(line, "WRONG ") {
			n++
		}
	}
	return n
}

// TestHostileFilesInServe: a page of a run or a certificate with such a file comes soon, and so does the list of all.
func TestHostileFilesInServe(t *testing.T) {
	l := newLab(t)
	a := &app{lang: "en"}
	site := serve.Site{Runs: l.runs, Certificates: filepath.Join(l.dir, "certificates"), Lang: "en", Judge: a.judge, Names: itemSentence}
	server := httptest.NewServer(site.Handler())
	defer server.Close()
	client := &http.Client{Timeout: 20 * soon}
	get := func(path string) (int, string) {
		t.Helper()
		began := time.Now()
		answer, err := client.Get(server.URL + path)
		if err != nil {
			t.Fatal(path, err)
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if took := time.Since(began); err != nil || took > soon && float64(took) > float64(soon)*slower()*raceFactor {
			t.Errorf("%s: %v %v", path, took, err)
		}
		return answer.StatusCode, string(body)
	}
	files := map[string]string{
		filepath.Join(l.run, "manifest.json"): "/runs/r1", filepath.Join(l.run, "seal.json"): "/runs/r1", filepath.Join(l.run, "journal.ndjson"): "/runs/r1",
		filepath.Join(l.folder, "certificate.html"): "/certificates/r1/native/certificate.html",
	}
	for file, path := range files {
		if code, _ := get(path); code != http.StatusOK {
			t.Fatalf("%s: %d", path, code)
		}
		for _, k := range kinds {
			if k.only != nil && !k.only(filepath.Base(file)) || strings.HasSuffix(file, ".html") && slices.Contains([]string{"truncated", "deep"}, k.name) {
				continue
			}
			restore := swap(t, file, k)
			if code, body := get(path); code < 400 {
				t.Errorf("%s, %s: %d %.200s", filepath.Base(file), k.name, code, body)
			}
			if code, _ := get("/"); code != http.StatusOK {
				t.Errorf("%s, %s: the list: %d", filepath.Base(file), k.name, code)
			}
			restore()
		}
	}
}
