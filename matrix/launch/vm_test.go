package launch

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/matrix/vm"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// fakeMachine is a target whose emulator is a script, which appends a line to the file that comes back each time it is
// asked to boot.
func fakeMachine(t *testing.T, script string) (target Target, p build.Payload, boots string) {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", filepath.Join(dir, "cache"))
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	boots = filepath.Join(dir, "boots")
	fakeQEMU(t, dir, "qemu-system-aarch64", `[ "$1" = --version ] && echo QEMU emulator version 10.0.2 && exit
echo >>`+boots+"\n"+script)
	kernel := make([]byte, 100)
	copy(kernel[56:], "ARMd")
	p = build.Payload{Path: filepath.Join(dir, "payload")}
	for path, content := range map[string][]byte{filepath.Join(dir, "vmlinuz"): kernel, p.Path: []byte("payload")} {
		if err := os.WriteFile(path, content, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return Target{ID: "fake", Key: build.Key{GOOS: "linux", GOARCH: "arm64"}, Name: "vm", CPU: "max",
		Guest: record.Guest{Kernel: filepath.Join(dir, "vmlinuz")}}, p, boots
}

// An emulator that ends while it boots is started once more, and not again.
func TestEmulatorThatEndsAtBootIsTriedOnceMore(t *testing.T) {
	target, p, boots := fakeMachine(t, "echo no such machine; exit 3")
	l := &virtual{}
	if err := l.Ready(t.Context(), target); err != nil {
		t.Fatal(err)
	}
	_, err := l.Start(t.Context(), target, p, Options{})
	const want = "QEMU with exit status 3; its console said: no such machine"
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
	if raw, err := os.ReadFile(boots); err != nil || len(raw) != 2 {
		t.Errorf("%d boots, want 2: %v", len(raw), err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}

// A machine that was not up in time is not waited for again.
func TestLateMachineIsNotWaitedForAgain(t *testing.T) {
	target, p, boots := fakeMachine(t, "sleep 60")
	late := fmt.Errorf("not up: %w", vm.ErrLate)
	l := &virtual{bootErr: late}
	if err := l.Ready(t.Context(), target); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Start(t.Context(), target, p, Options{}); err == nil || !strings.Contains(err.Error(), late.Error()) {
		t.Errorf("%v, want %v", err, late)
	}
	if _, err := os.Stat(boots); err == nil {
		t.Error("it was booted")
	}
}

// Only a machine that has nothing but a serial port without firmware boots by it for servers' sake.
func TestServersAskForAFastLine(t *testing.T) {
	for _, c := range []struct {
		goarch string
		served bool
		want   string
	}{{"loong64", true, vm.UEFI}, {"loong64", false, ""}, {"arm64", true, ""}} {
		got := guestFor(Target{Key: build.Key{GOARCH: c.goarch}, Served: c.served})
		if got.Firmware != c.want {
			t.Errorf("%+v: firmware %q", c, got.Firmware)
		}
	}
}
