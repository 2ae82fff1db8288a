// Package report writes a comparison for people and for programs: text, Markdown, CSV, JSON and HTML. The same table
// gives the same bytes.
package report

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"math"
	"strconv"

	"golang.org/x/perf/benchunit"

	"github.com/xcmatrix/xcmatrix/results/compare"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Format is a way to write a table.
type Format string

const (
	Text     Format = "text"
	Markdown Format = "markdown"
	CSV      Format = "csv"
	JSON     Format = "json"
	HTML     Format = "html"
)

// Formats holds all of them.
var Formats = []Format{Text, Markdown, CSV, JSON, HTML}

// Style is how a table is written.
type Style struct {
	Format Format
	Lang   string // "en" or "zh"
	Color  bool   // of Text
}

// Write writes a table.
func Write(w io.Writer, t *compare.Table, s Style) error {
	switch s.Format {
	case JSON:
		e := json.NewEncoder(w)
		e.SetIndent("", " ")
		return e.Encode(t)
	case CSV:
		return writeCSV(w, t, s.Lang)
	case HTML:
		return writeHTML(w, t, s.Lang)
	default:
		return writeText(w, t, s)
	}
}

// writeCSV writes numbers in full, and a byte order mark, without which Excel and WPS do not read Chinese.
func writeCSV(w io.Writer, t *compare.Table, lang string) error {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	_ = out.Write([]string{"benchmark", "unit", "target", "reference", "reference_median", "median", "ratio", "low", "high",
		"p", "q", "mde", "rounds", "samples", "test", "verdict", "provenance", "why"})
	for _, r := range t.Rows {
		why := ""
		if r.Why != nil {
			why = r.Why.In(lang)
		}
		_ = out.Write([]string{r.Benchmark, r.Unit, r.Target, t.Reference, full(r.Reference), full(r.Median), full(r.Ratio),
			full(r.Low), full(r.High), full(r.P), full(r.Q), full(r.MDE), strconv.Itoa(r.Rounds), strconv.Itoa(r.Samples),
			string(r.Test), string(r.Verdict), string(r.Provenance), why})
	}
	out.Flush()
	return out.Error()
}

func full(n compare.Number) string {
	if !n.Known() {
		return ""
	}
	return strconv.FormatFloat(float64(n), 'g', -1, 64)
}

// reasons numbers the reasons why rows are not compared, in the order in which they come.
type reasons struct {
	numbers map[string]int
	list    []record.Sentence
}

// count numbers the reasons of these rows.
func (r *reasons) count(rows []compare.Row) {
	r.numbers = map[string]int{}
	for i := range rows {
		why := rows[i].Why
		if why != nil && r.numbers[why.En] == 0 {
			r.list = append(r.list, *why)
			r.numbers[why.En] = len(r.list)
		}
	}
}

// line is what stands in the columns of a table.
type line [10]string

// cells are a row as people read it.
func cells(r *compare.Row, why *reasons, lang string) line {
	verdict := words[string(r.Verdict)].In(lang)
	if r.Why != nil {
		verdict += " [" + strconv.Itoa(why.numbers[r.Why.En]) + "]"
	}
	mde := ""
	if r.Verdict == compare.NoDifference || r.Verdict == compare.TooNoisy {
		mde = percent(r.MDE)
	}
	return line{r.Benchmark, r.Unit, scaled(r.Reference, r.Unit), r.Target, scaled(r.Median, r.Unit), ratio(r.Ratio),
		interval(r.Low, r.High), probability(r.Q), mde, verdict}
}

// heads are the columns of cells.
func heads(t *compare.Table, lang string) line {
	say := func(en, zh string) string { return record.Say(en, zh).In(lang) }
	return line{say("benchmark", "基准测试"), say("unit", "单位"), t.Reference, words[string(t.By)].In(lang), say("median", "中位数"),
		say("ratio", "比值"), say("interval", "区间"), "q", say("detectable", "可检出"), say("verdict", "结论")}
}

// words are the fixed words of a table.
var words = map[string]record.Sentence{
	"faster":              record.Say("faster", "更快"),
	"slower":              record.Say("slower", "更慢"),
	"no difference shown": record.Say("no difference shown", "未显示差异"),
	"too noisy":           record.Say("too noisy", "噪声过大"),
	"not compared":        record.Say("not compared", "不予比较"),
	"chip":                record.Say("chip", "芯片"),
	"target":              record.Say("target", "目标"),
	"system":              record.Say("system", "系统"),
	"commit":              record.Say("commit", "提交"),
	"run":                 record.Say("run", "运行"),
	"file":                record.Say("file", "文件"),
}

func scaled(n compare.Number, unit string) string {
	if !n.Known() {
		return ""
	}
	return benchunit.Scale(float64(n), benchunit.ClassOf(unit))
}

func ratio(n compare.Number) string {
	switch {
	case !n.Known():
		return ""
	case n >= 100:
		return fixed(n, 0)
	default:
		return fixed(n, 3)
	}
}

func interval(low, high compare.Number) string {
	if !low.Known() && !high.Known() {
		return ""
	}
	top := "∞"
	if high.Known() {
		top = ratio(high)
	}
	return ratio(low) + "–" + top
}

func probability(n compare.Number) string {
	switch {
	case !n.Known():
		return ""
	case n < 0.001:
		return "<0.001"
	default:
		return fixed(n, 3)
	}
}

func percent(n compare.Number) string {
	switch {
	case !n.Known():
		return "∞"
	case math.Abs(float64(n)) < 0.1:
		return fixed(100*n, 1) + " %"
	default:
		return fixed(100*n, 0) + " %"
	}
}

// fixed writes a number with so many decimals.
func fixed(n compare.Number, decimals int) string {
	return strconv.FormatFloat(float64(n), 'f', decimals, 64)
}
