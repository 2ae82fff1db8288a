package record

import (
	"math/rand/v2"
	"reflect"
	"testing"
)

// What the short way of reading takes, the long way reads as the same; and it takes what a journal is full of.
func TestQuick(t *testing.T) {
	lines := []string{
		`{"v":1,"event":"spec-start","time":"2026-11-21T08:00:00Z","spec":"group 1 / spec 2","start":{"deadline_s":30}}`,
		`{"v":1,"event":"spec-end","time":"2026-11-21T08:00:00.123456789Z","spec":"s","end":{"verdict":"pass","seconds":0.01}}`,
		`{"v":1,"event":"spec-end","time":"2026-11-21T08:00:00+08:00","spec":"s","end":{"verdict":"skip","seconds":12}}`,
	}
	r := rand.New(rand.NewPCG(1, 2))
	const signs = "0123456789.-+eE\"\\{},: \x00\x7f\xffaZz中"
	taken := 0
	for _, line := range lines {
		if _, ok := quick([]byte(line)); !ok {
			t.Errorf("not taken: %s", line)
		}
		for range 20000 {
			changed := []byte(line)
			for range 1 + r.IntN(2) {
				at := r.IntN(len(changed))
				switch r.IntN(3) {
				case 0:
					changed[at] = signs[r.IntN(len(signs))]
				case 1:
					changed = append(changed[:at], changed[at+1:]...)
				default:
					changed = append(changed[:at+1], changed[at:]...)
				}
			}
			e, ok := quick(changed)
			if !ok {
				continue
			}
			taken++
			if slow, err := parse(changed); err != nil || !reflect.DeepEqual(e, slow) {
				t.Fatalf("%q: %+v, the long way %+v %v", changed, e, slow, err)
			}
		}
	}
	if taken < 1000 {
		t.Errorf("only %d changed lines were taken", taken)
	}
	for _, line := range []string{
		`{"v":1,"event":"spec-end","time":"2026-11-21T08:00:00Z","spec":"s","end":{"verdict":"known","seconds":1}}`,
		`{"v":1,"event":"spec-end","time":"2026-11-21T08:00:00Z","spec":"","end":{"verdict":"pass","seconds":1}}`,
		`{"v":1,"event":"spec-end","time":"2026-11-21T08:00:00Z","spec":"s","end":{"verdict":"pass","seconds":1}} `,
		`{"v":2,"event":"spec-end","time":"2026-11-21T08:00:00Z","spec":"s","end":{"verdict":"pass","seconds":1}}`,
	} {
		if _, ok := quick([]byte(line)); ok {
			t.Errorf("taken: %s", line)
		}
	}
}
