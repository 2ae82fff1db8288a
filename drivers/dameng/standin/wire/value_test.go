package wire

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"reflect"
	"testing"
)

// TestGoldenValues holds values whose bytes were worked out by hand from the description.
func TestGoldenValues(t *testing.T) {
	for _, g := range []struct {
		typ   Type
		value any
		bytes string
	}{
		{TinyInt, int64(-1), "ff"}, {SmallInt, int64(258), "0201"}, {Int, int64(-2), "feffffff"},
		{BigInt, int64(math.MinInt64), "0000000000000080"}, {Bit, int64(1), "01"}, {Boolean, true, "01"},
		{Double, 1.0, "000000000000f03f"}, {Double, math.Copysign(0, -1), "0000000000000080"}, {Real, float32(-2), "000000c0"},
		// An exponent to the base 100 on c1, digits and one: 1 23 . 45
		{Number, Digits("123.45"), "c202182e"}, {Number, Digits("0"), "80"},
		// 50 hundredths: the exponent is -1.
		{Number, Digits("0.5"), "c033"},
		// Negative: 3e less the exponent, 101 less the digits, 66 behind them.
		{Number, Digits("-5"), "3e6066"}, {Number, Digits("-0.01"), "3f6466"},
		{Varchar, "hi", "6869"}, {Blob, []byte{0, 255}, "00ff"},
		// 15 bits of year, 4 of month, 5 of day, from the lowest bit up: 2024 | 3<<15 | 1<<19
		{Date, Moment{Year: 2024, Month: 3, Day: 1}, "e88709"},
		{Date, Moment{Year: -4712, Month: 1, Day: 1}, "98ed08"},
		// 5 bits of hour, 6 of minute, 6 of second, 20 of µs
		{Time, Moment{Hour: 12, Minute: 34, Second: 56, Nanoseconds: 999999000}, "4cc47f841e"},
		{DateTime, Moment{Year: 2024, Month: 3, Day: 1, Minute: 30, Nanoseconds: 123456000}, "e88709c00380c403"},
		{DateTimeTZ, Moment{Year: 2024, Month: 3, Day: 1, Minute: 30, Nanoseconds: 123456000, Zone: 480}, "e88709c00380c403 e001"},
		// the same with 30 bits of ns
		{DateTime2, Moment{Year: 2024, Month: 12, Day: 31, Hour: 23, Minute: 59, Second: 58, Nanoseconds: 123456789}, "e807fe77d72b9ab70e"},
		{DateTimeTZ, Moment{Year: 1, Month: 1, Day: 1, Zone: -300}, "0180080000000000 d4fe"},
	} {
		want, err := hex.DecodeString(string(bytes.ReplaceAll([]byte(g.bytes), []byte(" "), nil)))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := Encode(g.typ, g.value); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%v of type %d is written as %x, want %x; %v", g.value, g.typ, got, want, err)
		}
		if got, err := Decode(g.typ, want); err != nil || !reflect.DeepEqual(got, g.value) {
			t.Errorf("%x of type %d is read as %v, want %v; %v", want, g.typ, got, g.value, err)
		}
	}
}

func TestRoundTrips(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 5000 {
		for _, typ := range []Type{TinyInt, SmallInt, Int, BigInt} {
			shift := 64 - 8*widths[typ]
			value := int64(random.Uint64()) << shift >> shift
			trip(t, typ, value)
		}
		trip(t, Double, math.Float64frombits(random.Uint64()&^(1<<62))) // no NaN, which equals nothing
		trip(t, Number, Digits(randomDecimal(random)))
		m := Moment{Year: random.IntN(14711) - 4712, Month: 1 + random.IntN(12), Day: 1 + random.IntN(31), Hour: random.IntN(24),
			Minute: random.IntN(60), Second: random.IntN(60), Nanoseconds: random.IntN(1e9)}
		trip(t, DateTime2, m)
		m.Zone = random.IntN(1620) - 780
		trip(t, DateTime2TZ, m)
		m.Nanoseconds -= m.Nanoseconds % 1000
		trip(t, DateTimeTZ, m)
	}
}

func trip(t *testing.T, typ Type, value any) {
	t.Helper()
	raw, err := Encode(typ, value)
	if err != nil {
		t.Fatalf("%v of type %d: %v", value, typ, err)
	}
	if got, err := Decode(typ, raw); err != nil || got != value {
		t.Fatalf("%v of type %d came back as %v, %v (%x)", value, typ, got, err, raw)
	}
}

// randomDecimal is one of at most 38 digits, 20 of them behind the point, without a zero that says nothing.
func randomDecimal(random *rand.Rand) string {
	n := new(big.Int)
	for range random.IntN(38) {
		n.Add(n.Mul(n, big.NewInt(10)), big.NewInt(random.Int64N(10)))
	}
	scale := random.IntN(20)
	text := new(big.Rat).SetFrac(n, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)).FloatString(scale)
	digits, err := EncodeDecimal(text)
	if err != nil {
		panic(fmt.Sprint(text, err))
	}
	out, _ := DecodeDecimal(digits)
	a, _ := new(big.Rat).SetString(text)
	if b, ok := new(big.Rat).SetString(out); !ok || a.Cmp(b) != 0 {
		panic(text + " became " + out)
	}
	if n.Sign() > 0 && random.IntN(2) == 0 {
		out = "-" + out
	}
	return out
}

func TestWrongValues(t *testing.T) {
	for typ, values := range map[Type][]any{
		TinyInt: {int64(128)}, Int: {int64(math.MaxInt32) + 1}, Date: {struct{}{}, int64(1)},
		Number: {Digits("1e5"), Digits("x"), Digits("1/2"), Digits(""), Digits("12345678901234567890123456789012345678901")},
	} {
		for _, v := range values {
			if raw, err := Encode(typ, v); err == nil {
				t.Errorf("%v of type %d is written as %x", v, typ, raw)
			}
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(int32(Number), []byte{0xc2, 2, 0x18, 0x2e})
	f.Add(int32(DateTime), []byte("12345678"))
	f.Add(int32(Double), []byte("12345678"))
	f.Fuzz(func(t *testing.T, typ int32, raw []byte) {
		value, err := Decode(Type(typ), raw)
		if err != nil {
			return
		}
		again, err := Encode(Type(typ), value)
		if err != nil {
			t.Fatalf("%x of type %d is read as %v, which cannot be written: %v", raw, typ, value, err)
		}
		if back, err := Decode(Type(typ), again); err != nil || fmt.Sprint(back) != fmt.Sprint(value) {
			t.Fatalf("%v came back as %v, %v", value, back, err)
		}
	})
}

func TestCells(t *testing.T) {
	var w Writer
	values := [][]byte{nil, {}, []byte("hi"), bytes.Repeat([]byte{7}, cellLocator-1), bytes.Repeat([]byte{7}, cellLocator)}
	for _, v := range values {
		w.Cell(v)
	}
	if got := w.Body()[:8]; !bytes.Equal(got, []byte{0xfe, 0xff, 0, 0, 2, 0, 'h', 'i'}) {
		t.Errorf("NULL, nothing and hi are written as %x", got)
	}
	r := NewReader(w.Body())
	for i, v := range values {
		if got := r.Cell(); !bytes.Equal(got, v) || (got == nil) != (v == nil) {
			t.Errorf("value %d came back with %d bytes, nil: %v", i, len(got), got == nil)
		}
	}
	if r.Err() != nil || r.Len() != 0 {
		t.Errorf("%v, %d bytes left", r.Err(), r.Len())
	}
	if r := NewReader([]byte{0xfb, 0xff}); r.Cell() != nil || r.Err() != ErrLocator {
		t.Errorf("a locator: %v", r.Err())
	}
}

func TestLobCells(t *testing.T) {
	l := Locator{ID: 5, TableID: 6, Column: 7, Row: 8}
	short := LobCell(l, []byte("hi"))
	// 1 in the row, 8 id, 4 length, 2 group, 2 file, 4 page, 4 table, 2 column, 8 row, 2, 2, 4: 43 bytes before the data
	want := "01 0500000000000000 02000000 0000 0000 00000000 06000000 0700 0800000000000000 0000 0000 00000000 6869"
	if got := hex.EncodeToString(short); got != string(bytes.ReplaceAll([]byte(want), []byte(" "), nil)) {
		t.Errorf("%s, want %s", got, want)
	}
	for _, n := range []int{0, 2, InRow, InRow + 1} {
		got, data, err := ReadLobCell(LobCell(l, make([]byte, n)))
		if err != nil || got.ID != 5 || int(got.Length) != n || (data == nil) != (n > InRow) || n <= InRow && len(data) != n {
			t.Errorf("%d bytes: %+v, %d bytes in the row, %v", n, got, len(data), err)
		}
	}
}
