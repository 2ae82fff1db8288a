package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"

	"github.com/xcmatrix/xcmatrix/results/needs"
)

// installed is the version under which the test's proxy has this checkout: as the go command names a commit without a tag.
const installed = "v0.0.0-20261130230406-0123456789ab"

// moduleProxy is a directory that serves the checkout as a module (go help goproxy), and its address.
func moduleProxy(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	at := filepath.Join(dir, "github.com/xcmatrix/xcmatrix/@v")
	if err := os.MkdirAll(at, 0o755); err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	info, err := json.Marshal(map[string]any{"Version": installed, "Time": time.Date(2026, 11, 30, 23, 4, 6, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	if err := zip.CreateFromDir(&packed, module.Version{Path: "github.com/xcmatrix/xcmatrix", Version: installed}, copied(t)); err != nil {
		t.Fatalf("the checkout is no module that a proxy can serve: %v", err)
	}
	for name, text := range map[string][]byte{"list": nil, installed + ".info": info, installed + ".mod": mod, installed + ".zip": packed.Bytes()} {
		if err := os.WriteFile(filepath.Join(at, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(filepath.Dir(at), "@latest"), info, 0o644); err != nil {
		t.Fatal(err)
	}
	return "file://" + dir
}

// goInstall is the line of a page that installs the program.
func goInstall(t *testing.T, name string) string {
	t.Helper()
	for _, line := range read(t, name).commands() {
		if i := len(line); i > 3 && strings.Contains(strings.Join(line, " "), "go install ") {
			return strings.Join(line, " ")
		}
	}
	t.Fatalf("%s shows no go install", name)
	return ""
}

// TestGoInstallFindsTheModule is the short form: what the README's line asks for is there, at its latest version.
func TestGoInstallFindsTheModule(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		needs.Absent(t, needs.Go, "no go command in PATH: install Go")
	}
	line := goInstall(t, "README.md")
	if other := goInstall(t, "README.zh-CN.md"); other != line {
		t.Errorf("README.zh-CN.md shows %s", other)
	}
	words := strings.Fields(line)
	cmd := exec.CommandContext(t.Context(), "go", "list", "-m", words[len(words)-1])
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "GOPROXY="+moduleProxy(t), "GOMODCACHE="+t.TempDir(), "GOFLAGS=-modcacherw", "GOSUMDB=off")
	out, err := cmd.CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != "github.com/xcmatrix/xcmatrix "+installed {
		t.Errorf("%v: %s", err, out)
	}
}

// TestGoInstall runs the README's line against a proxy that has this checkout, and the program that it builds.
func TestGoInstall(t *testing.T) {
	if os.Getenv(followed) == "" {
		t.Skip("long form: " + followed + " is not set: it builds the program; run make follow")
	}
	modules, err := exec.CommandContext(t.Context(), "go", "env", "GOMODCACHE").Output()
	if err != nil {
		needs.Absent(t, needs.Go, fmt.Sprintf("go env: %v: install Go", err))
	}
	dir := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-euxc", goInstall(t, "README.md"))
	cmd.Dir = dir
	// What this checkout was built with lies in the cache already.
	cmd.Env = append(os.Environ(), "GOPROXY="+moduleProxy(t)+",file://"+strings.TrimSpace(string(modules))+"/cache/download",
		"GOMODCACHE="+filepath.Join(dir, "modules"), "GOBIN="+dir, "GOFLAGS=-modcacherw", "GOSUMDB=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	version := exec.CommandContext(ctx, filepath.Join(dir, "xcmatrix"), "version", "--json")
	version.Dir = dir
	out, err := version.Output()
	var v struct{ Version, Commit, Payload string }
	if err != nil || json.Unmarshal(out, &v) != nil || v.Version != installed || v.Commit != "0123456789ab" || v.Payload == "" {
		t.Errorf("%v: %s", err, out)
	}
	run := exec.CommandContext(ctx, filepath.Join(dir, "xcmatrix"), "run", "--target", "native", "--suite", "abi", "--label", "!bench", "--lang", "en")
	run.Dir = dir
	if out, err := run.CombinedOutput(); err != nil || !strings.Contains(string(out), " pass") {
		t.Errorf("%v: %s", err, out)
	}
}
