package vm

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

// maxKernel bounds an unpacked kernel in bytes.
const maxKernel = 256 << 20

// unpackZboot returns the kernel inside an EFI zboot image, and any other image unchanged. QEMU cannot unpack such an image if
// it is compressed with zstd. The header is MZ, "zimg", and the payload's offset and size; the name of the compression is at
// offset 24 (drivers/firmware/efi/libstub/zboot-header.S in the kernel's source). It returns an error if the image is
// truncated, has another compression, or is larger than maxKernel.
func unpackZboot(image []byte) ([]byte, error) {
	if len(image) < 64 || !bytes.HasPrefix(image, []byte("MZ")) || !bytes.Equal(image[4:8], []byte("zimg")) {
		return image, nil
	}
	offset, size := uint64(binary.LittleEndian.Uint32(image[8:])), uint64(binary.LittleEndian.Uint32(image[12:]))
	if offset+size > uint64(len(image)) {
		return nil, fmt.Errorf("EFI zboot image is cut short: %d bytes at %d of %d", size, offset, len(image))
	}
	payload := bytes.NewReader(image[offset : offset+size])
	name, _, _ := bytes.Cut(image[24:56], []byte{0})
	var unpacked io.Reader
	switch string(name) {
	case "zstd":
		z, err := zstd.NewReader(payload, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxKernel))
		if err != nil {
			return nil, err
		}
		defer z.Close()
		unpacked = z
	case "gzip":
		z, err := gzip.NewReader(payload)
		if err != nil {
			return nil, err
		}
		unpacked = z
	default:
		return nil, fmt.Errorf("EFI zboot image is compressed with %q: zstd and gzip are known", name)
	}
	kernel, err := io.ReadAll(io.LimitReader(unpacked, maxKernel+1))
	if err != nil {
		return nil, fmt.Errorf("EFI zboot image: %w", err)
	}
	if len(kernel) > maxKernel {
		return nil, fmt.Errorf("EFI zboot image holds more than %d bytes", maxKernel)
	}
	return kernel, nil
}
