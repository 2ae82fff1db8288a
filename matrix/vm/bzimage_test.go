package vm

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// noted is an ELF file with one Xen note of a kind.
func noted(t *testing.T, kind uint32) []byte {
	t.Helper()
	const headSize, progSize, noteSize = 64, 56, 12 + 4 + 8
	var out bytes.Buffer
	for _, part := range []any{
		elf.Header64{Ident: [16]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), 1}, Type: uint16(elf.ET_EXEC),
			Machine: uint16(elf.EM_X86_64), Version: 1, Phoff: headSize, Ehsize: headSize, Phentsize: progSize, Phnum: 1},
		elf.Prog64{Type: uint32(elf.PT_NOTE), Off: headSize + progSize, Filesz: noteSize, Memsz: noteSize},
		[]uint32{4, 8, kind}, []byte("Xen\x00"), uint64(0x1000000),
	} {
		if err := binary.Write(&out, binary.LittleEndian, part); err != nil {
			t.Fatal(err)
		}
	}
	return out.Bytes()
}

// bzImage wraps a kernel as x86 kernels are.
func bzImage(version uint16, payload []byte) []byte {
	const setup = 3 * 512
	image := make([]byte, setup, setup+len(payload)+4)
	image[0x1F1] = 2
	copy(image[0x202:], "HdrS")
	binary.LittleEndian.PutUint16(image[0x206:], version)
	binary.LittleEndian.PutUint32(image[0x24C:], uint32(len(payload)+4))
	return append(append(image, payload...), 0, 0, 0, 0)
}

func TestUnpackBzImage(t *testing.T) {
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	pvh, other := noted(t, 18), noted(t, 6)
	cut := bzImage(0x20f, z.EncodeAll(pvh, nil))
	for name, c := range map[string]struct{ image, want []byte }{
		"starts by itself":    {bzImage(0x20f, z.EncodeAll(pvh, nil)), pvh},
		"needs firmware":      {bzImage(0x20f, z.EncodeAll(other, nil)), nil},
		"old protocol":        {bzImage(0x207, z.EncodeAll(pvh, nil)), nil},
		"other compression":   {bzImage(0x20f, pvh), nil},
		"no kernel inside":    {bzImage(0x20f, z.EncodeAll([]byte("kernel"), nil)), nil},
		"cut short":           {cut[:len(cut)-8], nil},
		"nothing":             {nil, nil},
		"already unpacked":    {pvh, nil},
		"payload of no bytes": {bzImage(0x20f, nil), nil},
	} {
		want := c.want
		if want == nil {
			want = c.image
		}
		if got := unpackBzImage(c.image); !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes, want %d", name, len(got), len(want))
		}
	}
}
