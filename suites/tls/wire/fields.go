package wire

import "encoding/binary"

// Fields reads a message's body from its beginning. After a field that is not there whole it is broken, and gives zeros.
type Fields struct {
	rest   []byte
	broken bool
}

// Read returns the fields of a body.
func Read(body []byte) *Fields { return &Fields{rest: body} }

// Bytes returns the next n bytes.
func (f *Fields) Bytes(n int) []byte {
	if f.broken || n < 0 || n > len(f.rest) {
		f.broken = true
		return make([]byte, max(0, min(n, 64)))
	}
	b := f.rest[:n]
	f.rest = f.rest[n:]
	return b
}

// Uint8 returns the next byte.
func (f *Fields) Uint8() uint8 { return f.Bytes(1)[0] }

// Uint16 returns the next two bytes, big-endian.
func (f *Fields) Uint16() uint16 { return binary.BigEndian.Uint16(f.Bytes(2)) }

// Vector8, Vector16 and Vector24 return a vector whose length stands before it in one, two or three bytes.
func (f *Fields) Vector8() []byte  { return f.vector(int(f.Uint8())) }
func (f *Fields) Vector16() []byte { return f.vector(int(f.Uint16())) }

// Vector24 is a vector with a length of three bytes.
func (f *Fields) Vector24() []byte {
	b := f.Bytes(3)
	return f.vector(int(b[0])<<16 | int(b[1])<<8 | int(b[2]))
}

func (f *Fields) vector(n int) []byte {
	if f.broken || n > len(f.rest) {
		f.broken = true
		return nil
	}
	return f.Bytes(n)
}

// More reports whether there is a next field.
func (f *Fields) More() bool { return !f.broken && len(f.rest) > 0 }

// Vector8 returns bytes with their length before them in one byte.
func Vector8(b []byte) []byte { return append([]byte{byte(len(b))}, b...) }

// Vector16 returns bytes with their length before them in two bytes.
func Vector16(b []byte) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(b))), b...)
}

// Vector24 returns bytes with their length before them in three bytes.
func Vector24(b []byte) []byte {
	n := len(b)
	return append([]byte{byte(n >> 16), byte(n >> 8), byte(n)}, b...)
}

// Uint16s returns numbers in two bytes each, big-endian.
func Uint16s[T ~uint16](numbers ...T) []byte {
	var b []byte
	for _, n := range numbers {
		b = binary.BigEndian.AppendUint16(b, uint16(n))
	}
	return b
}

// ParseUint16s returns the numbers of a vector, and whether its length is even.
func ParseUint16s[T ~uint16](b []byte) (numbers []T, ok bool) {
	for i := 0; i+1 < len(b); i += 2 {
		numbers = append(numbers, T(binary.BigEndian.Uint16(b[i:])))
	}
	return numbers, len(b)%2 == 0
}
