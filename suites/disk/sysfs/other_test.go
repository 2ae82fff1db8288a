package sysfs

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/needs"
)

// Tests run here too when this program has been built for ARM with 32 bits: all but those that build it.
const onARM = "XCMATRIX_TEST_SYSFS_ARM"

// TestARM runs the tests of this package as a 32-bit ARM program, under QEMU's user-mode emulator: offsets, sizes and system call
// numbers differ there.
func TestARM(t *testing.T) {
	if os.Getenv(onARM) != "" {
		t.Skip("does not apply: this is the program for ARM")
	}
	goTool := tool(t, needs.Go, "go")
	emulator := armEmulator(t)
	program := filepath.Join(t.TempDir(), "sysfs.test")
	build := exec.Command(goTool, "test", "-c", "-o", program, ".")
	build.Env = append(os.Environ(), "GOARCH=arm", "GOARM=7", "CGO_ENABLED=0", "GOOS=linux")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	run := exec.Command(emulator, program, "-test.v", "-test.run", "^Test", "-test.bench", "Decimal", "-test.benchtime", "200x")
	run.Env = append(os.Environ(), onARM+"=1")
	out, err := run.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: TestNothingIsAllocated") {
		t.Fatalf("%v\n%s", err, out)
	}
	if strings.Contains(string(out), "goarch: arm") && !strings.Contains(string(out), " 0 B/op") {
		t.Errorf("it allocates on ARM:\n%s", out)
	}
}

// TestTinyGo builds a program that reads a size with TinyGo, and runs it.
func TestTinyGo(t *testing.T) {
	tinygo := tool(t, needs.TinyGo, "tinygo")
	dir := t.TempDir()
	program := filepath.Join(dir, "size")
	build := exec.Command(tinygo, "build", "-o", program, "./testdata/size")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	path := filepath.Join(dir, "number")
	if err := os.WriteFile(path, []byte("2048\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(program, path).CombinedOutput(); err != nil || strings.TrimSpace(string(out)) != "2048" {
		t.Errorf("%q, %v", out, err)
	}
}

// TestProgram builds testdata/size with Go itself, and runs it.
func TestProgram(t *testing.T) {
	if os.Getenv(onARM) != "" {
		t.Skip("does not apply: this is the program for ARM")
	}
	path := filepath.Join(t.TempDir(), "number")
	if err := os.WriteFile(path, []byte("2048\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	goTool := tool(t, needs.Go, "go")
	if out, err := exec.Command(goTool, "run", "./testdata/size", path).CombinedOutput(); err != nil || strings.TrimSpace(string(out)) != "2048" {
		t.Errorf("%q, %v", out, err)
	}
	if out, err := exec.Command(goTool, "run", "./testdata/size", path+"x").CombinedOutput(); err == nil || !strings.Contains(string(out), "absent") {
		t.Errorf("a file that is not there: %q, %v", out, err)
	}
}

func tool(t *testing.T, need needs.Need, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		needs.Absent(t, need, name+" is not in PATH: install it, from its makers where the system does not have it")
	}
	return path
}

// armEmulator returns qemu-arm: that of scripts/setup, or one in PATH.
func armEmulator(t *testing.T) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	unpacked := filepath.Join(cache, "xcmatrix", "tools", "qemu-user", "usr", "bin", "qemu-arm")
	for _, name := range []string{unpacked, "qemu-arm", "qemu-arm-static"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	needs.Absent(t, needs.Tools, "qemu-arm is not installed: run scripts/setup")
	return ""
}
