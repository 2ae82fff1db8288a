// Package wire encodes and decodes the messages, values and large objects of DM8's protocol. It was written from a description of
// the protocol, not from the source of a driver or server. All integers are little-endian.
package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

const (
	// HeaderSize is the size of a message's header in bytes.
	HeaderSize = 64
	// MaxBody is the largest accepted body in bytes. The protocol allows 0x20000000; clients of a stand-in send less than a
	// hundredth of that.
	MaxBody = 8 << 20

	crcSize = 4
	// chunk is the number of bytes that are allocated at a time: memory grows with the received bytes, not with the length field.
	chunk = 64 << 10
)

// Command is the command of a message.
type Command uint16

const (
	Login         Command = 1
	Allocate      Command = 3 // a statement handle
	Free          Command = 4
	Prepare       Command = 5 // or execute directly
	ExecuteOld    Command = 6 // Execute of clients for old servers
	Fetch         Command = 7
	Commit        Command = 8
	Rollback      Command = 9
	Execute       Command = 13 // with values
	PutPiece      Command = 14 // one piece of a large value, before Execute
	LobLength     Command = 29
	LobRead       Command = 32
	SetIsolation  Command = 52
	DescribeBinds Command = 90 // the types of values, before their pieces
	Startup       Command = 200
)

// Message is a header and its body.
type Message struct {
	Handle     int32 // statement handle; 0 for none
	Command    Command
	Code       int32 // in replies: < 0 error, 0 success, > 0 warning
	Compressed bool  // the body is compressed
	Fixed      [44]byte
	Body       []byte
}

// Offsets of the header's fields. The fields of a command are in Fixed, from offset 20.
const (
	atHandle     = 0
	atCommand    = 4
	atLength     = 6
	atCode       = 10
	atCompressed = 18
	atXOR        = 19
	atFixed      = 20
)

// Checksum is the kind of checksum of messages.
type Checksum bool

const (
	XOR Checksum = false // one byte: XOR of the header's first 19 bytes
	CRC Checksum = true  // CRC-32 (IEEE 802.3) of header and body, after the body
)

var (
	// ErrChecksum is the error for a message with a wrong checksum.
	ErrChecksum = errors.New("checksum of a message is wrong")
	// ErrLength is the error for a message with an impossible length.
	ErrLength = errors.New("length of a message is wrong")
)

// Read reads a message. It uses no more memory than the received bytes and one chunk. It returns ErrChecksum, ErrLength or the error of
// r.
func Read(r io.Reader, checksum Checksum) (*Message, error) {
	var header [HeaderSize]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return nil, err
	}
	m := &Message{
		Handle:     int32(binary.LittleEndian.Uint32(header[atHandle:])),
		Command:    Command(binary.LittleEndian.Uint16(header[atCommand:])),
		Code:       int32(binary.LittleEndian.Uint32(header[atCode:])),
		Compressed: header[atCompressed] != 0,
		Fixed:      [44]byte(header[atFixed:]),
	}
	if checksum == XOR && header[atXOR] != xor(header[:atXOR]) {
		return nil, ErrChecksum
	}
	length := int32(binary.LittleEndian.Uint32(header[atLength:]))
	if length < 0 || length > MaxBody || checksum == CRC && length < crcSize {
		return nil, fmt.Errorf("%w: %d bytes", ErrLength, length)
	}
	body, err := readBody(r, int(length))
	if err != nil {
		return nil, err
	}
	if checksum == CRC {
		end := len(body) - crcSize
		sum := crc32.Update(crc32.ChecksumIEEE(header[:]), crc32.IEEETable, body[:end])
		if sum != binary.LittleEndian.Uint32(body[end:]) {
			return nil, ErrChecksum
		}
		body = body[:end]
	}
	m.Body = body
	return m, nil
}

// readBody reads a body in chunks.
func readBody(r io.Reader, length int) ([]byte, error) {
	body := make([]byte, 0, min(length, chunk))
	for len(body) < length {
		have := len(body)
		body = append(body, make([]byte, min(length-have, chunk))...)
		if _, err := io.ReadFull(r, body[have:]); err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
	}
	return body, nil
}

// Bytes returns the encoded message.
func (m *Message) Bytes(checksum Checksum) []byte {
	length := len(m.Body)
	if checksum == CRC {
		length += crcSize
	}
	out := make([]byte, HeaderSize, HeaderSize+length)
	binary.LittleEndian.PutUint32(out[atHandle:], uint32(m.Handle))
	binary.LittleEndian.PutUint16(out[atCommand:], uint16(m.Command))
	binary.LittleEndian.PutUint32(out[atLength:], uint32(length))
	binary.LittleEndian.PutUint32(out[atCode:], uint32(m.Code))
	if m.Compressed {
		out[atCompressed] = 1
	}
	copy(out[atFixed:], m.Fixed[:])
	if checksum == XOR {
		out[atXOR] = xor(out[:atXOR])
	}
	out = append(out, m.Body...)
	if checksum == CRC {
		out = binary.LittleEndian.AppendUint32(out, crc32.ChecksumIEEE(out))
	}
	return out
}

// xor returns the XOR of all bytes.
func xor(b []byte) (sum byte) {
	for _, c := range b {
		sum ^= c
	}
	return sum
}

// The methods below take the offset of a field in the whole header, as in the description of the protocol.

// SetInt16 sets a field of two bytes.
func (m *Message) SetInt16(at int, v int16) {
	binary.LittleEndian.PutUint16(m.Fixed[at-atFixed:], uint16(v))
}

// SetInt32 sets a field of four bytes.
func (m *Message) SetInt32(at int, v int32) {
	binary.LittleEndian.PutUint32(m.Fixed[at-atFixed:], uint32(v))
}

// SetInt64 sets a field of eight bytes.
func (m *Message) SetInt64(at int, v int64) {
	binary.LittleEndian.PutUint64(m.Fixed[at-atFixed:], uint64(v))
}

// SetByte sets a field of one byte.
func (m *Message) SetByte(at int, v byte) { m.Fixed[at-atFixed] = v }

// Int16 returns a field of two bytes.
func (m *Message) Int16(at int) int16 { return int16(binary.LittleEndian.Uint16(m.Fixed[at-atFixed:])) }

// Int32 returns a field of four bytes.
func (m *Message) Int32(at int) int32 { return int32(binary.LittleEndian.Uint32(m.Fixed[at-atFixed:])) }

// Int64 returns a field of eight bytes.
func (m *Message) Int64(at int) int64 { return int64(binary.LittleEndian.Uint64(m.Fixed[at-atFixed:])) }

// Byte returns a field of one byte.
func (m *Message) Byte(at int) byte { return m.Fixed[at-atFixed] }
