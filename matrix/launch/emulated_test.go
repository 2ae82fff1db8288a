package launch

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// fakeQEMU puts a program into a directory that answers --version, or whatever the script says.
func fakeQEMU(t *testing.T, dir, name, script string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func saysVersion(v string) string { return "echo 'qemu-aarch64 version " + v + "'" }

func TestFindQEMU(t *testing.T) {
	for name, c := range map[string]struct {
		plain, static, cache string // scripts; "" for no such file
		want                 string // which of them
		version, reason      string
	}{
		"new":                     {plain: saysVersion("10.0.2 (Debian 1:10.0.2+ds-2)"), want: "plain", version: "10.0.2"},
		"much newer":              {plain: saysVersion("11.2.0"), want: "plain", version: "11.2.0"},
		"old":                     {plain: saysVersion("7.2.17 (Debian 1:7.2+dfsg-7)"), reason: "is version 7.2.17; 10 or newer is needed"},
		"old and a new static":    {plain: saysVersion("7.2.17"), static: saysVersion("10.1.0"), want: "static", version: "10.1.0"},
		"old and a new in cache":  {plain: saysVersion("7.2.17"), cache: saysVersion("10.0.8"), want: "cache", version: "10.0.8"},
		"cache alone":             {cache: saysVersion("10.0.8"), want: "cache", version: "10.0.8"},
		"absent":                  {reason: "qemu-aarch64 10 or newer is not installed"},
		"says no version":         {plain: "echo hello", reason: "is not installed"},
		"fails":                   {plain: "exit 1", reason: "is not installed"},
		"version beyond a number": {plain: saysVersion("99999999999999999999.1"), reason: "is not installed"},
	} {
		t.Run(name, func(t *testing.T) {
			bin, cache := t.TempDir(), t.TempDir()
			t.Setenv("PATH", bin)
			t.Setenv("XDG_CACHE_HOME", cache)
			tools := filepath.Join(cache, "xcmatrix", "tools", "qemu-user", "usr", "bin")
			if err := os.MkdirAll(tools, 0o755); err != nil {
				t.Fatal(err)
			}
			paths := map[string]string{}
			for which, at := range map[string][3]string{"plain": {bin, "qemu-aarch64", c.plain},
				"static": {bin, "qemu-aarch64-static", c.static}, "cache": {tools, "qemu-aarch64", c.cache}} {
				if at[2] != "" {
					paths[which] = fakeQEMU(t, at[0], at[1], at[2])
				}
			}
			path, version, err := findQEMU(t.Context(), "arm64")
			if c.reason == "" {
				if err != nil || path != paths[c.want] || version != c.version {
					t.Errorf("%s %q %v", path, version, err)
				}
				return
			}
			var missing *record.Missing
			if !errors.As(err, &missing) || !strings.Contains(missing.Reason.En, c.reason) {
				t.Fatalf("%v, want %q", err, c.reason)
			}
			if !strings.Contains(missing.Remedy.En, "make setup") || missing.Reason.Zh == "" || !strings.Contains(missing.Remedy.Zh, "make setup") {
				t.Errorf("remedy: %+v", missing)
			}
		})
	}
}

func TestFindQEMUOfAnUnknownArchitecture(t *testing.T) {
	var problem *record.Problem
	if _, _, err := findQEMU(t.Context(), "riscv64"); !errors.As(err, &problem) {
		t.Error(err)
	}
}

// The launcher alone says how a payload was started: without paths, which are this machine's.
func TestDescribe(t *testing.T) {
	p := build.Payload{Path: "/secret/payload", Digest: "sha256:00"}
	key := build.Key{GOOS: "linux", GOARCH: "loong64", Tags: "purego"}
	e := &emulated{path: "/secret/qemu-loongarch64", version: "10.0.2"}
	got := e.Describe(Target{ID: "x", Key: key, CPU: "la132"}, p)
	if got.Provenance != record.Emulated || got.Launcher.Name != "qemu-user" || got.Launcher.Version != "10.0.2" ||
		got.Launcher.CPU != "la132" || got.BuildKey != "linux-loong64-purego" || got.Payload != p.Digest {
		t.Errorf("%+v", got)
	}
	if command := strings.Join(got.Launcher.Command, " "); command != "qemu-loongarch64 -cpu la132 xcmatrix exec --request - --events-fd 3" {
		t.Error(command)
	}
	n := native{}.Describe(Target{Key: key}, p)
	if n.Provenance != record.Native || n.Launcher.Name != "native" || strings.Contains(strings.Join(n.Launcher.Command, " "), "secret") {
		t.Errorf("%+v", n)
	}
}

func TestNativeIsForThisMachineAlone(t *testing.T) {
	var missing *record.Missing
	err := native{}.Ready(t.Context(), Target{Key: build.Key{GOOS: "linux", GOARCH: "none"}})
	if !errors.As(err, &missing) || missing.Remedy.Zh == "" {
		t.Error(err)
	}
}
