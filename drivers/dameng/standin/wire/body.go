package wire

import (
	"encoding/binary"
	"errors"
)

// ErrShort is the error for a body that ends too early.
var ErrShort = errors.New("body ends too early")

// Reader reads the fields of a body. After the end of the body all fields are zero, and Err returns ErrShort.
type Reader struct {
	rest []byte
	err  error
}

// NewReader returns a Reader for a body.
func NewReader(body []byte) *Reader { return &Reader{rest: body} }

// Err returns the first error; nil if all fields were complete.
func (r *Reader) Err() error { return r.err }

// Len returns the number of bytes that were not read yet.
func (r *Reader) Len() int { return len(r.rest) }

// Bytes reads n bytes. The result is a part of the body, not a copy.
func (r *Reader) Bytes(n int) []byte {
	if r.err != nil || n < 0 || n > len(r.rest) {
		r.err, r.rest = ErrShort, nil
		return nil
	}
	b := r.rest[:n:n]
	r.rest = r.rest[n:]
	return b
}

// Byte reads one byte.
func (r *Reader) Byte() byte {
	if b := r.Bytes(1); b != nil {
		return b[0]
	}
	return 0
}

// Int16 reads two bytes.
func (r *Reader) Int16() int16 {
	if b := r.Bytes(2); b != nil {
		return int16(binary.LittleEndian.Uint16(b))
	}
	return 0
}

// Int32 reads four bytes.
func (r *Reader) Int32() int32 {
	if b := r.Bytes(4); b != nil {
		return int32(binary.LittleEndian.Uint32(b))
	}
	return 0
}

// Int64 reads eight bytes.
func (r *Reader) Int64() int64 {
	if b := r.Bytes(8); b != nil {
		return int64(binary.LittleEndian.Uint64(b))
	}
	return 0
}

// Text reads a length of four bytes and a text.
func (r *Reader) Text() string { return string(r.Bytes(int(r.Int32()))) }

// Writer builds a body.
type Writer struct{ b []byte }

// Body returns the body so far.
func (w *Writer) Body() []byte { return w.b }

// Byte writes one byte.
func (w *Writer) Byte(v byte) { w.b = append(w.b, v) }

// Bytes writes bytes.
func (w *Writer) Bytes(v []byte) { w.b = append(w.b, v...) }

// Int16 writes two bytes.
func (w *Writer) Int16(v int16) { w.b = binary.LittleEndian.AppendUint16(w.b, uint16(v)) }

// Int32 writes four bytes.
func (w *Writer) Int32(v int32) { w.b = binary.LittleEndian.AppendUint32(w.b, uint32(v)) }

// Int64 writes eight bytes.
func (w *Writer) Int64(v int64) { w.b = binary.LittleEndian.AppendUint64(w.b, uint64(v)) }

// Text writes the length of a text in four bytes, and the text.
func (w *Writer) Text(s string) {
	w.Int32(int32(len(s)))
	w.b = append(w.b, s...)
}

// Values of the length field of a cell that are not lengths.
const (
	cellNull    = 0xFFFE
	cellLong    = 0xFFFF // the length follows in four bytes
	cellLocator = 0xFFFB // a large object that is stored at the server
)

// ErrLocator is the error for a value that refers to a large object.
var ErrLocator = errors.New("a value is given as the locator of a large object")

// Cell writes a value of a row; nil means NULL.
func (w *Writer) Cell(v []byte) {
	switch {
	case v == nil:
		w.b = binary.LittleEndian.AppendUint16(w.b, cellNull)
	case len(v) >= cellLocator:
		w.b = binary.LittleEndian.AppendUint16(w.b, cellLong)
		w.Int32(int32(len(v)))
	default:
		w.b = binary.LittleEndian.AppendUint16(w.b, uint16(len(v)))
	}
	w.b = append(w.b, v...)
}

// Cell reads a value of a row. It returns nil for NULL only, not for an empty value.
func (r *Reader) Cell() []byte {
	switch n := uint16(r.Int16()); n {
	case cellNull:
		return nil
	case cellLong:
		return r.Bytes(int(r.Int32()))
	case cellLocator:
		r.err = ErrLocator
		return nil
	default:
		return r.Bytes(int(n))
	}
}
