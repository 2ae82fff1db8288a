package vm

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// zboot wraps a kernel as EFI zboot images are.
func zboot(compression string, payload []byte) []byte {
	image := make([]byte, 64, 64+len(payload))
	copy(image, "MZ\x00\x00zimg")
	binary.LittleEndian.PutUint32(image[8:], 64)
	binary.LittleEndian.PutUint32(image[12:], uint32(len(payload)))
	copy(image[24:], compression)
	return append(image, payload...)
}

func TestUnpackZboot(t *testing.T) {
	kernel := bytes.Repeat([]byte("kernel "), 1000)
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	zst := z.EncodeAll(kernel, nil)
	var gz bytes.Buffer
	w := gzip.NewWriter(&gz)
	w.Write(kernel)
	w.Close()
	for name, c := range map[string]struct {
		image []byte
		want  []byte // nil: an error
	}{
		"zstd":            {zboot("zstd", zst), kernel},
		"gzip":            {zboot("gzip", gz.Bytes()), kernel},
		"plain":           {kernel, kernel},
		"short and plain": {[]byte("MZ"), []byte("MZ")},
		"cut short":       {zboot("zstd", zst)[:80], nil},
		"not zstd":        {zboot("zstd", kernel), nil},
		"unknown":         {zboot("lzma", zst), nil},
	} {
		got, err := unpackZboot(c.image)
		if (err == nil) != (c.want != nil) || !bytes.Equal(got, c.want) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
}

// kernelFile writes a kernel image for an architecture.
func kernelFile(t *testing.T, at int, magic string) string {
	t.Helper()
	image := make([]byte, 0x300)
	copy(image[at:], magic)
	path := filepath.Join(t.TempDir(), "vmlinuz")
	if err := os.WriteFile(path, image, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestKernelsThatDoNotFit(t *testing.T) {
	arm := kernelFile(t, 56, "ARMd")
	for name, c := range map[string]struct {
		guest record.Guest
		arch  string
		want  string
	}{
		"fits":           {record.Guest{Kernel: arm}, "arm64", ""},
		"other arch":     {record.Guest{Kernel: arm}, "loong64", "the kernel is for arm64, the target is loong64"},
		"no kernel":      {record.Guest{Kernel: kernelFile(t, 0, "#!/bin/sh")}, "arm64", "no kernel image"},
		"pinned":         {record.Guest{Kernel: arm, SHA256: strings.Repeat("0", 64)}, "arm64", "the matrix pins 0000"},
		"not there":      {record.Guest{Kernel: arm + "x"}, "arm64", "cannot be read"},
		"unknown series": {record.Guest{Kernel: "arm64-1k"}, "arm64", "run `scripts/kernel arm64-1k`"},
	} {
		k, err := findKernel(t.TempDir(), c.guest)
		if err == nil {
			err = k.checkArch(c.guest.Kernel, c.arch)
		}
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMachinesThatCannotBe(t *testing.T) {
	for want, g := range map[string]record.Guest{
		"too few":                  {Memory: 64},
		"cannot be shared":         {Cores: 3, Nodes: 2},
		"5 cores cannot be shared": {Cores: 4, Offline: 1, Nodes: 2},
		"that are offline, not 65": {Cores: 4, Offline: 61},
		`no disk bus "ide"`:        {Disks: []record.Disk{{Bus: "ide", Size: 1}}},
		"1 MiB or more each":       {Disks: []record.Disk{{Bus: "nvme", Size: 1 << 20}}},
		"disks at most":            {Disks: make([]record.Disk, 9)},
		"64 hexadecimal":           {SHA256: "12"},
		"1 to 64 cores":            {Cores: -1},
		"no emulator named qqq":    {},
	} {
		goarch := "arm64"
		if strings.HasPrefix(want, "no emulator") {
			goarch, want = "qqq", "no virtual machines for GOARCH qqq"
		}
		_, err := Find(t.Context(), t.TempDir(), goarch, "max", g)
		if problem := (*record.Problem)(nil); !errors.As(err, &problem) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

// entries reads a newc archive's names and contents.
func entries(t *testing.T, raw []byte) map[string]string {
	t.Helper()
	found := map[string]string{}
	field := func(n int) int {
		v, err := strconv.ParseUint(string(raw[6+8*n:14+8*n]), 16, 32)
		if err != nil {
			t.Fatal(err)
		}
		return int(v)
	}
	round := func(n int) int { return (n + 3) &^ 3 }
	for {
		if string(raw[:6]) != "070701" {
			t.Fatalf("no entry: %q", raw[:6])
		}
		size, nameSize := field(6), field(11)
		name := string(raw[110 : 110+nameSize-1])
		if name == "TRAILER!!!" {
			return found
		}
		raw = raw[round(110+nameSize):]
		found[name] = string(raw[:size])
		raw = raw[round(size):]
	}
}

func TestInitramfs(t *testing.T) {
	dir := t.TempDir()
	if err := errors.Join(os.WriteFile(filepath.Join(dir, "payload"), []byte("ELF!!"), 0o755),
		os.WriteFile(filepath.Join(dir, "a.ko"), []byte("module"), 0o644)); err != nil {
		t.Fatal(err)
	}
	k := kernel{modules: dir}
	var archives [2][]byte
	for i := range archives {
		f, err := os.Create(filepath.Join(dir, "initramfs"))
		if err != nil {
			t.Fatal(err)
		}
		if err := k.initramfs(f, filepath.Join(dir, "payload"), []string{"a"}, []byte("seed")); err != nil {
			t.Fatal(err)
		}
		f.Close()
		if archives[i], err = os.ReadFile(f.Name()); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(archives[0], archives[1]) {
		t.Error("the same content gives two archives")
	}
	got := entries(t, archives[0])
	for name, want := range map[string]string{"init": "ELF!!", "seed": "seed", "modules/a.ko": "module", "modules/order": "a\n", "proc": ""} {
		if content, there := got[name]; !there || content != want {
			t.Errorf("%s: %q, %t", name, content, there)
		}
	}
}
