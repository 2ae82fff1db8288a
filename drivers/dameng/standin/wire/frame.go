// Package wire is how DM8 and its clients put messages, values and large objects into bytes. It was written from a
// description of what goes over the wire, not from a driver's or a server's source. All integers are little-endian.
package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

const (
	// HeaderSize of every message, in bytes.
	HeaderSize = 64
	// MaxBody bounds what a message may announce, in bytes. The protocol's own bound is 0x20000000; nobody who talks
	// to a stand-in sends a hundredth of it.
	MaxBody = 8 << 20

	crcSize = 4
	// chunk is how much of a body is taken at a time: memory grows with what arrives, not with what is announced.
	chunk = 64 << 10
)

// Command says what a message asks for.
type Command uint16

const (
	Login         Command = 1
	Allocate      Command = 3 // a statement handle
	Free          Command = 4
	Prepare       Command = 5 // or execute at once
	ExecuteOld    Command = 6 // as Execute, from clients of old servers
	Fetch         Command = 7
	Commit        Command = 8
	Rollback      Command = 9
	Execute       Command = 13 // with values
	PutPiece      Command = 14 // one piece of a large value, before Execute
	LobLength     Command = 29
	LobRead       Command = 32
	SetIsolation  Command = 52
	DescribeBinds Command = 90 // says the types of the values before their pieces come
	Startup       Command = 200
)

// Message is a header with its body.
type Message struct {
	Handle  int32 // of the statement; 0 for none
	Command Command
	Code    int32 // in replies: < 0 error, 0 good, > 0 warning
	Packed  bool  // the body is compressed
	Fixed   [44]byte
	Body    []byte
}

// Offsets of the header's fields. What a command has of its own begins at 20: Fixed.
const (
	atHandle  = 0
	atCommand = 4
	atLength  = 6
	atCode    = 10
	atPacked  = 18
	atXOR     = 19
	atFixed   = 20
)

// Checks is how a message is guarded.
type Checks bool

const (
	XOR Checks = false // one byte over the header's first 19
	CRC Checks = true  // CRC-32 (IEEE 802.3) over header and body, behind the body
)

var (
	// ErrChecksum says that a message does not have the checksum that it says it has.
	ErrChecksum = errors.New("checksum of a message is wrong")
	// ErrLength says that a message announces a body that nobody means.
	ErrLength = errors.New("length of a message is wrong")
)

// Read reads one message. It never holds more memory than has arrived, and one chunk.
func Read(r io.Reader, checks Checks) (*Message, error) {
	var header [HeaderSize]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return nil, err
	}
	m := &Message{
		Handle:  int32(binary.LittleEndian.Uint32(header[atHandle:])),
		Command: Command(binary.LittleEndian.Uint16(header[atCommand:])),
		Code:    int32(binary.LittleEndian.Uint32(header[atCode:])),
		Packed:  header[atPacked] != 0,
		Fixed:   [44]byte(header[atFixed:]),
	}
	if checks == XOR && header[atXOR] != xor(header[:atXOR]) {
		return nil, ErrChecksum
	}
	length := int32(binary.LittleEndian.Uint32(header[atLength:]))
	if length < 0 || length > MaxBody || checks == CRC && length < crcSize {
		return nil, fmt.Errorf("%w: %d bytes", ErrLength, length)
	}
	body, err := readBody(r, int(length))
	if err != nil {
		return nil, err
	}
	if checks == CRC {
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

// readBody takes a body in chunks.
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

// Bytes returns the message as it goes over the wire.
func (m *Message) Bytes(checks Checks) []byte {
	length := len(m.Body)
	if checks == CRC {
		length += crcSize
	}
	out := make([]byte, HeaderSize, HeaderSize+length)
	binary.LittleEndian.PutUint32(out[atHandle:], uint32(m.Handle))
	binary.LittleEndian.PutUint16(out[atCommand:], uint16(m.Command))
	binary.LittleEndian.PutUint32(out[atLength:], uint32(length))
	binary.LittleEndian.PutUint32(out[atCode:], uint32(m.Code))
	if m.Packed {
		out[atPacked] = 1
	}
	copy(out[atFixed:], m.Fixed[:])
	if checks == XOR {
		out[atXOR] = xor(out[:atXOR])
	}
	out = append(out, m.Body...)
	if checks == CRC {
		out = binary.LittleEndian.AppendUint32(out, crc32.ChecksumIEEE(out))
	}
	return out
}

func xor(b []byte) (sum byte) {
	for _, c := range b {
		sum ^= c
	}
	return sum
}

// The fields of Fixed are named by their offset in the whole header, as the description has them.

// SetInt16 puts a field of two bytes.
func (m *Message) SetInt16(at int, v int16) {
	binary.LittleEndian.PutUint16(m.Fixed[at-atFixed:], uint16(v))
}

// SetInt32 puts a field of four bytes.
func (m *Message) SetInt32(at int, v int32) {
	binary.LittleEndian.PutUint32(m.Fixed[at-atFixed:], uint32(v))
}

// SetInt64 puts a field of eight bytes.
func (m *Message) SetInt64(at int, v int64) {
	binary.LittleEndian.PutUint64(m.Fixed[at-atFixed:], uint64(v))
}

// SetByte puts a field of one byte.
func (m *Message) SetByte(at int, v byte) { m.Fixed[at-atFixed] = v }

// Int16 returns a field of two bytes.
func (m *Message) Int16(at int) int16 { return int16(binary.LittleEndian.Uint16(m.Fixed[at-atFixed:])) }

// Int32 returns a field of four bytes.
func (m *Message) Int32(at int) int32 { return int32(binary.LittleEndian.Uint32(m.Fixed[at-atFixed:])) }

// Int64 returns a field of eight bytes.
func (m *Message) Int64(at int) int64 { return int64(binary.LittleEndian.Uint64(m.Fixed[at-atFixed:])) }

// Byte returns a field of one byte.
func (m *Message) Byte(at int) byte { return m.Fixed[at-atFixed] }
