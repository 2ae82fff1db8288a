package build

import (
	"archive/zip"
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
)

const dmVersion = "v1.8.23"

// offered makes a module proxy in a directory that has a driver of the DM8 driver's name, and lets the go command see
// nothing else: neither another proxy nor a module that was downloaded before.
func offered(t *testing.T) {
	t.Helper()
	proxy := t.TempDir()
	dir := filepath.Join(proxy, dmDriver, "@v")
	const mod = "module " + dmDriver + "\n\ngo 1.26\n"
	const source = `package dm

import (
	"database/sql"
	"database/sql/driver"
	"errors"
)

type fake struct{}

func (fake) Open(string) (driver.Conn, error) { return nil, errors.New("fake") }

func init() { sql.Register("dm", fake{}) }
`
	writeFile(t, filepath.Join(dir, "list"), dmVersion+"\n")
	writeFile(t, filepath.Join(dir, dmVersion+".info"), `{"Version":"`+dmVersion+`"}`)
	writeFile(t, filepath.Join(dir, dmVersion+".mod"), mod)
	archive, err := os.Create(filepath.Join(dir, dmVersion+".zip"))
	if err != nil {
		t.Fatal(err)
	}
	w := zip.NewWriter(archive)
	for name, text := range map[string]string{"go.mod": mod, "dm.go": source} {
		f, err := w.Create(dmDriver + "@" + dmVersion + "/" + name)
		if err == nil {
			_, err = f.Write([]byte(text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), archive.Close()); err != nil {
		t.Fatal(err)
	}
	only(t, "file://"+proxy)
}

// only makes the go command ask one proxy, with an empty module cache.
func only(t *testing.T, proxy string) {
	t.Helper()
	cache, err := os.MkdirTemp("", "modules-*")
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{"GOPROXY": proxy, "GOMODCACHE": cache, "GONOSUMDB": "*", "GOTOOLCHAIN": "local",
		"GOCACHE": goCache(t)} {
		t.Setenv(name, value)
	}
	t.Cleanup(func() {
		exec.Command("go", "clean", "-modcache").Run() // it is written without the right to remove it
		os.RemoveAll(cache)
	})
}

// goCache is the real cache of built packages, which a changed environment would lose.
func goCache(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "env", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
		t.Fatal(err)
	}
}

// dmCheckout is a small checkout with a module drivers/dm, whose program prints the drivers that it has.
func dmCheckout(t *testing.T) *Builder {
	t.Helper()
	dir := checkout(t, `import (
	"database/sql"
	"fmt"
)

// Say prints the drivers that are linked in.
func Say() { fmt.Println(sql.Drivers()) }`)
	writeFile(t, filepath.Join(dir, "drivers/dm/go.mod"), "module "+Module+"/drivers/dm\n\ngo 1.26\n\nrequire (\n\t"+dmDriver+" "+dmVersion+"\n\t"+
		Module+" v0.0.0\n)\n\nreplace "+Module+" => ../..\n")
	writeFile(t, filepath.Join(dir, "drivers/dm/main.go"), "package main\n\nimport (\n\t_ \""+dmDriver+"\"\n\n\t\""+Module+"/part\"\n)\n\nfunc main() { part.Say() }\n")
	return &Builder{Source: dir, Cache: t.TempDir()}
}

// sums writes the checksums, as the real module has them, with the offered driver in the place of the real one.
func (b *Builder) sums(t *testing.T) {
	t.Helper()
	cmd := exec.Command("go", "mod", "download", "all")
	cmd.Dir = filepath.Join(b.Source, "drivers/dm")
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

var own = Key{GOOS: runtime.GOOS, GOARCH: runtime.GOARCH}

func drivers(t *testing.T, b *Builder, k Key) string {
	t.Helper()
	p, err := b.Build(t.Context(), k)
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(p.Path).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// patiently has the driver looked for as long as a busy machine takes, for one test.
func patiently(t *testing.T) {
	was := dmTimeout
	dmTimeout = 2 * time.Minute
	t.Cleanup(func() { dmTimeout = was })
}

func TestDriverIsLinkedIn(t *testing.T) {
	needsGo(t)
	patiently(t)
	offered(t)
	b := dmCheckout(t)
	b.sums(t)
	if err := b.CheckDM(t.Context()); err != nil {
		t.Fatal(err)
	}
	with := own
	with.DM = true
	if got := drivers(t, b, with); got != "[dm]" {
		t.Errorf("the payload %s has the drivers %s", with, got)
	}
	if got := drivers(t, b, own); got != "[]" {
		t.Errorf("the payload %s has the drivers %s", own, got)
	}
	// What is in the module cache needs no proxy.
	t.Setenv("GOPROXY", "off")
	if err := (&Builder{Source: b.Source, Cache: b.Cache}).CheckDM(t.Context()); err != nil {
		t.Errorf("with GOPROXY=off, and the driver in the module cache: %v", err)
	}
}

func TestDriverCannotBeHad(t *testing.T) {
	needsGo(t)
	silent, err := net.Listen("tcp", "127.0.0.1:0") // takes connections, and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	for name, c := range map[string]struct {
		proxy, why string
		within     time.Duration
	}{
		"switched off": {"off", "GOPROXY=off", 2 * time.Minute},
		"silent":       {"http://" + silent.Addr().String(), "4s", dmTimeout + time.Minute}, // and not for ever
		"empty":        {"file://" + t.TempDir(), dmDriver, 2 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			only(t, c.proxy)
			if name != "silent" {
				patiently(t)
			}
			b := dmCheckout(t)
			writeFile(t, filepath.Join(b.Source, "drivers/dm/go.sum"), dmDriver+" "+dmVersion+" h1:IadSVTP3l1qv41yzTaHffpsAdNtyR3Bl2FwR9Xpgpb8=\n"+
				dmDriver+" "+dmVersion+"/go.mod h1:EPRJnuPFgbyOFgJ0TRYCTGzhq+ZT4wdyaj/GW/LLcNg=\n")
			began := time.Now()
			err := b.CheckDM(t.Context())
			if took := time.Since(began); took > c.within {
				t.Errorf("found out after %v", took)
			}
			var missing *record.Missing
			if !errors.As(err, &missing) || !strings.HasPrefix(missing.Reason.En, "DM8: not built in: ") || missing.Remedy.Zh == "" ||
				!strings.Contains(missing.Reason.En, c.why) || !strings.Contains(missing.Reason.Zh, "未编入") {
				t.Errorf("%v", err)
			}
			if again := b.CheckDM(t.Context()); again != err { // the very same
				t.Errorf("asked again, it looks again: %v", again)
			}
			if got := drivers(t, b, own); got != "[]" {
				t.Errorf("the plain payload has the drivers %s", got)
			}
			with := own
			with.DM = true
			if _, err := b.Build(t.Context(), with); !errors.As(err, &missing) {
				t.Errorf("a run that was begun with the driver: %v", err)
			}
		})
	}
}

func TestDriverWithoutCheckout(t *testing.T) {
	var missing *record.Missing
	if err := (&Builder{Cache: t.TempDir()}).CheckDM(context.Background()); !errors.As(err, &missing) {
		t.Errorf("%v: this program has no driver, and nothing to build one from", err)
	}
	with := own
	with.DM = true
	if _, err := (&Builder{Cache: t.TempDir()}).Build(t.Context(), with); !errors.As(err, &missing) {
		t.Errorf("this very program serves as a payload with the driver: %v", err)
	}
}
