package machine

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"strings"
	"testing"
)

// status is a /proc/self/status whose signal sets have a number of hexadecimal digits.
func status(digits int) string {
	set := strings.Repeat("0", digits)
	return "Name:\tsh\nSigQ:\t0/7\nSigPnd:\t" + set + "\nSigBlk:\t" + set + "\nSigIgn:\t" + set + "\n"
}

// program is an ELF file of LoongArch that names an interpreter.
func program(machine elf.Machine, interpreter string) string {
	const headers = 64 + 56
	var b bytes.Buffer
	binary.Write(&b, binary.LittleEndian, elf.Header64{
		Ident: [16]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), 1}, Type: uint16(elf.ET_EXEC),
		Machine: uint16(machine), Version: 1, Phoff: 64, Ehsize: 64, Phentsize: 56, Phnum: 1,
	})
	size := uint64(len(interpreter) + 1)
	binary.Write(&b, binary.LittleEndian, elf.Prog64{Type: uint32(elf.PT_INTERP), Off: headers, Filesz: size, Memsz: size})
	return b.String() + interpreter + "\x00"
}

// The signal set counts first, then the interpreter of /bin/sh, then the linkers; the kernel's release never does.
func TestABIWorld(t *testing.T) {
	older, newer := program(elf.EM_LOONGARCH, "/"+oldWorldLinker), program(elf.EM_LOONGARCH, "/"+newWorldLinker)
	for name, c := range map[string]struct {
		files map[string]string
		want  string
	}{
		"16 digits":                    {map[string]string{"proc/self/status": status(16), "bin/sh": older, oldWorldLinker: ""}, "new"},
		"32 digits":                    {map[string]string{"proc/self/status": status(32), "bin/sh": newer, newWorldLinker: ""}, "old"},
		"32 digits, kernel 6.6":        {map[string]string{"proc/self/status": status(32), "proc/sys/kernel/osrelease": "6.6.0"}, "old"},
		"16 digits, kernel 4.19":       {map[string]string{"proc/self/status": status(16), "proc/sys/kernel/osrelease": "4.19.0"}, "new"},
		"no status, old shell":         {map[string]string{"bin/sh": older, newWorldLinker: ""}, "old"},
		"no status, new shell":         {map[string]string{"bin/sh": newer, oldWorldLinker: ""}, "new"},
		"a shell of another machine":   {map[string]string{"bin/sh": program(elf.EM_X86_64, "/"+oldWorldLinker), newWorldLinker: ""}, "new"},
		"a shell that is no program":   {map[string]string{"bin/sh": "#!/bin/ash\n", oldWorldLinker: ""}, "old"},
		"a status that is rubbish":     {map[string]string{"proc/self/status": "SigBlk:\tzzzzzzzzzzzzzzzz\n"}, ""},
		"a status cut in the line":     {map[string]string{"proc/self/status": "SigBlk:\t0000"}, ""},
		"both linkers, nothing else":   {map[string]string{newWorldLinker: "", oldWorldLinker: ""}, ""},
		"4.19 and nothing else":        {map[string]string{"proc/sys/kernel/osrelease": "4.19.190"}, ""},
		"a system that stands in one":  {map[string]string{"etc/os-release": "ID=uos\nVERSION_ID=20\n"}, "old"},
		"that system on a new kernel":  {map[string]string{"etc/os-release": "ID=uos\nVERSION_ID=20\n", "proc/self/status": status(16)}, "new"},
		"nothing is there":             {map[string]string{}, ""},
		"the signal set of a new kind": {map[string]string{"proc/self/status": status(64)}, ""},
	} {
		if got := Read(files(c.files), Host{GOARCH: "loong64"}).ABIWorld; got != c.want {
			t.Errorf("%s: %q, is %q", name, got, c.want)
		}
	}
	for size, want := range map[int]string{newWorldSet: "new", oldWorldSet: "old"} {
		root := files(map[string]string{"proc/self/status": status(48 - 2*size)}) // says the other
		if got := Read(root, Host{GOARCH: "loong64", SignalSet: size}).ABIWorld; got != want {
			t.Errorf("a kernel that takes %d bytes: %q", size, got)
		}
	}
	if got := signalSet(); got != newWorldSet {
		t.Errorf("this kernel takes signal sets of %d bytes", got)
	}
	if got := Read(files(map[string]string{"proc/self/status": status(32)}), Host{GOARCH: "arm64"}).ABIWorld; got != "" {
		t.Errorf("arm64 has the ABI world %q", got)
	}
}

func TestModifiedRuntimeIsAWarning(t *testing.T) {
	m := Read(files(nil), Host{GOARCH: "loong64", GoModified: "0123456789ab"})
	if len(m.Warnings) != 1 || !strings.Contains(m.Warnings[0].En, "modified for the old world (edits 0123456789ab)") {
		t.Errorf("%v", m.Warnings)
	}
}
