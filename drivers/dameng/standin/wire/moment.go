package wire

import "math/big"

// Moment is a date, a time or both. No conversion between zones is made.
type Moment struct {
	Year                                          int // astronomical; -4712 to 9999 in DM8, 15 bits on the wire
	Month, Day, Hour, Minute, Second, Nanoseconds int
	Zone                                          int // minutes east of Greenwich, for types with a zone
}

// layout is the layout of a type: fields from the lowest bit up, and then the zone in two bytes.
type layout struct {
	date, time bool
	fraction   int // bits: 20 for µs, 30 for ns
	zone       bool
}

var layouts = map[Type]layout{
	Date:        {date: true},
	Time:        {time: true, fraction: 20},
	TimeTZ:      {time: true, fraction: 20, zone: true},
	DateTime:    {date: true, time: true, fraction: 20},
	DateTimeTZ:  {date: true, time: true, fraction: 20, zone: true},
	DateTime2:   {date: true, time: true, fraction: 30},
	DateTime2TZ: {date: true, time: true, fraction: 30, zone: true},
}

// size returns the size in bytes without the zone.
func (l layout) size() int {
	bits := l.fraction
	if l.date {
		bits += 15 + 4 + 5
	}
	if l.time {
		bits += 5 + 6 + 6
	}
	return (bits + 7) / 8
}

// field is a bit field and its value.
type field struct {
	bits  int
	value *int
}

// fields returns the bit fields of the layout, with pointers to the values of a moment.
func (l layout) fields(m *Moment, fraction *int) []field {
	var f []field
	if l.date {
		f = append(f, field{15, &m.Year}, field{4, &m.Month}, field{5, &m.Day})
	}
	if l.time {
		f = append(f, field{5, &m.Hour}, field{6, &m.Minute}, field{6, &m.Second}, field{l.fraction, fraction})
	}
	return f
}

// unit returns the unit of the fraction in nanoseconds.
func (l layout) unit() int {
	if l.fraction == 30 {
		return 1
	}
	return 1000
}

// EncodeMoment encodes a moment. Digits of the fraction that the type does not have are dropped.
func EncodeMoment(t Type, m Moment) ([]byte, error) {
	l, ok := layouts[t]
	if !ok {
		return nil, ErrValue
	}
	fraction := m.Nanoseconds / l.unit()
	packed, shift := new(big.Int), uint(0)
	for _, f := range l.fields(&m, &fraction) {
		part := big.NewInt(int64(*f.value & (1<<f.bits - 1)))
		packed.Or(packed, part.Lsh(part, shift))
		shift += uint(f.bits)
	}
	out := packed.FillBytes(make([]byte, l.size()))
	reverse(out)
	if l.zone {
		out = append(out, byte(m.Zone), byte(m.Zone>>8))
	}
	return out, nil
}

// DecodeMoment decodes a moment. It accepts dates that do not exist, so that tests see what a client has sent.
func DecodeMoment(t Type, b []byte) (Moment, error) {
	var m Moment
	l, ok := layouts[t]
	size := l.size()
	if !ok || len(b) < size || l.zone && len(b) < size+2 {
		return m, ErrValue
	}
	bytes := append([]byte(nil), b[:size]...)
	reverse(bytes)
	packed, fraction := new(big.Int).SetBytes(bytes), 0
	for _, f := range l.fields(&m, &fraction) {
		mask := big.NewInt(1<<f.bits - 1)
		*f.value = int(mask.And(mask, packed).Int64())
		packed.Rsh(packed, uint(f.bits))
	}
	if m.Year >= 1<<14 { // two's complement in 15 bits
		m.Year -= 1 << 15
	}
	m.Nanoseconds = fraction * l.unit()
	if l.zone {
		m.Zone = int(int16(uint16(b[size]) | uint16(b[size+1])<<8))
	}
	return m, nil
}

// reverse reverses bytes in place.
func reverse(b []byte) {
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
}
