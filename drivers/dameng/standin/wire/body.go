package wire

import (
	"encoding/binary"
	"errors"
)

// ErrShort says that a body ends before what it announces.
var ErrShort = errors.New("body ends too early")

// Reader takes a body apart. After the first thing that is not there everything is zero, and Err says so.
type Reader struct {
	rest []byte
	err  error
}

// NewReader reads a body from its beginning.
func NewReader(body []byte) *Reader { return &Reader{rest: body} }

// Err is nil as long as everything was there.
func (r *Reader) Err() error { return r.err }

// Len returns how many bytes are left.
func (r *Reader) Len() int { return len(r.rest) }

// Bytes takes n bytes; they stay part of the body.
func (r *Reader) Bytes(n int) []byte {
	if r.err != nil || n < 0 || n > len(r.rest) {
		r.err, r.rest = ErrShort, nil
		return nil
	}
	b := r.rest[:n:n]
	r.rest = r.rest[n:]
	return b
}

// Byte takes one.
func (r *Reader) Byte() byte {
	if b := r.Bytes(1); b != nil {
		return b[0]
	}
	return 0
}

// Int16 takes two bytes.
func (r *Reader) Int16() int16 {
	if b := r.Bytes(2); b != nil {
		return int16(binary.LittleEndian.Uint16(b))
	}
	return 0
}

// Int32 takes four bytes.
func (r *Reader) Int32() int32 {
	if b := r.Bytes(4); b != nil {
		return int32(binary.LittleEndian.Uint32(b))
	}
	return 0
}

// Int64 takes eight bytes.
func (r *Reader) Int64() int64 {
	if b := r.Bytes(8); b != nil {
		return int64(binary.LittleEndian.Uint64(b))
	}
	return 0
}

// Text takes a text with its length in four bytes before it.
func (r *Reader) Text() string { return string(r.Bytes(int(r.Int32()))) }

// Writer puts a body together.
type Writer struct{ b []byte }

// Body returns what was written.
func (w *Writer) Body() []byte { return w.b }

// Byte puts one.
func (w *Writer) Byte(v byte) { w.b = append(w.b, v) }

// Bytes puts bytes as they are.
func (w *Writer) Bytes(v []byte) { w.b = append(w.b, v...) }

// Int16 puts two bytes.
func (w *Writer) Int16(v int16) { w.b = binary.LittleEndian.AppendUint16(w.b, uint16(v)) }

// Int32 puts four bytes.
func (w *Writer) Int32(v int32) { w.b = binary.LittleEndian.AppendUint32(w.b, uint32(v)) }

// Int64 puts eight bytes.
func (w *Writer) Int64(v int64) { w.b = binary.LittleEndian.AppendUint64(w.b, uint64(v)) }

// Text puts a text with its length in four bytes before it.
func (w *Writer) Text(s string) {
	w.Int32(int32(len(s)))
	w.b = append(w.b, s...)
}

// The lengths before a cell that are no lengths.
const (
	cellNull    = 0xFFFE
	cellLong    = 0xFFFF // the length follows in four bytes
	cellLocator = 0xFFFB // a large object that lies at the server
)

// ErrLocator says that a value is a reference to a large object.
var ErrLocator = errors.New("a value is given as the locator of a large object")

// Cell puts one value of a row; nil is NULL.
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

// Cell takes one value of a row; nil is NULL, and never what is empty.
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
