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

// Format is a format of a table.
type Format string

const (
	Text     Format = "text"
	Markdown Format = "markdown"
	CSV      Format = "csv"
	JSON     Format = "json"
	HTML     Format = "html"
)

// Formats holds all formats.
var Formats = []Format{Text, Markdown, CSV, JSON, HTML}

// Style says how a table is written.
type Style struct {
	Format Format
	Lang   string // "en" or "zh"
	Color  bool   // of Text
	Width  int    // of the terminal that Text is for; 0 for none, where tables are as wide as they come
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
	case Text, Markdown:
		if sideBySide(t) {
			return writeSideBySide(w, t, s)
		}
	}
	return writeText(w, t, s)
}

// writeCSV writes numbers with all digits, and a byte order mark, without which Excel and WPS do not read Chinese.
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

// full returns a number with all digits; "" if it is unknown.
func full(n compare.Number) string {
	if !n.Known() {
		return ""
	}
	return strconv.FormatFloat(float64(n), 'g', -1, 64)
}

// reasons numbers the reasons why rows are not compared, in the order of the rows.
type reasons struct {
	numbers map[string]int
	list    []record.Sentence
}

// count numbers the reasons of rows.
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

// line has the texts of a row's columns.
type line [10]string

// cells returns a row as people read it. It cuts the texts of numbers from one string, which it builds in scratch.
func cells(r *compare.Row, why *reasons, lang string, scratch *[]byte) line {
	verdict := words[string(r.Verdict)].In(lang)
	if r.Why != nil {
		verdict += " [" + strconv.Itoa(why.numbers[r.Why.En]) + "]"
	}
	b := appendRatio((*scratch)[:0], r.Ratio)
	toRatio := len(b)
	b = appendInterval(b, r.Low, r.High)
	toInterval := len(b)
	b = appendProbability(b, r.Q)
	toQ := len(b)
	if !r.Verdict.Difference() && r.Verdict != compare.NotCompared {
		b = appendPercent(b, r.MDE)
	}
	*scratch = b
	numbers := string(b)
	reference := scaled(r.Reference, r.Unit)
	median := reference
	if r.Median != r.Reference {
		median = scaled(r.Median, r.Unit)
	}
	return line{r.Benchmark, r.Unit, reference, r.Target, median, numbers[:toRatio], numbers[toRatio:toInterval],
		numbers[toInterval:toQ], numbers[toQ:], verdict}
}

// heads returns the headings of the columns.
func heads(t *compare.Table, lang string) line {
	say := func(en, zh string) string { return record.Say(en, zh).In(lang) }
	return line{say("benchmark", "基准测试"), say("unit", "单位"), t.Reference, words[string(t.By)].In(lang), say("median", "中位数"),
		say("ratio", "比值"), say("interval", "区间"), "q", say("detectable", "可检出"), say("verdict", "结论")}
}

// words are the fixed texts of a table.
var words = map[string]record.Sentence{
	"faster":              record.Say("faster", "更快"),
	"slower":              record.Say("slower", "更慢"),
	"higher":              record.Say("higher", "更高"),
	"lower":               record.Say("lower", "更低"),
	"too few samples":     record.Say("too few samples", "样本过少"),
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

// scaled returns a value with its unit.
func scaled(n compare.Number, unit string) string {
	if !n.Known() {
		return ""
	}
	return benchunit.Scale(float64(n), benchunit.ClassOf(unit))
}

// appendRatio appends a ratio.
func appendRatio(b []byte, n compare.Number) []byte {
	switch {
	case !n.Known():
		return b
	case n >= 100:
		return appendFixed(b, n, 0)
	default:
		return appendFixed(b, n, 3)
	}
}

// appendInterval appends the ends of an interval.
func appendInterval(b []byte, low, high compare.Number) []byte {
	if !low.Known() && !high.Known() {
		return b
	}
	b = append(appendRatio(b, low), "–"...)
	if !high.Known() {
		return append(b, "∞"...)
	}
	return appendRatio(b, high)
}

// appendProbability appends a probability.
func appendProbability(b []byte, n compare.Number) []byte {
	switch {
	case !n.Known():
		return b
	case n < 0.001:
		return append(b, "<0.001"...)
	default:
		return appendFixed(b, n, 3)
	}
}

// appendPercent appends a share in per cent.
func appendPercent(b []byte, n compare.Number) []byte {
	switch {
	case !n.Known():
		return append(b, "∞"...)
	case math.Abs(float64(n)) < 0.1:
		return append(appendFixed(b, 100*n, 1), " %"...)
	default:
		return append(appendFixed(b, 100*n, 0), " %"...)
	}
}

// appendFixed appends a number with decimals digits after the point.
func appendFixed(b []byte, n compare.Number, decimals int) []byte {
	return strconv.AppendFloat(b, float64(n), 'f', decimals, 64)
}
