package subject

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/tuning"
)

// trace counts the garbage collections in what a Go program prints with GODEBUG=gctrace=1, and keeps the end of what else it
// prints. It is an io.Writer.
type trace struct {
	line            []byte
	tail            []byte
	cycles          int
	allocated, live float64 // bytes
}

const (
	maxLine = 4 << 10
	maxTail = 2 << 10
)

// Write implements io.Writer. It never fails.
func (t *trace) Write(p []byte) (int, error) {
	for _, b := range p {
		if b != '\n' {
			if len(t.line) < maxLine {
				t.line = append(t.line, b)
			}
			continue
		}
		if !t.cycle(string(t.line)) && len(bytes.TrimSpace(t.line)) > 0 {
			t.tail = append(append(t.tail, t.line...), '\n')
			t.tail = t.tail[max(0, len(t.tail)-maxTail):]
		}
		t.line = t.line[:0]
	}
	return len(p), nil
}

// cycle counts a line about a garbage collection, as package runtime documents it: "gc 5 @0.1s 2%: … 4->5->1 MB, 4 MB goal, …". It
// reports false for any other line. A collection that the program forced counts as allocation, and not as a cycle.
func (t *trace) cycle(line string) bool {
	rest, is := strings.CutPrefix(line, "gc ")
	if !is || !strings.Contains(rest, " @") {
		return false
	}
	for _, part := range strings.Split(rest, ", ") {
		sizes, is := strings.CutSuffix(part, " MB")
		numbers := strings.Split(sizes, "->")
		if !is || len(numbers) != 3 {
			continue
		}
		start, err1 := strconv.ParseFloat(numbers[0], 64)
		live, err2 := strconv.ParseFloat(numbers[2], 64)
		if err1 != nil || err2 != nil {
			return false
		}
		t.allocated += max(0, start*(1<<20)-t.live)
		t.live = live * (1 << 20)
		if !strings.HasSuffix(line, "(forced)") {
			t.cycles++
		}
		return true
	}
	return false
}

// samples returns what the trace has counted.
func (t *trace) samples() []record.Sample {
	sample := func(name, unit string, value float64) record.Sample {
		return record.Sample{Name: name, Value: value, Unit: unit, Better: record.Lower}
	}
	return []record.Sample{sample(tuning.Cycles, "cycles", float64(t.cycles)), sample(tuning.Allocated, "B", t.allocated), sample(tuning.Live, "B", t.live)}
}
