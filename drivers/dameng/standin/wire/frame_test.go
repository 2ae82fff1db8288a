package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"reflect"
	"runtime"
	"testing"

	"github.com/xcmatrix/xcmatrix/drivers/dameng/standin/hexdump"
)

const nothing = "00000000 00000000"

// golden are frames written by hand from the description. CRCs were calculated with another program (zlib).
var golden = []struct {
	name     string
	checksum Checksum
	bytes    string
	want     Message
}{
	{"startup without encryption", XOR, `
		00000000                // 0: no handle
		c800                    // 4: command 200
		0e000000                // 6: the body has 14 bytes
		00000000 00000000       // 10: no result code; 14: unknown
		00 c6                   // 18: not compressed; 19: c8 XOR 0e
		00000000 00000000       // 20: nothing; 24: no compression
		0000 00 00 00 00        // 28, 29: no encryption; 30: no bdta; 31: compress id; 32: no certificate
		01 0800                 // 34: always 1; 35: version 8 of the messages
		000000 ` + nothing + nothing + nothing + ` // to 63
		09000000 382e312e342e323030 // the driver's version: 8.1.4.200
		00                      // byte 0`,
		Message{Command: Startup, Fixed: fixed(34, 1, 35, 8), Body: []byte("\x09\x00\x00\x008.1.4.200\x00")}},
	{"commit under CRC", CRC, `
		00000000 0800 04000000  // 0: no handle; 4: command 8; 6: the length is that of the CRC alone
		00000000 00000000 00 00 // 10: no code; 18: not compressed; 19: unused under CRC
		00000000` + nothing + nothing + nothing + nothing + nothing + `
		0630c965                // CRC-32 of the header`,
		Message{Command: Commit, Body: []byte{}}},
	{"direct execution under CRC", CRC, `
		07000000 0500 0d000000  // 0: handle 7; 4: command 5; 6: nine bytes of text and four of CRC
		00000000 00000000 00 00
		01 01 0000              // 20: autocommit; 21: at once
		` + nothing + nothing + nothing + nothing + nothing + `
		53454c454354203100      // SELECT 1, and NUL
		2ec834ea                // CRC-32 of header and body`,
		Message{Handle: 7, Command: Prepare, Fixed: fixed(20, 1, 21, 1), Body: []byte("SELECT 1\x00")}},
	{"error reply", XOR, `
		07000000 0500 18000000  // 6: the body has 24 bytes
		c6f7ffff 00000000       // 10: code -2106
		00 2b                   // 19: XOR of all before
		00000000` + nothing + nothing + nothing + nothing + nothing + `
		00000000 00000000 00000000 // three texts that are passed over
		08000000 6e6f207461626c65  // no table`,
		Message{Handle: 7, Command: Prepare, Code: -2106, Body: append(append(make([]byte, 12), 8, 0, 0, 0), "no table"...)}},
}

// fixed sets bytes of the header by their offset.
func fixed(at ...byte) (f [44]byte) {
	for i := 0; i < len(at); i += 2 {
		f[at[i]-20] = at[i+1]
	}
	return f
}

func TestGoldenFrames(t *testing.T) {
	for _, g := range golden {
		raw := hexdump.Bytes(t, g.bytes)
		got, err := Read(bytes.NewReader(raw), g.checksum)
		if err != nil {
			t.Errorf("%s: %v", g.name, err)
			continue
		}
		if !reflect.DeepEqual(*got, g.want) {
			t.Errorf("%s: read %+v, want %+v", g.name, *got, g.want)
		}
		if out := g.want.Bytes(g.checksum); !bytes.Equal(out, raw) {
			t.Errorf("%s: written\n%x, want\n%x", g.name, out, raw)
		}
	}
}

// Any byte that is changed on the way is noticed under CRC; under XOR any of the header's first 19.
func TestChecksums(t *testing.T) {
	for _, g := range golden {
		raw := hexdump.Bytes(t, g.bytes)
		guarded := len(raw)
		if g.checksum == XOR {
			guarded = atXOR + 1
		}
		for i := range guarded {
			bad := bytes.Clone(raw)
			bad[i] ^= 0x10
			_, err := Read(bytes.NewReader(bad), g.checksum)
			if !errors.Is(err, ErrChecksum) && !errors.Is(err, ErrLength) && !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%s: byte %d changed: %v", g.name, i, err)
			}
		}
	}
}

// A header that announces much takes no memory before it arrives.
func TestHostileLengths(t *testing.T) {
	for _, c := range []struct {
		length int32
		want   error
	}{{-1, ErrLength}, {1<<31 - 1, ErrLength}, {MaxBody + 1, ErrLength}, {MaxBody, io.ErrUnexpectedEOF}, {3, ErrLength}} {
		header := make([]byte, HeaderSize)
		binary.LittleEndian.PutUint32(header[atLength:], uint32(c.length))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Read(bytes.NewReader(header), CRC)
		runtime.ReadMemStats(&after)
		if !errors.Is(err, c.want) {
			t.Errorf("length %d: %v, want %v", c.length, err, c.want)
		}
		if took := after.TotalAlloc - before.TotalAlloc; took > 4*chunk {
			t.Errorf("length %d: %d bytes of memory for a header", c.length, took)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, g := range golden {
		f.Add(hexdump.Bytes(f, g.bytes), bool(g.checksum))
	}
	f.Fuzz(func(t *testing.T, raw []byte, crc bool) {
		m, err := Read(bytes.NewReader(raw), Checksum(crc))
		if err != nil {
			return
		}
		again, err := Read(bytes.NewReader(m.Bytes(Checksum(crc))), Checksum(crc))
		if err != nil || !reflect.DeepEqual(again, m) {
			t.Fatalf("%+v is written and read as %+v, %v", m, again, err)
		}
		r := NewReader(m.Body)
		r.Column()
		r.Binds(int(m.Int16(20)))
		r.Cell()
		r.Text()
		ReadLobRequest(m.Body)
		ReadLobCell(m.Body)
		ReadLobPart(m.Body)
	})
}
