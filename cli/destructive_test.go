package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/needs"
	"github.com/xcmatrix/xcmatrix/suites/disk/loop"
)

const diskBytes = "33554432"

// A device is written over only if it is given twice and nobody uses it; otherwise nothing is made, and one sentence says why.
func TestDestructiveRefuses(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, make([]byte, 4096), 0o600); err != nil {
		t.Fatal(err)
	}
	deep := []string{"--target", "native", "--suite", "disk", "--label", "deep", "--destructive"}
	for _, c := range []struct {
		args  []string
		words string
	}{
		{append(deep, "/dev/sdb"), "does not say twice"},
		{append(deep, file+"=4096"), "is not a block device"},
		{append(deep, filepath.Join(dir, "none")+"=1"), "no such file"},
		{append(deep[2:], file+"=4096"), "add --target native"},
		{append([]string{"--target", "native", "--suite", "disk"}, "--destructive", file+"=4096"), "add --suite disk --label deep"},
		{append([]string{"--target", "native", "--suite", "abi", "--label", "deep"}, "--destructive", file+"=4096"), "add --suite disk --label deep"},
	} {
		said := call(append([]string{"run", "--lang", "en", "--runs", filepath.Join(dir, "runs")}, c.args...)...)
		if said.code != exitUsage || !strings.Contains(said.err, c.words) || strings.Count(strings.TrimSpace(said.err), "\n") != 0 {
			t.Errorf("%q: %d %s", c.args, said.code, said.err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "runs")); err == nil {
		t.Error("runs was made")
	}
}

// Of a device that is given twice a run writes three blocks, and says so.
func TestDestructive(t *testing.T) {
	dir := t.TempDir()
	f, err := os.Create(filepath.Join(dir, "disk"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Truncate(32 << 20); err != nil {
		t.Fatal(err)
	}
	d, err := loop.Add()
	if err != nil {
		needs.Absent(t, needs.Root, err)
	}
	defer d.Close()
	if err := d.Attach(f, loop.Options{}); err != nil {
		needs.Absent(t, needs.Root, err)
	}
	args := []string{"run", "--lang", "en", "--target", "native", "--suite", "disk", "--quiet", "--no-lock", "--json", "--runs", filepath.Join(dir, "runs"),
		"--spec", "raw device / holds what is written at its beginning, in its middle and at its end"}
	if said := try(t, program(t, dir, append(args, "--destructive", d.Node()+"=33554433")...)); said.code != exitUsage || !strings.Contains(said.err, "neither the serial number nor the size") {
		t.Errorf("%d %s", said.code, said.err)
	}
	if said := try(t, program(t, dir, args...)); said.code != exitPass || !strings.Contains(said.out, `"verdict": "skip"`) {
		t.Errorf("without a device: %d %s%s", said.code, said.out, said.err)
	}
	said := try(t, program(t, dir, append(args, "--destructive", d.Node()+"="+diskBytes)...))
	if said.code != exitPass || !strings.Contains(said.out, `"verdict": "pass"`) {
		t.Errorf("%d %s%s", said.code, said.out, said.err)
	}
	written := make([]byte, 32<<20)
	if _, err := f.ReadAt(written, 0); err != nil {
		t.Fatal(err)
	}
	n := 0
	for i := 0; i < len(written); i += 4096 {
		if written[i] != 0 {
			n++
		}
	}
	if n == 0 || n > 3 {
		t.Errorf("%d blocks were written", n)
	}
}
