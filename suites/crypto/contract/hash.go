package contract

import (
	"encoding"
	"errors"
	"fmt"
	"hash"
	"sync"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// Hash makes a hash.Hash. Sum computes the same hash in one call.
type Hash struct {
	New func() hash.Hash
	Sum func([]byte) []byte
}

// HashClauses are the documented properties of hash.Hash.
var HashClauses = []Clause[Hash]{
	{"sum-appends", "Sum appends to its argument and returns the result", record.Medium, sumAppends},
	{"sum-keeps-state", "Sum does not change the state", record.Medium, sumKeepsState},
	{"sum-prefix-keeps-state", "Sum with an argument does not change the state", record.Medium, sumPrefixKeepsState},
	{"sum-in-place", "Sum uses the room of its argument and nothing behind it", record.Medium, sumInPlace},
	{"sum-repeats", "Sum gives the same value again", record.Medium, sumRepeats},
	{"reset", "Reset returns to the state of a new hash", record.High, reset},
	{"write-whole", "Write takes all bytes and returns no error", record.High, writeWhole},
	{"write-keeps-input", "Write neither changes nor keeps the caller's bytes", record.High, writeKeepsInput},
	{"write-nothing", "Write of nothing changes nothing", record.Medium, writeNothing},
	{"pieces", "the value does not depend on how a message is cut", record.Critical, pieces},
	{"sizes", "Size and BlockSize are SM3's", record.High, sizes},
	{"independent", "two hashes do not share state", record.Critical, independent},
	{"concurrent", "two hashes work at the same time", record.Critical, concurrentHashes},
	{"marshal", "where the state can be marshalled, it is restored", record.Medium, marshal},
}

func sumAppends(h Hash) error {
	d := h.New()
	d.Write([]byte("abc"))
	got := d.Sum([]byte("prefix"))
	return same("Sum(\"prefix\") after \"abc\"", got, append([]byte("prefix"), h.Sum([]byte("abc"))...))
}

func sumKeepsState(h Hash) error {
	d := h.New()
	d.Write([]byte("ab"))
	d.Sum(nil)
	d.Write([]byte("c"))
	return same("\"ab\", Sum, \"c\"", d.Sum(nil), h.Sum([]byte("abc")))
}

func sumPrefixKeepsState(h Hash) error {
	d := h.New()
	d.Write([]byte("ab"))
	d.Sum([]byte("prefix"))
	d.Write([]byte("c"))
	return same("\"ab\", Sum(\"prefix\"), \"c\"", d.Sum(nil), h.Sum([]byte("abc")))
}

func sumInPlace(h Hash) error {
	d := h.New()
	d.Write([]byte("abc"))
	g := newGuarded(make([]byte, 40))
	out := d.Sum(g.bytes()[:8:40])
	if err := g.intact(); err != nil {
		return err
	}
	if len(out) != 40 || &out[0] != &g.bytes()[0] {
		return fmt.Errorf("a slice of %d bytes elsewhere, though the argument had room", len(out))
	}
	return nil
}

func sumRepeats(h Hash) error {
	d := h.New()
	d.Write(pattern(100))
	first := d.Sum(nil)
	return same("the second Sum", d.Sum(nil), first)
}

func reset(h Hash) error {
	d := h.New()
	d.Write(pattern(1000))
	d.Sum(nil)
	d.Reset()
	if err := same("after Reset", d.Sum(nil), h.Sum(nil)); err != nil {
		return err
	}
	d.Write([]byte("abc"))
	return same("\"abc\" after Reset", d.Sum(nil), h.Sum([]byte("abc")))
}

func writeWhole(h Hash) error {
	for _, n := range []int{0, 1, 63, 64, 65, 1000} {
		if got, err := h.New().Write(pattern(n)); got != n || err != nil {
			return fmt.Errorf("a write of %d bytes returned %d, %v", n, got, err)
		}
	}
	return nil
}

func writeKeepsInput(h Hash) error {
	for _, n := range []int{1, 60, 64, 100, 1000} {
		g := newGuarded(pattern(n))
		d := h.New()
		d.Write(g.bytes())
		if err := same("the caller's bytes", g.bytes(), pattern(n)); err != nil {
			return err
		}
		if err := g.intact(); err != nil {
			return err
		}
		clear(g.bytes())
		if err := same("the value after the caller reused its memory", d.Sum(nil), h.Sum(pattern(n))); err != nil {
			return err
		}
	}
	return nil
}

func writeNothing(h Hash) error {
	d := h.New()
	d.Write(nil)
	d.Write([]byte("abc"))
	d.Write([]byte{})
	return same("\"abc\" among empty writes", d.Sum(nil), h.Sum([]byte("abc")))
}

func pieces(h Hash) error {
	msg := pattern(400)
	want := h.Sum(msg)
	for first := range 130 {
		for _, second := range []int{0, 1, 63, 64, 65} {
			d := h.New()
			d.Write(msg[:first])
			d.Write(msg[first : first+second])
			d.Write(msg[first+second:])
			if err := same(fmt.Sprintf("cut after %d and %d more", first, second), d.Sum(nil), want); err != nil {
				return err
			}
		}
	}
	return nil
}

func sizes(h Hash) error {
	if d := h.New(); d.Size() != 32 || d.BlockSize() != 64 {
		return fmt.Errorf("sizes %d and %d", d.Size(), d.BlockSize())
	}
	return nil
}

func independent(h Hash) error {
	a, b := h.New(), h.New()
	a.Write([]byte("a"))
	b.Write([]byte("x"))
	a.Write([]byte("bc"))
	if err := same("one of two", a.Sum(nil), h.Sum([]byte("abc"))); err != nil {
		return err
	}
	return same("the other", b.Sum(nil), h.Sum([]byte("x")))
}

func concurrentHashes(h Hash) error {
	defer parallel()()
	want := h.Sum(pattern(500))
	wrong := make([]error, 4)
	var all sync.WaitGroup
	for i := range wrong {
		all.Go(func() {
			for range 50 {
				d := h.New()
				d.Write(pattern(500))
				if err := same("one of four at a time", d.Sum(nil), want); err != nil {
					wrong[i] = err
				}
			}
		})
	}
	all.Wait()
	return errors.Join(wrong...)
}

func marshal(h Hash) error {
	d := h.New()
	m, can := d.(encoding.BinaryMarshaler)
	if !can {
		return ErrUnsupported
	}
	d.Write(pattern(100))
	state, err := m.MarshalBinary()
	if err != nil {
		return err
	}
	restored := h.New()
	if err := restored.(encoding.BinaryUnmarshaler).UnmarshalBinary(state); err != nil {
		return err
	}
	restored.Write([]byte("abc"))
	return same("a restored state", restored.Sum(nil), h.Sum(append(pattern(100), "abc"...)))
}

// ErrUnsupported means that a property is about something optional that the implementation does not have.
var ErrUnsupported = errors.New("not offered")
