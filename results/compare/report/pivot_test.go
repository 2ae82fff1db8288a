package report

import (
	"fmt"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/compare"
	"github.com/xcmatrix/xcmatrix/results/compare/series"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// By chip there is a column for each chip: the ratio with its interval, and the verdict.
func TestChipsSideBySide(t *testing.T) {
	var list []series.Sampled
	for n, chip := range []string{"kunpeng-920", "3a6000", "hygon-c86-3g"} {
		for round := 1; round <= 6; round++ {
			s := series.Sampled{Origin: series.Origin{Run: fmt.Sprint("r", n), Target: "native", Chip: chip, Provenance: record.Native, Round: round, Payload: "sha256:1", BuildKey: "k"}, Item: "crypto"}
			for i := range 5 {
				s.Samples = append(s.Samples, record.Sample{Name: "SM3", Unit: "ns/op", Better: record.Lower, Value: float64(100*(n+1)) + float64((i+round)%3)/10})
			}
			list = append(list, s)
		}
	}
	set, problems := series.Collect(list, series.Chip)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	o := compare.Defaults
	o.Control, o.Mixed = 0, true
	table, err := compare.Compare(set, o)
	if err != nil {
		t.Fatal(err)
	}
	for format, want := range map[Format][]string{Text: {"│ kunpeng-920 │ 3a6000", "│ Crypto/SM3 │", "1.999 (1.999–1.999) slower"}, Markdown: {"| 3a6000 | hygon-c86-3g |", "slower"}} {
		var out strings.Builder
		if err := Write(&out, table, Style{Format: format, Lang: "en"}); err != nil {
			t.Fatal(err)
		}
		for _, w := range want {
			if !strings.Contains(out.String(), w) {
				t.Errorf("%s: %q is missing in\n%s", format, w, out.String())
			}
		}
		if n := strings.Count(out.String(), "Crypto/SM3"); n != 1 {
			t.Errorf("%s: the benchmark has %d rows\n%s", format, n, out.String())
		}
	}
}
