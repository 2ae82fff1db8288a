package series

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/compare/series/benchtext"
)

// quick must read each line as benchfmt reads it, whatever the line looks like.
func TestQuickReadsAsBenchfmtDoes(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	pick := func(from ...string) string { return from[r.IntN(len(from))] }
	all := 0
	for range 300 {
		var text strings.Builder
		usual := func(usual string, others ...string) string { // most of the time
			if r.IntN(6) > 0 {
				return usual
			}
			return pick(others...)
		}
		for range 60 {
			if r.IntN(12) == 0 {
				text.WriteString(pick("pkg: a", "pkg: b", "chip: x", "chip:", "round: 2", "PASS", "", "Unit ns/op better=lower",
					"Benchmark", "BenchmarkAlone", "\u00a0", "ok  \ta\t1s") + pick("\n", "\r\n"))
			}
			text.WriteString("Benchmark" + pick("A", "A/b-8", "B") + usual("", "Ä", "\u00a0", "\v") + usual("\t ", "\u00a0", "\v"))
			text.WriteString(usual("1000", "", "1.0", "-5", "1e3", "99999999999999999999") + usual(" ", "\t", "\f"))
			for _, unit := range []string{"ns/op", "MB/s", "B/op"}[:1+r.IntN(3)] {
				text.WriteString(usual(strconv.FormatFloat(r.Float64(), 'f', 9, 64), "5.", ".5", ".", "1e6", "-1", "+2", "NaN", "1..2",
					"0", "123456789.12345678901", "99999999999999", "1_0", "0x1p3"))
				text.WriteString(usual("\t", " ", "  ") + usual(unit, "ns/op", "ns", "ns/opp", "") + usual(" ", "\t", "\f"))
			}
			text.WriteString(usual("\n", " \n", "\r\n"))
		}
		taken := 0
		read := func(quickly bool) string {
			reader := reader{problems: &problems{}}
			p := reader.read(benchtext.NewLines(bufio.NewReader(strings.NewReader(text.String())), func(line []byte, number int) bool {
				ok := quickly && reader.quick(line, number)
				if ok {
					taken++
				}
				return ok
			}), "f", "f")
			set := assemble([]*part{p}, Target, 2)
			told := fmt.Sprint(set.Columns, reader.problems.all())
			for _, row := range set.Rows {
				told += fmt.Sprintln(row, row.Unit, row.Cells)
			}
			return told
		}
		if quick, slow := read(true), read(false); quick != slow {
			t.Fatalf("of\n%q\nare read\n%s\nwant\n%s", text.String(), quick, slow)
		}
		all += taken
	}
	if all < 100 {
		t.Errorf("only %d lines were taken: nothing is tested", all)
	}
}
