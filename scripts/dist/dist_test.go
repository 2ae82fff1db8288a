package main

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/emmansun/gmsm/sm3"
	"github.com/klauspost/compress/gzip"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/xcmatrix/xcmatrix/results/certify/identity"
	"github.com/xcmatrix/xcmatrix/results/needs"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// root is the checkout that this module lies in.
const root = "../.."

// made is a directory as `make dist` makes it, for this machine's architecture alone.
func made(t *testing.T, o options) string {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: a program is built")
	}
	var err error
	if o.source, err = filepath.Abs(root); err != nil {
		t.Fatal(err)
	}
	o.out, o.arches = filepath.Join(t.TempDir(), "dist"), runtime.GOARCH
	err = run(t.Context(), o)
	var missing *record.Missing
	if errors.As(err, &missing) {
		needs.Absent(t, needs.Go, missing)
	} else if err != nil {
		t.Fatal(err)
	}
	return o.out
}

// read are the files of a directory.
func read(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]byte{}
	for _, e := range entries {
		if all[e.Name()], err = os.ReadFile(filepath.Join(dir, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// TestShort: what differs from place to place and from time to time must not be in the files. make dist-test does it
// for three architectures, in two clones.
func TestShort(t *testing.T) {
	first := read(t, made(t, options{}))
	checkInside(t, first)
	umask := syscall.Umask(0o077)
	defer syscall.Umask(umask)
	for name, value := range map[string]string{"TZ": "Asia/Shanghai", "LC_ALL": "zh_CN.UTF-8", "TMPDIR": t.TempDir(), "HOSTNAME": "other"} {
		t.Setenv(name, value)
	}
	time.Sleep(1100 * time.Millisecond) // times in archives are whole seconds
	same(t, first, read(t, made(t, options{})))
}

// same compares two directories file by file.
func same(t *testing.T, a, b map[string][]byte) {
	t.Helper()
	if len(a) < 6 || len(a) != len(b) {
		t.Errorf("%d and %d files", len(a), len(b))
	}
	for name, text := range a {
		if !bytes.Equal(text, b[name]) {
			t.Errorf("%s differs: %d and %d bytes", name, len(text), len(b[name]))
		}
	}
}

// one is the file whose name ends with a text.
func one(t *testing.T, files map[string][]byte, end string) (string, []byte) {
	t.Helper()
	for name, text := range files {
		if strings.HasSuffix(name, end) {
			return name, text
		}
	}
	t.Fatalf("no file ends with %s", end)
	return "", nil
}

// unpacked are the files of a tar.gz, without the directory that they unpack to.
func unpacked(t *testing.T, text []byte) map[string][]byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]byte{}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		_, name, found := strings.Cut(h.Name, "/")
		if !found || strings.Contains(name, "..") || h.Uid != 0 || h.Uname != "" {
			t.Errorf("%q of %d %q", h.Name, h.Uid, h.Uname)
		}
		if all[name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
}

// checkInside looks at the archive: what is in it, and what its lists say.
func checkInside(t *testing.T, files map[string][]byte) {
	t.Helper()
	_, archive := one(t, files, ".tar.gz")
	inside := unpacked(t, archive)
	_, plain := one(t, files, "-linux-"+runtime.GOARCH)
	if !bytes.Equal(inside["bin/xcmatrix"], plain) {
		t.Error("the archive has another program than the file beside it")
	}
	for _, name := range []string{"share/man/man1/xcmatrix.1.gz", "share/man/man1/xcmatrix-run.1.gz", "share/man/zh_CN/man1/xcmatrix-run.1.gz",
		"share/bash-completion/completions/xcmatrix", "share/zsh/site-functions/_xcmatrix", "share/fish/vendor_completions.d/xcmatrix.fish",
		docDir + "examples/matrix.yaml", docDir + "copyright", docDir + "README.zh-CN.md", docDir + "docs/lab.md"} {
		if len(inside[name]) == 0 {
			t.Errorf("no %s in the archive", name)
		}
	}
	z, err := gzip.NewReader(bytes.NewReader(inside["share/man/man1/xcmatrix-run.1.gz"]))
	if err != nil {
		t.Fatal(err)
	}
	if page, err := io.ReadAll(z); err != nil || !strings.Contains(string(page), "--target") && !strings.Contains(string(page), `\-\-target`) {
		t.Errorf("the page of run has no --target: %v: %.200s", err, page)
	}
	checkMaterials(t, inside)
	checkSums(t, files)
}

// checkMaterials holds the SBOM to its schema and to the program's own build info, as the go command prints it.
func checkMaterials(t *testing.T, inside map[string][]byte) {
	path := filepath.Join(t.TempDir(), "xcmatrix")
	if err := os.WriteFile(path, inside["bin/xcmatrix"], 0o755); err != nil {
		t.Fatal(err)
	}
	said, err := exec.CommandContext(t.Context(), "go", "version", "-m", path).Output()
	if err != nil {
		t.Fatal(err)
	}
	raw := inside[docDir+"sbom.cdx.json"]
	checkSchema(t, raw)
	var bom struct {
		SerialNumber string
		Components   []struct {
			Name, Version, PURL string
			Licenses            []struct{ License struct{ ID string } }
		}
		Metadata struct {
			Component struct{ Hashes []struct{ Content string } }
		}
	}
	if err := json.Unmarshal(raw, &bom); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(inside["bin/xcmatrix"])
	if h := bom.Metadata.Component.Hashes; len(h) != 1 || h[0].Content != hex.EncodeToString(sum[:]) {
		t.Errorf("the SBOM is of another program: %v", h)
	}
	modules := regexp.MustCompile(`(?m)^\tdep\t(\S+)\t(\S+)\t`).FindAllStringSubmatch(string(said), -1)
	if len(modules) < 20 || len(bom.Components) != len(modules)+1 { // and Go's own
		t.Errorf("%d modules, %d components", len(modules), len(bom.Components))
	}
	for _, m := range modules {
		i := slices.IndexFunc(bom.Components, func(c struct {
			Name, Version, PURL string
			Licenses            []struct{ License struct{ ID string } }
		}) bool {
			return c.Name == m[1] && c.Version == m[2]
		})
		if i < 0 || len(bom.Components[i].Licenses) == 0 {
			t.Errorf("%s %s is not in the SBOM, or without a licence", m[1], m[2])
		}
		prefix := docDir + "licences/" + m[1] + "@" + m[2] + "/"
		found := false
		for name, text := range inside {
			found = found || strings.HasPrefix(name, prefix) && len(text) > 200
		}
		if !found {
			t.Errorf("no text of a licence below %s", prefix)
		}
	}
}

// checkSchema validates a document by the schema that the CycloneDX module brings.
func checkSchema(t *testing.T, raw []byte) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/CycloneDX/cyclonedx-go").Output()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(strings.TrimSpace(string(out)), "schema")
	compiler := jsonschema.NewCompiler()
	for name, file := range map[string]string{"bom-1.6.schema.json": "bom-1.6.schema.json", "spdx.schema.json": "spdx.schema.json",
		"jsf-0.82.schema.json": "jsf-0.82.schemax.json"} {
		text, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := compiler.AddResource("http://cyclonedx.org/schema/"+name, document); err != nil {
			t.Fatal(err)
		}
	}
	schema, err := compiler.Compile("http://cyclonedx.org/schema/bom-1.6.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(document); err != nil {
		t.Errorf("the SBOM is no CycloneDX 1.6: %v", err)
	}
	if m, ok := document.(map[string]any); ok {
		m["components"].([]any)[0].(map[string]any)["type"] = "nothing"
	}
	if schema.Validate(document) == nil {
		t.Error("the schema takes anything")
	}
}

// checkSums holds the lists to the files: each file but the lists stands in both, with its digest.
func checkSums(t *testing.T, files map[string][]byte) {
	for list, sum := range map[string]func([]byte) string{
		"SHA256SUMS": func(b []byte) string { h := sha256.Sum256(b); return hex.EncodeToString(h[:]) },
		"SM3SUMS":    func(b []byte) string { h := sm3.Sum(b); return hex.EncodeToString(h[:]) },
	} {
		var want strings.Builder
		names := []string{}
		for name := range files {
			if !strings.HasPrefix(name, "S") && name != identity.ChainFile {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		for _, name := range names {
			fmt.Fprintf(&want, "%s  %s\n", sum(files[name]), name)
		}
		if string(files[list]) != want.String() {
			t.Errorf("%s:\n%s\nwant\n%s", list, files[list], want.String())
		}
	}
}

// TestSignatures runs the commands of docs/packages.md, which need OpenSSL 3 and no program of ours.
func TestSignatures(t *testing.T) {
	key := filepath.Join(t.TempDir(), "key")
	t.Setenv("XCMATRIX_PASSPHRASE", "correct horse")
	if err := identity.Create(key, identity.Request{Name: "test", Days: 2, Passphrase: []byte("correct horse"), Now: time.Now()}); err != nil {
		t.Fatal(err)
	}
	signer, err := openSigner(options{key: key})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "program"), []byte("a program"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := writeSums(t.Context(), dir, signer); err != nil {
		t.Fatal(err)
	}
	checkSums(t, read(t, dir))
	if out, err := exec.Command("openssl", "version").Output(); err != nil || !strings.HasPrefix(string(out), "OpenSSL 3") {
		needs.Absent(t, needs.Tools, "no OpenSSL 3 in PATH: install openssl")
	}
	text, err := os.ReadFile(filepath.Join(root, "docs/packages.md"))
	if err != nil {
		t.Fatal(err)
	}
	var commands []string
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "openssl ") || strings.HasPrefix(line, "sha256sum ") {
			commands = append(commands, strings.TrimSpace(line))
		}
	}
	if len(commands) < 4 {
		t.Fatalf("docs/packages.md shows %q", commands)
	}
	rootPEM, err := os.ReadFile(filepath.Join(key, identity.RootFile))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, identity.RootFile), rootPEM, 0o644); err != nil {
		t.Fatal(err)
	}
	verify := func() (string, error) {
		cmd := exec.CommandContext(t.Context(), "sh", "-ec", strings.Join(commands, "\n"))
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := verify(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	for _, name := range []string{"SM3SUMS", "SHA256SUMS", "program"} {
		path := filepath.Join(dir, name)
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, append([]byte{whole[0] ^ 1}, whole[1:]...), 0o644); err != nil {
			t.Fatal(err)
		}
		if out, err := verify(); err == nil {
			t.Errorf("a changed %s is not noticed: %s", name, out)
		}
		if err := os.WriteFile(path, whole, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPackageVersion(t *testing.T) {
	for module, want := range map[string]string{
		"v1.2.0":                             "1.2.0",
		"v1.2.0-rc.1":                        "1.2.0~rc.1",
		"v0.0.0-20261130230406-0123456789ab": "0.0.0~20261130230406.0123456789ab",
		"v1.2.1-0.20261130230406-0123456789ab+dirty": "1.2.1~0.20261130230406.0123456789ab+dirty",
		"v1.2.0-rc.1.0.20261130230406-0123456789ab":  "1.2.0~rc.1.0.20261130230406.0123456789ab",
		"(devel)": "0.0.0~devel", "": "0.0.0~devel",
	} {
		if got := packageVersion(module); got != want {
			t.Errorf("%s: %s, want %s", module, got, want)
		}
	}
}

func TestClassify(t *testing.T) {
	for text, want := range map[string]string{
		"Apache License\n  Version 2.0, January 2004":                                                          "Apache-2.0",
		"Permission is hereby granted, free of charge, to any\nperson obtaining a copy":                        "MIT",
		"Redistribution and use in source and binary forms ... used to endorse or promote products":            "BSD-3-Clause",
		"Redistribution and use in source and binary forms":                                                    "BSD-2-Clause",
		"Mozilla Public License Version 2.0":                                                                   "MPL-2.0",
		"Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee": "ISC",
		"All rights reserved.": "",
	} {
		if got := classify([]byte(text)); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestBadOptions(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("XCMATRIX_PASSPHRASE", "")
	for name, o := range map[string]options{
		"architecture":  {source: root, out: filepath.Join(dir, "a"), arches: "amd64,z80"},
		"out is there":  {source: root, out: dir, arches: "amd64"},
		"no passphrase": {source: root, out: filepath.Join(dir, "b"), arches: "amd64", key: filepath.Join(dir, "key")},
		"no checkout":   {source: dir, out: filepath.Join(dir, "c"), arches: "amd64"},
	} {
		if err := run(t.Context(), o); err == nil || status(err) != 2 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}
