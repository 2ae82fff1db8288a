package vm

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/record"
)

func TestWhatBootsByFirmware(t *testing.T) {
	for name, c := range map[string]struct {
		goarch string
		guest  record.Guest
		want   bool
	}{
		"nothing needs it": {"loong64", record.Guest{}, false},
		"asked for":        {"loong64", record.Guest{Firmware: UEFI}, true},
		"disks":            {"loong64", record.Guest{Disks: []record.Disk{{Bus: "nvme", Size: 1}}}, true},
		"slots":            {"loong64", record.Guest{Slots: 1}, true},
		"PCI is there":     {"arm64", record.Guest{Slots: 1}, false},
	} {
		m := Machine{GOARCH: c.goarch, Guest: c.guest}
		if got := m.byFirmware(); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
		if line := strings.Join(m.arguments(tcg), " "); strings.Contains(line, "xcmatrix.line=serial") != (c.goarch == "loong64" && !c.want) {
			t.Errorf("%s: %s", name, line)
		}
	}
}

// Firmware that is not here is a miss with its remedy, one that has been changed is wrong.
func TestFirmwareInTheCache(t *testing.T) {
	cache := t.TempDir()
	dir := filepath.Join(cache, "kernels", "loong64-uefi")
	_, err := findFirmware(cache, "loong64")
	if missing := (*record.Missing)(nil); !errors.As(err, &missing) || !strings.Contains(missing.Remedy.En, "run `scripts/kernel loong64-uefi`") {
		t.Errorf("%v", err)
	}
	about := `{"release": "2025.02", "package": "p", "version": "2025.02", "sha256": "` + digest([]byte("code")) + `"}`
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"code.fd": "code", "vars.fd": "vars", "kernel.json": about} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	f, err := findFirmware(cache, "loong64")
	if err != nil || string(f.code) != "code" || string(f.vars) != "vars" || f.Source != "p 2025.02" {
		t.Errorf("%+v, %v", f, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "code.fd"), []byte("other"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := findFirmware(cache, "loong64"); err == nil || !strings.Contains(err.Error(), "is not the one it describes") {
		t.Errorf("%v", err)
	}
}

// By firmware a loong64 machine has disks, and they come and go while it runs.
func TestDevicesByFirmware(t *testing.T) {
	g := boot(t, "loong64", "la464", record.Guest{Kernel: "loong64", Slots: 1,
		Disks: []record.Disk{{Bus: "virtio", Size: 16}, {Bus: "scsi", Size: 17}, {Bus: "nvme", Size: 18}}})
	if len(g.Hello.Problems) > 0 {
		t.Errorf("the guest reports: %q", g.Hello.Problems)
	}
	if got, want := sizes(t, g, 3), []int64{16, 17, 18}; !slices.Equal(got, want) {
		t.Fatalf("disks of %v MiB, want %v", got, want)
	}
	if err := g.Plug(0, record.Disk{Bus: "nvme", Size: 20}, ""); err != nil {
		t.Fatal(err)
	}
	if got, want := sizes(t, g, 4), []int64{16, 17, 18, 20}; !slices.Equal(got, want) {
		t.Fatalf("disks of %v MiB, want %v", got, want)
	}
	if err := g.Unplug(0); err != nil {
		t.Fatal(err)
	}
	if got, want := sizes(t, g, 3), []int64{16, 17, 18}; !slices.Equal(got, want) {
		t.Errorf("disks of %v MiB, want %v", got, want)
	}
	if exit, ok := list(t, g); !ok || exit.Code != 0 || !bytes.Contains(exit.Output, []byte(`"item"`)) {
		t.Errorf("%+v\n%s", exit, g.Console())
	}
}
