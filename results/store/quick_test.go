package store

import (
	"math/rand/v2"
	"reflect"
	"testing"
	"time"
)

// What the short way of reading an entry takes, the long way reads as the same.
func TestQuickEntries(t *testing.T) {
	at := time.Date(2026, 11, 21, 8, 0, 0, 120, time.UTC)
	var bodies [][]byte
	cell := &Cell{Target: "loong64-vm", Item: "abi", Round: 1, Attempt: 12}
	for _, x := range []struct {
		cell *Cell
		from *Position
	}{{}, {cell: cell}, {cell, &Position{Session: 1, Entry: 57}}, {from: &Position{Session: 2, Entry: 3}}} {
		body, err := entryBody(42, at, x.cell, x.from, []byte(`{"v":1}`))
		if err != nil {
			t.Fatal(err)
		}
		bodies = append(bodies, body)
		before := body[:len(body)-len(`,"event":{"v":1}`)]
		if _, ok := (&quickEntries{}).entry(before, nil); !ok {
			t.Errorf("not taken: %s", before)
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	var q quickEntries // goes on from line to line, as in a journal
	for range 60000 {
		body := append([]byte{}, bodies[r.IntN(len(bodies))]...)
		const signs = "0123456789.-+\"\\{},: \x00\xffaZ"
		i := r.IntN(len(body))
		switch r.IntN(4) {
		case 0:
			body[i] = signs[r.IntN(len(signs))]
		case 1:
			body = append(body[:i], body[i+1:]...)
		case 2:
			body = append(body[:i+1], body[i:]...)
		}
		short, errShort := readEntry(body, &q)
		long, errLong := readEntry(body, nil)
		if (errShort == nil) != (errLong == nil) || !reflect.DeepEqual(short, long) {
			t.Fatalf("%q: %+v %v, the long way %+v %v", body, short, errShort, long, errLong)
		}
	}
}
