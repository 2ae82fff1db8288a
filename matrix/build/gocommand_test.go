package build

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// What a developer has set for their own builds changes no payload and keeps none from being built.
func TestTheUsersEnvironmentChangesNoPayload(t *testing.T) {
	needsGo(t)
	source := checkout(t, says)
	key := Key{GOOS: runtime.GOOS, GOARCH: runtime.GOARCH}
	clean, err := (&Builder{Source: source, Cache: t.TempDir()}).Build(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	settings := filepath.Join(t.TempDir(), "env")
	writeFile(t, settings, "GOFLAGS=-nonsense\nGOEXPERIMENT=nogreenteagc\nGOPROXY=https://proxy.example\n")
	for name, value := range map[string]string{"GOARCH": "mips", "GOOS": "windows", "GOEXPERIMENT": "nogreenteagc", "GODEBUG": "asyncpreemptoff=1",
		"GOFLAGS": "-race -mod=vendor", "GOROOT": "/nowhere", "GOAMD64": "v4", "GOARM64": "v9.0", "CGO_ENABLED": "1", "GOWORK": "/nowhere", "GOENV": settings} {
		t.Setenv(name, value)
	}
	b := &Builder{Source: source, Cache: t.TempDir()}
	if got, err := b.Build(t.Context(), key); err != nil || got.Digest != clean.Digest {
		t.Errorf("%s, %v; want %s", got.Digest, err, clean.Digest)
	}
	if !slices.Contains(b.command.env, "GOPROXY=https://proxy.example") {
		t.Errorf("what `go env -w` says of proxies is lost: %q", b.command.env)
	}
}

// A go command that is too old, as distributions have it, or does not work is no go command.
func TestGoThatCannotBuild(t *testing.T) {
	for name, c := range map[string]struct{ script, want string }{
		"old":              {`echo '{"GOVERSION":"go1.19.8"}'`, "the go command is go1.19.8, and go1.26 or newer is needed"},
		"knows no version": {`echo '{"GOVERSION":""}'; exit 1`, "the go command does not work"},
		"cannot switch":    {"echo 'go: download go1.26 for linux/amd64: toolchain not available' >&2; exit 1", "go: download go1.26 for linux/amd64: toolchain not available"},
		"no output":        {"true", "the go command does not work: go env"},
	} {
		bin := t.TempDir()
		if err := os.WriteFile(filepath.Join(bin, "go"), []byte("#!/bin/sh\n"+c.script+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		t.Setenv("PATH", bin+":/usr/bin:/bin")
		b := &Builder{Source: checkout(t, says), Cache: t.TempDir()}
		var missing *record.Missing
		_, err := b.Build(t.Context(), Key{GOOS: "linux", GOARCH: "riscv64"})
		if !errors.As(err, &missing) || !strings.Contains(missing.Reason.En, c.want) || !strings.Contains(missing.Remedy.En, "Go 1.26") || missing.Reason.Zh == missing.Reason.En {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
		if _, err := b.Build(t.Context(), Key{GOOS: runtime.GOOS, GOARCH: runtime.GOARCH, Tags: ownTags()}); err != nil {
			t.Errorf("%s: this program is no payload for its own platform: %v", name, err)
		}
	}
}
