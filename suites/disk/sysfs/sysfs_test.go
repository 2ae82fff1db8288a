package sysfs

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/needs"
)

func TestParseDecimal(t *testing.T) {
	for text, want := range map[string]struct {
		value uint64
		err   error
	}{
		"0\n": {0, nil}, "8": {8, nil}, " 42\t\n": {42, nil}, "007": {7, nil},
		"18446744073709551615": {math.MaxUint64, nil}, "18446744073709551616": {0, ErrRange},
		"99999999999999999999999": {0, ErrRange}, "18446744073709551616x": {0, ErrSyntax},
		"": {0, ErrSyntax}, "\n": {0, ErrSyntax}, "-1": {0, ErrSyntax}, "0x10": {0, ErrSyntax}, "1 2": {0, ErrSyntax}, "٣": {0, ErrSyntax},
		"+1": {0, ErrSyntax}, "1_000": {0, ErrSyntax}, "1/": {0, ErrSyntax}, "1:": {0, ErrSyntax},
	} {
		if value, err := ParseDecimal([]byte(text)); value != want.value || err != want.err {
			t.Errorf("%q: %d, %v; want %d, %v", text, value, err, want.value, want.err)
		}
	}
}

func TestParseHex(t *testing.T) {
	for text, want := range map[string]struct {
		value uint64
		err   error
	}{
		"0x1af4\n": {0x1af4, nil}, "0X1AF4": {0x1af4, nil}, "fF": {255, nil}, "0": {0, nil}, "0x0": {0, nil},
		"ffffffffffffffff": {math.MaxUint64, nil}, "0xffffffffffffffff": {math.MaxUint64, nil}, "10000000000000000": {0, ErrRange},
		"00000000000000000001": {1, nil}, "1000000000000000g": {0, ErrSyntax}, "10000000000000000g": {0, ErrSyntax},
		"": {0, ErrSyntax}, "0x": {0, ErrSyntax}, "x1": {0, ErrSyntax}, "0x0x1": {0, ErrSyntax}, "g": {0, ErrSyntax}, "-1": {0, ErrSyntax}, "@": {0, ErrSyntax},
	} {
		if value, err := ParseHex([]byte(text)); value != want.value || err != want.err {
			t.Errorf("%q: %#x, %v; want %#x, %v", text, value, err, want.value, want.err)
		}
	}
}

func TestParseNumber(t *testing.T) {
	for text, want := range map[string]struct {
		major, minor uint32
		err          error
	}{
		"8:0\n": {8, 0, nil}, "259:1048575": {259, 1048575, nil}, "4294967296:0": {0, 0, ErrRange},
		"8": {0, 0, ErrSyntax}, ":": {0, 0, ErrSyntax}, "8:": {0, 0, ErrSyntax}, "8:0:1": {0, 0, ErrSyntax}, "": {0, 0, ErrSyntax},
	} {
		if major, minor, err := ParseNumber([]byte(text)); major != want.major || minor != want.minor || err != want.err {
			t.Errorf("%q: %d:%d, %v; want %d:%d, %v", text, major, minor, err, want.major, want.minor, want.err)
		}
	}
}

// FuzzParse compares both parsers with strconv.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"0", "18446744073709551616", "0x1f", "zz", " 1\n"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		trimmed := strings.Trim(text, " \t\n")
		want, wrong := strconv.ParseUint(trimmed, 10, 64)
		value, err := ParseDecimal([]byte(text))
		if (err == nil) != (wrong == nil) || err == nil && value != want {
			t.Errorf("%q: %d, %v; strconv: %d, %v", text, value, err, want, wrong)
		}
		if err == ErrRange && !errors.Is(wrong, strconv.ErrRange) { // strconv does not look at what follows the digits that fit
			t.Errorf("%q: %v; strconv: %v", text, err, wrong)
		}
		digits := trimmed
		if len(digits) > 2 && digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X') {
			digits = digits[2:]
		}
		want, wrong = strconv.ParseUint(digits, 16, 64)
		if value, err := ParseHex([]byte(text)); (err == nil) != (wrong == nil) || err == nil && value != want {
			t.Errorf("%q: %#x, %v; strconv: %#x, %v", text, value, err, want, wrong)
		}
	})
}

func TestText(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"size": "2048\n", "vendor": "0x1af4\n", "dev": "254:16\n", "empty": "", "long": strings.Repeat("1", 40) + "\n", "word": "none\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	d, err := OpenDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if n, err := d.Decimal("size"); n != 2048 || err != nil {
		t.Errorf("size: %d, %v", n, err)
	}
	if n, err := (Dir{}).Decimal(filepath.Join(dir, "size")); n != 2048 || err != nil {
		t.Errorf("size by its path: %d, %v", n, err)
	}
	if n, err := d.Hex("vendor"); n != 0x1af4 || err != nil {
		t.Errorf("vendor: %#x, %v", n, err)
	}
	if major, minor, err := d.Number("dev"); major != 254 || minor != 16 || err != nil {
		t.Errorf("dev: %d:%d, %v", major, minor, err)
	}
	for name, want := range map[string]error{"empty": ErrSyntax, "long": ErrLong, "word": ErrSyntax, "none": syscall.ENOENT, ".": syscall.EISDIR,
		"si\x00ze": syscall.EINVAL, strings.Repeat("x", MaxPath+1): syscall.ENAMETOOLONG, "size/size": syscall.ENOTDIR} {
		if _, err := d.Decimal(name); err != want {
			t.Errorf("%.20q: %v, want %v", name, err, want)
		}
	}
	if text, err := d.Text("size", make([]byte, 6)); string(text) != "2048" || err != nil {
		t.Errorf("a buffer with room for one byte more: %q, %v", text, err)
	}
	for room := range 6 {
		if _, err := d.Text("size", make([]byte, room)); err != ErrLong {
			t.Errorf("a buffer of %d bytes for 5: %v", room, err)
		}
	}
}

func TestNames(t *testing.T) {
	dir := t.TempDir()
	var want []string
	for i := range 300 {
		name := fmt.Sprintf("device-%03d-%s", i, strings.Repeat("x", i%50))
		want = append(want, name)
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	if err := Names(dir, make([]byte, 512), func(name []byte) bool { got = append(got, string(name)); return true }); err != nil {
		t.Fatal(err)
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("%d names, want %d", len(got), len(want))
	}
	n := 0
	if err := Names(dir, make([]byte, 512), func([]byte) bool { n++; return n < 3 }); err != nil || n != 3 {
		t.Errorf("it called %d times, %v", n, err)
	}
	if err := Names(filepath.Join(dir, "none"), make([]byte, 512), nil); err != syscall.ENOENT {
		t.Errorf("no directory: %v", err)
	}
	if err := Names(dir, make([]byte, 8), nil); err != syscall.EINVAL {
		t.Errorf("a buffer without room for one entry: %v", err)
	}
}

// Nothing in a buffer is read beyond its bounds, whatever the lengths in it say.
func FuzzEntries(f *testing.F) {
	f.Add([]byte(strings.Repeat("\x00", 16) + "\x18\x00\x04sda\x00\x00"))
	f.Add([]byte(strings.Repeat("\x00", 16) + "\xff\xff\x04sda\x00\x00"))
	f.Add([]byte(strings.Repeat("\x00", 16) + "\x00\x00\x04sda\x00\x00"))
	f.Fuzz(func(t *testing.T, all []byte) {
		if _, err := entries(slices.Clip(slices.Clone(all)), func([]byte) bool { return true }); err != nil && err != syscall.EIO {
			t.Error(err)
		}
	})
}

func TestClassify(t *testing.T) {
	for errno, want := range map[error]Class{nil: OK, syscall.ENOENT: Absent, syscall.ENODEV: Removed, syscall.ENXIO: Empty, syscall.EIO: Failed,
		syscall.EACCES: Denied, syscall.EPERM: Denied, syscall.EINVAL: Invalid, syscall.EBUSY: Unknown, ErrSyntax: Unknown,
		&os.PathError{Op: "open", Path: "/sys", Err: syscall.ENXIO}: Empty} {
		if got := Classify(errno); got != want {
			t.Errorf("%v: %v, want %v", errno, got, want)
		}
	}
	if Class(200).String() != "unknown" || Removed.String() != "removed" || !Empty.Gone() || Failed.Gone() {
		t.Error("names of classes")
	}
}

func TestNothingIsAllocated(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "size")
	if err := os.WriteFile(path, []byte("2048\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	d, err := OpenDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	buffer := make([]byte, 4096)
	for name, read := range map[string]func(){
		"a number":       func() { _, _ = d.Decimal("size") },
		"by its path":    func() { _, _ = (Dir{}).Decimal(path) },
		"what is not":    func() { _, _ = d.Decimal("none") },
		"the wrong kind": func() { _, _, _ = d.Number("size") },
		"names":          func() { _ = Names(dir, buffer, func(name []byte) bool { return len(name) > 0 }) },
		"a class":        func() { _ = Classify(syscall.ENODEV) },
	} {
		if n := testing.AllocsPerRun(100, read); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func benchmarked(b *testing.B) string {
	b.Helper()
	found, _ := filepath.Glob("/sys/block/*/size")
	if len(found) == 0 {
		needs.Absent(b, needs.Kernel, "this machine shows no block device in /sys/block")
	}
	b.ReportAllocs()
	return found[0]
}

func BenchmarkDecimal(b *testing.B) {
	path := benchmarked(b)
	d, err := OpenDir(filepath.Dir(path))
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	for b.Loop() {
		if _, err := d.Decimal("size"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecimalByPath(b *testing.B) {
	path := benchmarked(b)
	for b.Loop() {
		if _, err := (Dir{}).Decimal(path); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReadFileAndStrconv(b *testing.B) {
	path := benchmarked(b)
	for b.Loop() {
		text, err := os.ReadFile(path)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := strconv.ParseUint(strings.TrimSuffix(string(text), "\n"), 10, 64); err != nil {
			b.Fatal(err)
		}
	}
}
