package diagnosis

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// prepared is an environment that a test makes, with a go command that answers what it is told.
type prepared struct {
	t    *testing.T
	dir  string
	env  map[string]string
	goes map[string]string // what `go env` answers
	says string            // what every other go command writes before it fails; "" where it succeeds
}

// prepare returns a sound environment.
func prepare(t *testing.T) *prepared {
	t.Helper()
	p := &prepared{t: t, dir: t.TempDir()}
	root := p.release("go", "go1.26.8")
	for _, dir := range []string{"home", "tmp", "cache", "mod", "path", "work"} {
		p.mkdir(dir, 0o755)
	}
	p.write("work/go.mod", "module example.com/x\n\ngo 1.26.0\n")
	p.write("home/goenv", "GOPROXY=https://proxy.example.com,direct\n# a comment\n")
	p.env = map[string]string{"HOME": p.at("home"), "PATH": filepath.Join(root, "bin") + ":/usr/bin:/bin", "TMPDIR": p.at("tmp")}
	p.goes = map[string]string{"GOROOT": root, "GOVERSION": "go1.26.8", "GOTOOLCHAIN": "auto", "GOPROXY": "https://proxy.example.com,direct", "GOSUMDB": "sum.golang.org",
		"GOCACHE": p.at("cache"), "GOMODCACHE": p.at("mod"), "GOPATH": p.at("path"), "GOENV": p.at("home/goenv"), "GOOS": "linux", "GOARCH": runtime.GOARCH, "CC": "gcc", "CGO_ENABLED": "0",
		"GOAMD64": "v1", "GOARM64": "v8.0", "GOFLAGS": "-trimpath"}
	return p
}

func (p *prepared) at(name string) string { return filepath.Join(p.dir, name) }

func (p *prepared) mkdir(name string, mode os.FileMode) string {
	p.t.Helper()
	if err := os.MkdirAll(p.at(name), 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.Chmod(p.at(name), mode); err != nil {
		p.t.Fatal(err)
	}
	return p.at(name)
}

func (p *prepared) write(name, content string) string {
	p.t.Helper()
	p.mkdir(filepath.Dir(name), 0o755)
	if err := os.WriteFile(p.at(name), []byte(content), 0o755); err != nil {
		p.t.Fatal(err)
	}
	return p.at(name)
}

// release makes a directory that looks like a release of Go, and returns it.
func (p *prepared) release(name, version string) string {
	p.write(name+"/VERSION", version+"\ntime 2026-01-01T00:00:00Z\n")
	p.write(name+"/src/internal/goversion/goversion.go", "package goversion\n\nconst Version = "+strings.Split(version, ".")[1]+"\n")
	p.mkdir(name+"/src/runtime", 0o755)
	p.mkdir(name+"/src/cmd/go", 0o755)
	p.mkdir(name+"/pkg/include", 0o755)
	p.write(name+"/bin/go", "#!/bin/sh\nhere=$(dirname \"$0\")\nif [ \"$1 $2\" = 'env -json' ]; then cat \"$here/answers\"; cat \"$here/failure\" >&2; exit $(cat \"$here/status\"); fi\ncat \"$here/said\" >&2; test ! -s \"$here/said\"\n")
	return p.at(name)
}

// host returns the environment as it is now.
func (p *prepared) host() *Host {
	p.t.Helper()
	answers, err := json.Marshal(p.goes)
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := os.Stat(p.at("go/bin")); err == nil {
		p.write("go/bin/answers", string(answers))
		p.write("go/bin/said", p.says)
		for name, content := range map[string]string{"failure": "", "status": "0"} {
			if _, err := os.Stat(p.at("go/bin/" + name)); err != nil {
				p.write("go/bin/"+name, content)
			}
		}
	}
	h := &Host{Dir: p.at("work")}
	for _, name := range slices.Sorted(maps.Keys(p.env)) {
		h.Env = append(h.Env, name+"="+p.env[name])
	}
	return h
}

// set changes what `go env` answers.
func set(name, value string) func(*prepared) { return func(p *prepared) { p.goes[name] = value } }

// variable changes the environment.
func variable(name, value string) func(*prepared) { return func(p *prepared) { p.env[name] = value } }

func do(all ...func(*prepared)) func(*prepared) {
	return func(p *prepared) {
		for _, f := range all {
			f(p)
		}
	}
}

// withoutGit leaves what the go command here needs in PATH, and nothing else.
func withoutGit(p *prepared) {
	for _, program := range []string{"cat", "dirname", "sh"} {
		path, err := exec.LookPath(program)
		if err == nil {
			err = os.Symlink(path, filepath.Join(p.mkdir("few", 0o755), program))
		}
		if err != nil {
			p.t.Fatal(err)
		}
	}
	p.env["PATH"] = p.at("go/bin") + ":" + p.at("few")
}

// broken are the environments in which each check finds something.
var broken = map[string][]func(*prepared){
	"go-present": {variable("PATH", "/usr/bin:/bin")},
	"go-answers": {func(p *prepared) {
		p.write("go/bin/status", "2")
		p.write("go/bin/failure", "go: cannot find GOROOT directory: /nope\n")
	}, func(p *prepared) { p.write("go/bin/go", "#!/bin/sh\necho no JSON\n") }},
	"go-version-port":     {set("GOVERSION", "go1.0rc1"), set("GOVERSION", "go0.9")},
	"go-version-module":   {do(set("GOVERSION", "go1.25.3"), set("GOTOOLCHAIN", "local"))},
	"go-release":          {set("GOVERSION", "devel go1.27-1234567")},
	"goroot-there":        {variable("GOROOT", "/nope"), func(p *prepared) { p.env["GOROOT"] = p.write("file", "") }},
	"goroot-own":          {func(p *prepared) { p.env["GOROOT"] = p.release("other", "go1.20.2") }},
	"goroot-whole":        {func(p *prepared) { os.RemoveAll(p.at("go/src/runtime")) }, func(p *prepared) { os.RemoveAll(p.at("go/pkg/include")) }},
	"goroot-version":      {func(p *prepared) { p.write("go/VERSION", "go1.25.0\n") }},
	"goroot-mixed":        {func(p *prepared) { p.write("go/src/internal/goversion/goversion.go", "const Version = 22\n") }},
	"goroot-distribution": {do(set("GOROOT", "/usr/lib/go-1.19"), set("GOVERSION", "go1.19.8")), do(set("GOROOT", "/usr/lib/golang"), set("GOVERSION", "go1.20"))},
	"goroot-safe":         {func(p *prepared) { p.mkdir("go/src", 0o777) }, func(p *prepared) { p.mkdir("go", 0o777) }},

	"path-login": {func(p *prepared) {
		p.release("other", "go1.20.2")
		p.write("home/.bash_profile", "PATH="+p.at("other/bin")+":$PATH\n")
	}},
	"path-interactive": {func(p *prepared) {
		p.release("other", "go1.20.2")
		p.write("home/.bashrc", "PATH="+p.at("other/bin")+":$PATH\n")
	}},
	"path-first": {func(p *prepared) {
		p.release("other", "go1.20.2")
		p.env["PATH"] = p.at("other/bin") + ":" + p.env["PATH"]
		p.write("other/bin/go", "#!/bin/sh\nexit 1\n")
	}},
	"path-relative": {func(p *prepared) { p.env["PATH"] += ":" }, func(p *prepared) { p.env["PATH"] += ":." }},
	"path-safe":     {func(p *prepared) { p.env["PATH"] = p.mkdir("open", 0o777) + ":" + p.env["PATH"] }},

	"goflags-shape":     {set("GOFLAGS", "nonsense"), set("GOFLAGS", "-mod=mod ,race")},
	"goflags-known":     {do(set("GOFLAGS", "-nonsense"), func(p *prepared) { p.says = "go: parsing $GOFLAGS: unknown flag -nonsense\n" })},
	"goflags-vendor":    {set("GOFLAGS", "-mod=vendor")},
	"gotoolchain-shape": {set("GOTOOLCHAIN", "1.26"), set("GOTOOLCHAIN", "never")},
	"gotoolchain-port":  {set("GOTOOLCHAIN", "go0.9")},
	"goexperiment-known": {func(p *prepared) {
		p.write("go/bin/status", "2")
		p.write("go/bin/failure", "go: unknown GOEXPERIMENT nope\n")
		p.env["GOEXPERIMENT"] = "nope"
	}},
	"goexperiment-none":   {set("GOEXPERIMENT", "arenas")},
	"goarch-own":          {set("GOARCH", "mips64le"), set("GOOS", "plan9")},
	"level-known":         {set("GOAMD64", "v9"), set("GOARM64", "8.1")},
	"go111module":         {set("GO111MODULE", "off")},
	"godebug-shape":       {variable("GODEBUG", "asyncpreemptoff"), variable("GODEBUG", "gctrace=1;madvdontneed=1=2")},
	"goenv-file":          {func(p *prepared) { p.write("home/goenv", "GOPROXY=direct\nexport GOFLAGS\n") }},
	"goenv-path":          {func(p *prepared) { p.write("home/goenv", "PATH=/opt/go/bin\n") }, func(p *prepared) { p.write("home/goenv", "GOROOT=/opt/go\n") }},
	"gopath-absolute":     {set("GOPATH", "go"), set("GOPATH", "~/go")},
	"gobin-absolute":      {set("GOBIN", "bin")},
	"gomodcache-absolute": {set("GOMODCACHE", "./mod")},
	"gopath-goroot":       {func(p *prepared) { p.goes["GOPATH"] = p.goes["GOROOT"] + "/" }},
	"goprivate-patterns":  {set("GOPRIVATE", "https://git.example.com"), set("GOPRIVATE", "git.example.com[")},
	"gonoproxy-patterns":  {set("GONOPROXY", "a b")},
	"gonosumdb-patterns":  {set("GONOSUMDB", "example.com;example.org")},
	"goinsecure-patterns": {set("GOINSECURE", "http://example.com")},

	"gocache-on":         {set("GOCACHE", "off")},
	"gocache-written":    {func(p *prepared) { p.goes["GOCACHE"] = p.write("file", "") }, set("GOCACHE", "/dev/null/cache")},
	"gomodcache-written": {func(p *prepared) { p.goes["GOMODCACHE"] = p.write("file", "") + "/mod" }},
	"gocache-room":       {set("GOCACHE", "/proc")},
	"tmp-there":          {variable("TMPDIR", "/nope/tmp"), set("GOTMPDIR", "/nope")},
	"tmp-room":           {set("GOTMPDIR", "/proc")},

	"goproxy-shape":     {set("GOPROXY", "proxy.example.com"), set("GOPROXY", "https://,direct"), set("GOPROXY", "ftp://x,direct")},
	"goproxy-reached":   {set("GOPROXY", "direct,https://proxy.example.com"), set("GOPROXY", "off|https://proxy.example.com")},
	"goproxy-empty":     {set("GOPROXY", ",")},
	"goproxy-insecure":  {set("GOPROXY", "http://proxy.example.com")},
	"goproxy-password":  {set("GOPROXY", "https://user:hunter2@proxy.example.com")},
	"gosumdb-shape":     {set("GOSUMDB", "https://sum.example.com"), set("GOSUMDB", "sum.example.com+zz")},
	"gosumdb-on":        {set("GOSUMDB", "off"), set("GONOSUMDB", "*")},
	"goinsecure-narrow": {set("GOINSECURE", "*")},
	"vcs-there":         {do(set("GOPROXY", "direct"), withoutGit), do(set("GOPRIVATE", "git.example.com"), withoutGit)},
	"gowork-there":      {variable("GOWORK", "/nope/go.work"), func(p *prepared) { p.env["GOWORK"] = p.write("workspace", "go 1.26\n") }},
	"module-loads":      {do(set("GOPROXY", "off"), func(p *prepared) { p.says = "go: example.com/y@v1.0.0: module lookup disabled by GOPROXY=off\n" }), func(p *prepared) { p.says = "go: errors parsing go.mod\n" }},

	"proxy-shape":     {variable("HTTP_PROXY", "http://"), variable("https_proxy", "ftp://proxy.example.com"), variable("HTTPS_PROXY", "proxy example")},
	"proxy-case":      {do(variable("HTTPS_PROXY", "http://a:1"), variable("https_proxy", "http://b:1")), do(variable("NO_PROXY", "a"), variable("no_proxy", "b"))},
	"proxy-https":     {variable("HTTP_PROXY", "http://a:1")},
	"proxy-cgi":       {do(variable("HTTP_PROXY", "http://a:1"), variable("REQUEST_METHOD", "GET"))},
	"no-proxy-shape":  {variable("NO_PROXY", "http://example.com"), variable("NO_PROXY", "a;b"), variable("no_proxy", "proxy.*.com")},
	"no-proxy-module": {do(variable("HTTPS_PROXY", "http://a:1"), variable("NO_PROXY", "*"))},
	"ca-file":         {variable("SSL_CERT_FILE", "/nope"), func(p *prepared) { p.env["SSL_CERT_FILE"] = p.write("ca.pem", "nothing") }},
	"ca-dir":          {variable("SSL_CERT_DIR", "/nope")},

	"cgo-value": {set("CGO_ENABLED", "yes")},
	"cc-there":  {do(set("CGO_ENABLED", "1"), set("CC", "no-such-gcc"), variable("CC", "no-such-gcc")), do(set("CGO_ENABLED", "1"), set("CC", "/nope/gcc"), variable("CGO_ENABLED", "1"))},
	"cc-works": {do(set("CGO_ENABLED", "1"), func(p *prepared) {
		p.goes["CC"] = p.write("cc", "#!/bin/sh\necho 'stdlib.h: No such file' >&2\nexit 1\n")
	})},
	"cc-target": {do(set("CC", "aarch64-linux-gnu-gcc -O2"), set("GOARCH", "loong64")), do(set("CC", "/opt/bin/loongarch64-linux-gnu-gcc"), set("GOARCH", "arm64"))},
	"cgo-flags": {do(set("CGO_CFLAGS", "-O2 -mlsx"), set("GOARCH", "arm64")), do(set("CGO_LDFLAGS", "-march=x86-64-v3"), set("GOARCH", "loong64"))},
}

// judgedOnly are the checks whose cause a test cannot make without root: their evidence is given.
var judgedOnly = map[string][]Evidence{
	"clock":          {{"year": "1970"}, {"year": "2200"}},
	"path-plain":     {{"shell": "sh -c", "there": "/usr/bin/go", "there-version": "go1.19", "here": "/usr/local/go/bin/go", "here-version": "go1.26.8"}},
	"tmp-exec":       {{"path": "/tmp", "noexec": yes}},
	"gocache-inodes": {{"path": "/cache", "no-inodes": yes, "inodes": "3"}},
	"ca-system":      {{"GOPROXY": "https://proxy.example.com"}},
}

// Each check finds nothing in the sound environment, and its own fault in each broken one, with a cause, what shows it and a remedy in
// both languages.
func TestChecksBothWays(t *testing.T) {
	for _, c := range Checks() {
		t.Run(c.ID, func(t *testing.T) {
			t.Parallel()
			if len(broken[c.ID])+len(judgedOnly[c.ID]) == 0 {
				t.Fatal("no environment is prepared in which it finds something")
			}
			sound := prepare(t).host()
			if f := c.Judge(c.Gather(t.Context(), sound)); f != nil {
				t.Errorf("in a sound environment: %+v", f)
			}
			for i, change := range broken[c.ID] {
				p := prepare(t)
				change(p)
				complete(t, i, c.Judge(c.Gather(t.Context(), p.host())))
			}
			for i, e := range judgedOnly[c.ID] {
				complete(t, i, c.Judge(e))
			}
		})
	}
	if n := len(Checks()); n < 60 {
		t.Errorf("%d checks", n)
	}
}

// TestWrongEvidence: testdata/wrong.json has evidence of each check that it judges a fault, for the suites' tests. XCMATRIX_UPDATE=1 writes
// it from the prepared environments.
func TestWrongEvidence(t *testing.T) {
	const path = "testdata/wrong.json"
	if os.Getenv("XCMATRIX_UPDATE") != "" {
		all := map[string][]Evidence{}
		for _, c := range Checks() {
			for _, change := range broken[c.ID] {
				p := prepare(t)
				change(p)
				e := c.Gather(t.Context(), p.host())
				for name, value := range e {
					e[name] = strings.ReplaceAll(value, p.dir, "/prepared")
				}
				all[c.ID] = append(all[c.ID], e)
			}
			all[c.ID] = append(all[c.ID], judgedOnly[c.ID]...)
		}
		raw, err := json.MarshalIndent(all, "", "\t")
		if err == nil {
			err = os.MkdirAll(filepath.Dir(path), 0o755)
		}
		if err == nil {
			err = os.WriteFile(path, append(raw, '\n'), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var all map[string][]Evidence
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	for _, c := range Checks() {
		if len(all[c.ID]) == 0 {
			t.Errorf("%s: no evidence of a fault; XCMATRIX_UPDATE=1 writes it", c.ID)
		}
		for i, e := range all[c.ID] {
			f := c.Judge(e)
			complete(t, i, f)
			if f != nil && f.Hint != c.Hints {
				t.Errorf("%s: it is among hints: %v", c.ID, c.Hints)
			}
		}
	}
}

// complete reports what a fault does not say.
func complete(t *testing.T, i int, f *Fault) {
	t.Helper()
	switch {
	case f == nil:
		t.Errorf("environment %d: it finds nothing", i)
	case f.Shown == "" || f.Cause.En == "" || f.Cause.En == f.Cause.Zh || f.Remedy.En == "" || f.Remedy.Zh == "" || strings.Contains(f.Shown, "hunter2"):
		t.Errorf("environment %d: %+v", i, f)
	}
}

// The names of checks are told apart, and each belongs to a prepared environment.
func TestPreparedEnvironmentsBelongToChecks(t *testing.T) {
	ids := map[string]bool{}
	for _, c := range Checks() {
		if ids[c.ID] {
			t.Errorf("two checks are called %s", c.ID)
		}
		ids[c.ID] = true
	}
	for id := range broken {
		if !ids[id] {
			t.Errorf("there is no check %s", id)
		}
	}
}

// Checks of a machine without Go look at nothing of it.
func TestWithoutGo(t *testing.T) {
	p := prepare(t)
	p.env["PATH"] = "/usr/bin:/bin"
	for _, r := range Run(t.Context(), p.host(), Checks(), false) {
		if r.Check.NeedsGo || r.Check.ID != "go-present" && r.Fault != nil && !r.Fault.Hint {
			t.Errorf("%s: %+v", r.Check.ID, r.Fault)
		}
	}
}

// What is mended can be undone; what the shell sets is left to its user.
func TestFix(t *testing.T) {
	p := prepare(t)
	p.goes["GOTMPDIR"] = p.at("new/tmp")
	p.write("go/bin/go", "#!/bin/sh\nhere=$(dirname \"$0\")\nif [ \"$1 $2\" = 'env -json' ]; then cat \"$here/answers\"; else printf '%s\\n' \"$*\" > \"$here/asked\"; fi\n")
	h := p.host()
	f := fault("x", "a", "b", "c", "d")
	if done, err := Fix(t.Context(), h, f); err != nil || done.En != "" {
		t.Errorf("%v, %v", done, err)
	}
	if done, err := Fix(t.Context(), h, f.making(p.at("new/tmp"))); err != nil || !strings.Contains(done.En, "undo: rmdir "+p.at("new/tmp")) || !isDir(p.at("new/tmp")) {
		t.Errorf("%v, %v", done, err)
	}
	g := fault("x", "a", "b", "c", "d").unset("GOFLAGS")
	for _, kept := range []string{".before-xcmatrix", ".before-xcmatrix-1"} {
		done, err := Fix(t.Context(), h, g)
		if err != nil || !strings.Contains(done.Zh, "撤销：cp "+p.at("home/goenv")+kept+" ") || firstLine(text(p.at("go/bin/asked"))) != "env -u GOFLAGS" ||
			text(p.at("home/goenv")+kept) != text(p.at("home/goenv")) {
			t.Errorf("%v, %v", done, err)
		}
	}
	p.env["GOFLAGS"] = "-nonsense"
	if done, err := Fix(t.Context(), p.host(), g); err != nil || done.En != "" {
		t.Errorf("a variable of the shell: %v, %v", done, err)
	}
}
