package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/compare"
	"github.com/xcmatrix/xcmatrix/results/record"
)

func example() *compare.Table {
	why := record.Say("q is emulated", "q 由模拟器运行")
	nan := compare.Number(math.NaN())
	return &compare.Table{Reference: "k920", By: "file", Columns: []string{"k920", "d2000", "q"},
		Rows: []compare.Row{
			{Benchmark: "SM3|1MiB", Target: "d2000", Unit: "sec/op", Reference: 0.004, Median: 0.006, Ratio: 1.5, Low: 1.4, High: 1.6,
				P: 1e-5, Q: 2e-5, MDE: 0.12, Verdict: compare.Slower},
			{Benchmark: "SM4", Target: "d2000", Unit: "B/s", Reference: 1e9, Median: 1.01e9, Ratio: 1.01, Low: 0.99, High: compare.Number(math.Inf(1)),
				P: 0.4, Q: 0.4, MDE: 0.083, Verdict: compare.NoDifference},
			{Benchmark: "<SM2>", Target: "q", Unit: "sec/op", Reference: 0.004, Median: 0.1, Ratio: nan, Low: nan, High: nan, P: nan, Q: nan,
				MDE: nan, Verdict: compare.NotCompared, Why: &why, Provenance: record.Emulated},
		},
		Control:  compare.Control{Comparisons: 1000, Differences: 3, Rate: 0.003, Low: 0.001, High: 0.009},
		Settings: compare.Settings{Delta: 0.05, Confidence: 0.95, Discovery: 0.05}}
}

func written(t *testing.T, s Style) string {
	t.Helper()
	var out bytes.Buffer
	if err := Write(&out, example(), s); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestText(t *testing.T) {
	want := `benchmark  unit      k920  file   median  ratio     interval       q  detectable  verdict
───────────────────────────────────────────────────────────────────────────────────────────────────
SM3|1MiB   sec/op  4.000m  d2000  6.000m  1.500  1.400–1.600  <0.001              slower
SM4        B/s     1.000G  d2000  1.010G  1.010      0.990–∞   0.400       8.3 %  no difference shown
<SM2>      sec/op  4.000m  q      100.0m                                          not compared [1]

[1] q is emulated
3 rows: 0 faster, 1 slower, 1 no difference shown, 0 too noisy, 1 not compared
control: of 1000 rows dealt anew from their own values 3 (0.3 %, interval 0.1–0.9 %) got a verdict of difference, all others staying as they are
a verdict needs the 95 % interval beyond a change of 5 % and q up to 0.05 (Benjamini-Hochberg over the rows of a unit)
`
	want = strings.ReplaceAll(want, "1.000G  d2000  1.010G", scaled(1e9, "B/s")+"  d2000  "+scaled(1.01e9, "B/s"))
	got := written(t, Style{Format: Text, Lang: "en"})
	if squeeze(got) != squeeze(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	// All rows are of one width on a terminal: the columns stand below each other, in Chinese too.
	for _, lang := range []string{"en", "zh"} {
		lines := strings.Split(written(t, Style{Format: Text, Lang: lang}), "\n")
		at := width(lines[0][:strings.LastIndex(lines[0], " ")])
		for _, line := range []string{lines[2], lines[3]} {
			verdict := map[string]string{"en": "slower", "zh": "更慢"}[lang]
			if line == lines[3] {
				verdict = map[string]string{"en": "no diff", "zh": "未显示"}[lang]
			}
			if i := strings.LastIndex(line, verdict); i < 0 || width(line[:i])-1 != at {
				t.Errorf("%s: the verdict of %q does not stand below its header", lang, line)
			}
		}
	}
}

func squeeze(s string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(s, "─", "")), " ")
}

func TestColorsGreyWhatIsNotCompared(t *testing.T) {
	got := written(t, Style{Format: Text, Lang: "en", Color: true})
	if !strings.Contains(got, "\x1b[90m<SM2>") || !strings.Contains(got, "\x1b[31mSM3") {
		t.Errorf("no grey or red row in %q", got)
	}
	if strings.Contains(written(t, Style{Format: Text}), "\x1b") {
		t.Error("colours where none are wanted")
	}
}

func TestMarkdown(t *testing.T) {
	got := written(t, Style{Format: Markdown, Lang: "zh"})
	for _, want := range []string{"| --- | --- | ---: |", `| SM3\|1MiB |`, "- [1] q 由模拟器运行"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

func TestCSV(t *testing.T) {
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(written(t, Style{Format: CSV, Lang: "en"}), "\ufeff"))).ReadAll()
	if err != nil || len(rows) != 4 {
		t.Fatalf("%v, %v", rows, err)
	}
	if rows[1][6] != "1.5" || rows[3][6] != "" || rows[3][17] != "q is emulated" {
		t.Errorf("%q", rows)
	}
}

func TestJSON(t *testing.T) {
	var back compare.Table
	if err := json.Unmarshal([]byte(written(t, Style{Format: JSON})), &back); err != nil {
		t.Fatal(err)
	}
	if back.Rows[0].Ratio != 1.5 || back.Rows[2].Ratio.Known() || back.Control.Comparisons != 1000 {
		t.Errorf("%+v", back)
	}
}

func TestHTML(t *testing.T) {
	got := written(t, Style{Format: HTML, Lang: "en"})
	for _, want := range []string{"&lt;SM2&gt;", `class="not-compared"`, `<path d="M89 6H101"`} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if strings.Contains(got, "http") {
		t.Error("a remote part")
	}
}
