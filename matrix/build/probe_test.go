package build

import (
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// broken is what a check says is wrong; it fails the test unless that is a reason with words in it and a remedy with do.
func broken(t *testing.T, name string, err error, words, do string) {
	t.Helper()
	var missing *record.Missing
	if !errors.As(err, &missing) || !strings.Contains(missing.Reason.En, words) || !strings.Contains(missing.Remedy.En, do) ||
		missing.Reason.Zh == missing.Reason.En || missing.Remedy.Zh == "" {
		t.Errorf("%s: %v, want %q and the remedy %q", name, err, words, do)
	}
}

// failed are the checks of a probe that fail.
func failed(checks []Check) []Check {
	var out []Check
	for _, c := range checks {
		if c.Err != nil {
			out = append(out, c)
		}
	}
	return out
}

func TestProbeOfASoundMachine(t *testing.T) {
	needsGo(t)
	b := &Builder{Source: checkout(t, says), Cache: t.TempDir()}
	checks := b.Probe(t.Context(), []Key{{GOOS: "linux", GOARCH: "arm64"}, {GOOS: "linux", GOARCH: "loong64", Tags: "purego"}}, false)
	if bad := failed(checks); len(bad) > 0 || len(checks) != 5 {
		t.Errorf("%d checks, failed: %v", len(checks), bad)
	}
	if err := b.CheckShell(t.Context()); err != nil {
		t.Error(err)
	}
}

// What a person has set breaks the go command that they type, and no payload.
func TestShellThatIsBroken(t *testing.T) {
	needsGo(t)
	for name, c := range map[string]struct{ variable, value, words, do string }{
		"GOROOT":      {"GOROOT", "/nope", "/nope", "unset GOROOT"},
		"GOFLAGS":     {"GOFLAGS", "-nonsense", "-nonsense", "GOFLAGS"},
		"GOWORK":      {"GOWORK", "/nope/go.work", "/nope/go.work", "GOWORK"},
		"GOTOOLCHAIN": {"GOTOOLCHAIN", "nonsense", "nonsense", "Go 1.26"},
		"GOOS":        {"GOOS", "", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(c.variable, c.value)
			b := &Builder{Source: checkout(t, says), Cache: t.TempDir()}
			if err := b.CheckShell(t.Context()); c.words != "" {
				broken(t, name, err, c.words, c.do)
			} else if err != nil {
				t.Error(err)
			}
			if name == "GOTOOLCHAIN" {
				return // decides what builds, too
			}
			if bad := failed(b.Probe(t.Context(), []Key{hostKey()}, false)); len(bad) > 0 {
				t.Errorf("%v", bad)
			}
		})
	}
}

// Each way in which modules cannot be had has its remedy.
func TestModulesThatCannotBeHad(t *testing.T) {
	needsGo(t)
	was := downloadTimeout
	downloadTimeout = 2 * time.Second
	t.Cleanup(func() { downloadTimeout = was })
	silent, err := net.Listen("tcp", "127.0.0.1:0") // takes connections, and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	private := httptest.NewUnstartedServer(http.NotFoundHandler()) // its authority is unknown here
	private.Config.ErrorLog = log.New(io.Discard, "", 0)
	private.StartTLS()
	defer private.Close()
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusForbidden) }))
	defer refusing.Close()
	for name, c := range map[string]struct{ proxy, words, do string }{
		"nobody listens":    {"http://127.0.0.1:1", "connection refused", "go env -w GOPROXY"},
		"silent":            {"http://" + silent.Addr().String(), "did not end in time", "go env -w GOPROXY"},
		"unknown authority": {private.URL, "x509", "SSL_CERT_FILE"},
		"forbidden":         {refusing.URL, "403", "go env -w GOPROXY"},
		"switched off":      {"off", "GOPROXY=off", "module cache"},
	} {
		t.Run(name, func(t *testing.T) {
			only(t, c.proxy)
			b := dmCheckout(t)
			writeFile(t, filepath.Join(b.Source, "drivers/dm/go.sum"), dmDriver+" "+dmVersion+" h1:IadSVTP3l1qv41yzTaHffpsAdNtyR3Bl2FwR9Xpgpb8=\n"+
				dmDriver+" "+dmVersion+"/go.mod h1:EPRJnuPFgbyOFgJ0TRYCTGzhq+ZT4wdyaj/GW/LLcNg=\n")
			k := hostKey()
			k.DM = true
			bad := failed(b.Probe(t.Context(), []Key{k, k}, false))
			if len(bad) != 1 {
				t.Fatalf("%v", bad)
			}
			broken(t, name, bad[0].Err, c.words, c.do)
			if err := b.CheckDMOffline(t.Context()); err == nil {
				t.Error("the driver is here")
			}
			if bad := failed(b.Probe(t.Context(), []Key{hostKey()}, false)); len(bad) > 0 {
				t.Errorf("a payload that needs no module: %v", bad)
			}
			// The network is looked at when that is asked for.
			writeFile(t, filepath.Join(b.Source, "go.mod"), "module "+Module+"\n\ngo 1.26\n\nrequire "+probeModule+" v1.0.9\n")
			broken(t, name+" and asked for", b.download(t.Context()), c.words, c.do)
		})
	}
	t.Run("offered", func(t *testing.T) {
		offered(t)
		b := dmCheckout(t)
		b.sums(t)
		k := hostKey()
		k.DM = true
		if bad := failed(b.Probe(t.Context(), []Key{k}, false)); len(bad) > 0 {
			t.Errorf("%v", bad)
		}
		if err := b.CheckDMOffline(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// A go command that answers and cannot build is found out, and so are caches that cannot be written.
func TestProbeFindsWhatIsBroken(t *testing.T) {
	needsGo(t)
	file := filepath.Join(t.TempDir(), "file")
	writeFile(t, file, "")
	b := &Builder{Source: checkout(t, says), Cache: filepath.Join(file, "payloads")}
	bad := failed(b.Probe(t.Context(), []Key{hostKey()}, false))
	if len(bad) != 1 {
		t.Fatalf("%v", bad)
	}
	broken(t, "cache of payloads", bad[0].Err, "cannot be written", "XDG_CACHE_HOME")

	bin := t.TempDir()
	script := "#!/bin/sh\ncase $1 in env) echo '{\"GOVERSION\":\"go1.26.0\"}';; *) echo \"go: no such tool $2\" >&2; exit 1;; esac\n"
	if err := os.WriteFile(filepath.Join(bin, "go"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":/usr/bin:/bin")
	bad = failed((&Builder{Source: checkout(t, says), Cache: t.TempDir()}).Probe(t.Context(), []Key{hostKey()}, false))
	if len(bad) != 1 {
		t.Fatalf("%v", bad)
	}
	broken(t, "compiler", bad[0].Err, "`go tool compile` fails: go: no such tool compile", "install the whole of Go")
}

// Where this program is the payload, nothing has to be built, whatever the go command is.
func TestNothingHasToBeBuilt(t *testing.T) {
	self := Key{GOOS: runtime.GOOS, GOARCH: runtime.GOARCH, Tags: ownTags()}
	b := &Builder{Cache: t.TempDir()}
	if checks := b.Probe(t.Context(), []Key{self}, false); len(checks) != 0 {
		t.Errorf("%v", checks)
	}
	bad := failed(b.Probe(t.Context(), []Key{self, {GOOS: "linux", GOARCH: "riscv64"}}, false))
	if len(bad) != 1 {
		t.Fatalf("%v", bad)
	}
	broken(t, "another platform", bad[0].Err, "no payload for linux-riscv64", "checkout")
}
