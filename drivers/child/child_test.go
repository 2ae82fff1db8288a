package child

import (
	"bytes"
	"fmt"
	"testing"
	"time"
)

func TestOutputKeepsHeadAndTail(t *testing.T) {
	for _, piece := range []int{1, 7, 1000, 32 << 10, 100 << 10, 1 << 20} {
		var all []byte
		for i := 0; len(all) < 3<<20; i++ {
			all = fmt.Appendf(all, "line %d\n", i)
		}
		if piece < 1000 {
			all = all[:300<<10]
		}
		b := &Output{}
		for rest := all; len(rest) > 0; rest = rest[min(piece, len(rest)):] {
			if n, err := b.Write(rest[:min(piece, len(rest))]); err != nil || n != min(piece, len(rest)) {
				t.Fatal(n, err)
			}
		}
		got := b.Bytes()
		if len(got) > headKept+2*tailKept+100 || cap(b.tail) > 8*tailKept {
			t.Errorf("pieces of %d: %d bytes kept, %d held", piece, len(got), cap(b.tail))
		}
		if !bytes.HasPrefix(got, all[:headKept]) || !bytes.HasSuffix(got, all[len(all)-tailKept:]) {
			t.Errorf("pieces of %d: head or tail lost", piece)
		}
		var lost int
		if _, err := fmt.Sscanf(string(got[headKept:headKept+60]), "\n… %d bytes not kept …\n", &lost); err != nil {
			t.Errorf("pieces of %d: %v in %q", piece, err, got[headKept:headKept+60])
		}
		note := len(fmt.Sprintf("\n… %d bytes not kept …\n", lost))
		if len(got)-note+lost != len(all) {
			t.Errorf("pieces of %d: %d kept and %d lost of %d", piece, len(got)-note, lost, len(all))
		}
	}
}

func TestOutputKeepsAllOfLittle(t *testing.T) {
	b := &Output{}
	for _, s := range []string{"one ", "", "two"} {
		if _, err := b.Write([]byte(s)); err != nil {
			t.Fatal(err)
		}
	}
	if got := string(b.Bytes()); got != "one two" {
		t.Errorf("%q", got)
	}
}

func TestPreferForOOMKillOfAnEndedProcess(t *testing.T) {
	if err := PreferForOOMKill(1 << 30); err != nil {
		t.Error(err)
	}
}

func TestNextMemoryCheck(t *testing.T) {
	for _, c := range []struct {
		used, limit uint64
		want        time.Duration
	}{{0, 0, time.Second}, {0, 1 << 30, 125 * time.Millisecond}, {1 << 29, 1 << 30, 62500 * time.Microsecond},
		{1<<30 - 1, 1 << 30, 5 * time.Millisecond}, {2 << 30, 1 << 30, 5 * time.Millisecond}, {0, 1 << 50, time.Second}} {
		if got := NextMemoryCheck(c.used, c.limit); got != c.want {
			t.Errorf("%d of %d bytes: again in %v, want %v", c.used, c.limit, got, c.want)
		}
	}
}
