package vm

import (
	"bytes"
	"debug/elf"
	"encoding/binary"

	"github.com/klauspost/compress/zstd"
)

// unpackBzImage gives the kernel inside an x86 bzImage where QEMU can start it by itself (PVH). Then neither firmware
// nor the kernel's own unpacking is emulated, which saves a third of the boot. Any other image comes back as it is.
// The header is that of Documentation/arch/x86/boot.rst in the kernel's source.
func unpackBzImage(image []byte) []byte {
	const (
		setupSectors, version, payloadOffset, payloadLength = 0x1F1, 0x206, 0x248, 0x24C

		sector     = 512
		hasPayload = 0x0208 // the protocol's version from which on the payload's place is known
		sizeAfter  = 4      // bytes after the compressed kernel, which hold its unpacked size
	)
	if len(image) < 2*sector || binary.LittleEndian.Uint16(image[version:]) < hasPayload {
		return image
	}
	begin := (uint64(max(image[setupSectors], 1))+1)*sector + uint64(binary.LittleEndian.Uint32(image[payloadOffset:]))
	end := begin + uint64(binary.LittleEndian.Uint32(image[payloadLength:]))
	if end > uint64(len(image)) || end < begin+sizeAfter {
		return image
	}
	z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxKernel))
	if err != nil {
		return image
	}
	defer z.Close()
	kernel, err := z.DecodeAll(image[begin:end-sizeAfter], nil)
	if err != nil || !startsByPVH(kernel) {
		return image
	}
	return kernel
}

// startsByPVH reports whether a kernel has the note with its entry point for that
// (XEN_ELFNOTE_PHYS32_ENTRY in xen/interface/elfnote.h).
func startsByPVH(kernel []byte) bool {
	const entryNote = 18
	f, err := elf.NewFile(bytes.NewReader(kernel))
	if err != nil || f.Class != elf.ELFCLASS64 {
		return false
	}
	want := append(binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, 8), entryNote), "Xen\x00"...)
	for _, p := range f.Progs {
		if p.Type != elf.PT_NOTE || p.Filesz > uint64(len(kernel)) {
			continue
		}
		notes := make([]byte, p.Filesz)
		if _, err := p.ReadAt(notes, 0); err == nil && bytes.Contains(notes, append([]byte{4, 0, 0, 0}, want...)) {
			return true
		}
	}
	return false
}
