package render

import (
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// Format of a table.
type Format string

const (
	Text     Format = "text"
	Markdown Format = "md"
	CSV      Format = "csv"
)

// Style says how a report is printed.
type Style struct {
	Format Format
	Lang   string
	Colour bool
	Width  int                      // of the terminal; 0 for none: tables are then not wrapped
	Names  func(item string) string // returns an item's name for people
	Beside bool                     // benchmarks in full, each beside its reference, in a table for each target
}

func (s Style) say(en, zh string) string { return record.Say(en, zh).In(s.Lang) }

// Tables writes the results of a run. On a terminal the most important part comes last, where the reader looks: specs
// that are not in order, known findings, a line on benchmarks, new findings, and the table of items by targets; --format
// speed ends with the benchmarks. In a file the order is reversed, with all benchmarks. It returns the error of w.
func (r Report) Tables(w io.Writer, s Style) error {
	var out strings.Builder
	open, waived := r.divided()
	if s.Format != Text {
		r.warn(&out, s)
		r.matrix(&out, s)
		s.open(&out, open)
		s.known(&out, waived)
		r.speed(&out, s)
		r.trouble(&out, s)
	} else {
		r.trouble(&out, s)
		s.known(&out, waived)
		if !s.Beside {
			r.measuredLine(&out, s)
		}
		s.open(&out, open)
		r.warn(&out, s)
		r.matrix(&out, s)
		if s.Beside {
			r.beside(&out, s)
		}
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// warn writes the reasons why rows of several runs may not be comparable.
func (r Report) warn(out *strings.Builder, s Style) {
	for _, w := range r.Warnings {
		fmt.Fprintf(out, "%s\n", s.paint(text.FgYellow, s.cell(w, 400)))
	}
	if len(r.Warnings) > 0 {
		fmt.Fprintln(out)
	}
}

// print writes one table under its title, fitted to the terminal.
func (s Style) print(out *strings.Builder, title string, t table.Writer, configs ...table.ColumnConfig) {
	t.SetColumnConfigs(configs)
	t.SetStyle(table.StyleLight)
	t.Style().Format.Header = text.FormatDefault
	switch s.Format {
	case Markdown:
		fmt.Fprintf(out, "## %s\n\n%s\n\n", title, t.RenderMarkdown())
	case CSV:
		fmt.Fprintf(out, "%s\n\n", t.RenderCSV())
	default:
		fmt.Fprintf(out, "%s\n%s\n\n", s.paint(text.Bold, title), Fit(t, s.Width, configs...))
	}
}

// paint returns words in a colour, if the style has colours.
func (s Style) paint(c text.Color, words string) string {
	if !s.Colour || s.Format != Text {
		return words
	}
	return c.Sprint(words)
}

var verdictColours = map[record.Verdict]text.Color{
	record.Crash: text.FgRed, record.Timeout: text.FgRed, record.Fail: text.FgRed, record.Error: text.FgMagenta,
	record.Miss: text.FgYellow, record.Known: text.FgYellow, record.Fixed: text.FgCyan, record.Skip: text.Faint,
	record.Pass: text.FgGreen,
}

// name returns the name of an item, with the stand-ins of its results.
func (s Style) name(item string, standIns []string) string {
	if s.Names != nil {
		item = s.Names(item)
	}
	return s.cell(record.Say(item, item).Beside(standIns).In(s.Lang), 40+40*len(standIns))
}

// ProvenanceName returns the name of a provenance for people.
func ProvenanceName(p record.Provenance) record.Sentence { return p.Name() }

// column returns the heading of a target: its name, machine and launcher.
func (s Style) column(t TargetRow) string {
	words := []string{s.cell(t.ID, 24)}
	if t.Chip != "" && t.Chip != t.ID {
		words = append(words, s.cell(t.Chip, 24))
	}
	switch t.Provenance {
	case record.Native:
		words = append(words, ProvenanceName(record.Native).In(s.Lang))
	case "":
		words = append(words, s.say("not run", "未运行"))
	default:
		mark := ProvenanceName(t.Provenance).In(s.Lang)
		version, _, _ := strings.Cut(t.Launcher.Version, "+")
		words = append(words, strings.TrimSpace(fmt.Sprintf("≈ %s: %s %s", mark, t.Launcher.Name, s.cell(version, 12))), s.cell(t.Launcher.CPU, 24))
	}
	if t.GoModified != "" {
		words = append(words, s.say("Go runtime modified", "Go 运行时已修改"), s.say("for the old world", "以适用旧世界"))
	}
	if t.Launcher.World != "" {
		words = append(words, s.say("old world simulated", "旧世界为模拟"))
	}
	sep := "\n"
	if s.Format != Text {
		sep = " "
	}
	return strings.Join(words, sep)
}

var verdictNames = map[record.Verdict]string{record.Crash: "崩溃", record.Timeout: "超时", record.Fail: "失败",
	record.Error: "错误", record.Miss: "缺少条件", record.Known: "已知", record.Fixed: "已修复", record.Skip: "跳过", record.Pass: "通过"}

// VerdictName returns the name of a verdict for people.
func VerdictName(v record.Verdict) record.Sentence { return record.Say(string(v), verdictNames[v]) }

// verdict returns the name of a verdict in the style's language.
func (s Style) verdict(v record.Verdict) string { return VerdictName(v).In(s.Lang) }

// notPlanned returns the number of specs of an item that the run of a target does not plan and others do.
func (r Report) notPlanned(item, target string) int {
	n := 0
	for _, g := range r.NotPlanned {
		if g.Item == item && g.Target == target {
			n += len(g.Specs)
		}
	}
	return n
}

// counts returns numbers such as "36 pass 2 skip", the worst first, and at the end the number of specs that were not
// planned.
func (s Style) counts(n map[record.Verdict]int, notPlanned int) string {
	var words []string
	for _, v := range record.Verdicts {
		if n[v] > 0 {
			words = append(words, s.paint(verdictColours[v], fmt.Sprintf("%d %s", n[v], s.verdict(v))))
		}
	}
	if notPlanned > 0 {
		words = append(words, s.paint(text.Faint, fmt.Sprintf(s.say("%d not planned", "%d 未计划"), notPlanned)))
	}
	if len(words) == 0 {
		return "—"
	}
	return strings.Join(words, "  ")
}

// speed writes the table of benchmarks by targets. Emulated values are grey and marked, because they say nothing about
// the chip.
func (r Report) speed(out *strings.Builder, s Style) {
	type line struct{ item, name, unit string }
	var order []line
	cells := map[line]map[string]*BenchmarkRow{}
	throughput := map[[2]string]bool{}
	for _, b := range r.Benchmarks {
		throughput[[2]string{b.Item, b.Name}] = throughput[[2]string{b.Item, b.Name}] || b.Unit == "MB/s"
	}
	for _, b := range r.Benchmarks {
		if b.Unit == "cpu-ns/op" || b.Unit == "ns/op" && throughput[[2]string{b.Item, b.Name}] {
			continue // --json has them
		}
		key := line{b.Item, b.Name, b.Unit}
		if cells[key] == nil {
			order, cells[key] = append(order, key), map[string]*BenchmarkRow{}
		}
		cells[key][b.Target] = &b
	}
	if len(order) == 0 {
		return
	}
	t := table.NewWriter()
	header := table.Row{s.say("benchmark", "基准测试"), s.say("unit", "单位")}
	for _, target := range r.Targets {
		header = append(header, s.column(target))
	}
	t.AppendHeader(header)
	for _, key := range order {
		row := table.Row{s.cell(key.item+" "+key.name, 60), s.cell(key.unit, 16)}
		for _, target := range r.Targets {
			row = append(row, s.measured(cells[key][target.ID]))
		}
		t.AppendRow(row)
	}
	configs := make([]table.ColumnConfig, len(r.Targets))
	for i := range configs {
		configs[i] = table.ColumnConfig{Number: i + 3, Align: text.AlignRight}
	}
	s.print(out, s.say("Benchmarks (median ± half of its interval; ≈ emulated: shown, never compared)",
		"基准测试（中位数 ± 半区间；≈ 为模拟：仅显示，不参与比较）"), t, configs...)
}

// measured returns a median with half of its interval, grey if it is emulated; b may be nil.
func (s Style) measured(b *BenchmarkRow) string {
	if b == nil {
		return "—"
	}
	return s.value(b, short(b.Median))
}

// timed does what measured does, in the unit that reads best.
func (s Style) timed(b *BenchmarkRow) string {
	if b == nil {
		return "—"
	}
	return s.value(b, scaled(b.Median, b.Unit))
}

// value returns a figure with half of its interval, or a note if the interval is as wide as the figure.
func (s Style) value(b *BenchmarkRow, value string) string {
	switch half := b.half(); {
	case half >= 1:
		value += s.say(" (too noisy)", "（离散过大）")
	case b.Samples > 1 && b.Median != 0:
		value += fmt.Sprintf(" ±%.0f%%", 100*half)
	}
	if b.Provenance != record.Native {
		return s.paint(text.Faint, "≈ "+value)
	}
	return value
}

// short returns a number with four significant digits.
func short(v float64) string {
	switch a := math.Abs(v); {
	case a >= 1000 || a == 0:
		return fmt.Sprintf("%.0f", v)
	case a >= 1:
		return fmt.Sprintf("%.4g", v)
	default:
		return fmt.Sprintf("%.3g", v)
	}
}
