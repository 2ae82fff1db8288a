package render

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"golang.org/x/perf/benchunit"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// beside writes for each target the times of each operation beside those of its reference. Emulated ones have no ratio.
func (r Report) beside(out *strings.Builder, s Style) {
	for _, t := range r.Targets {
		r.besideOn(out, s, t)
	}
}

// operation is a benchmark with its values in all units.
type operation struct {
	BenchmarkRow // in ns/op
	cpu, rate    *BenchmarkRow
}

// operations returns the operations of a target, in the order of measurement.
func (r Report) operations(target string) []operation {
	var list []operation
	at := map[[2]string]int{}
	for _, b := range r.Benchmarks {
		key := [2]string{b.Item, b.Name}
		i, seen := at[key]
		switch {
		case b.Target != target:
		case b.Unit == "ns/op":
			at[key] = len(list)
			list = append(list, operation{BenchmarkRow: b})
		case seen && b.Unit == "cpu-ns/op":
			list[i].cpu = &b
		case seen && b.Unit == "MB/s":
			list[i].rate = &b
		}
	}
	return list
}

// besideOn writes the table of one target.
func (r Report) besideOn(out *strings.Builder, s Style, target TargetRow) {
	list := r.operations(target.ID)
	if len(list) == 0 {
		return
	}
	byReference(list)
	t := table.NewWriter()
	head := table.Row{s.say("operation", "操作"), s.say("code path", "代码路径"), s.say("wall time", "墙钟时间"), s.say("CPU time", "CPU 时间"),
		s.say("rate", "速率"), s.say("× reference", "× 参照"), s.say("reference", "参照")}
	narrow := s.Width > 0 && s.Width < wideSpeed
	if narrow {
		head = stacked(head)
	}
	t.AppendHeader(head)
	for _, o := range list {
		row := s.operation(o)
		if narrow {
			row = stacked(row)
		}
		t.AppendRow(row)
	}
	var right []table.ColumnConfig
	for column := range head {
		if column > 0 && column < len(head)-1 && (narrow || column > 1) || narrow && column == len(head)-1 {
			right = append(right, table.ColumnConfig{Number: column + 1, Align: text.AlignRight})
		}
	}
	s.print(out, s.say("Speed on ", "性能：")+strings.ReplaceAll(s.column(target), "\n", " "), t, right...)
	r.noisyOn(out, s, target)
}

// wideSpeed is how wide a terminal has to be for seven columns of speed.
const wideSpeed = 110

// stacked returns a row of speed for a narrow terminal: the code path and the reference stand below the operation.
func stacked(row table.Row) table.Row {
	operation := fmt.Sprint(row[0])
	if path := fmt.Sprint(row[1]); path != "" {
		operation += "\n  " + path
	}
	if reference := fmt.Sprint(row[6]); reference != "" {
		operation += "\n  × " + reference
	}
	return table.Row{operation, row[2], row[3], row[4], row[5]}
}

// noisyOn writes how many benchmarks of a target scattered too much to be compared, the reason if it is known, and a
// remedy.
func (r Report) noisyOn(out *strings.Builder, s Style, target TargetRow) {
	all, noisy := r.scattered(target.ID)
	if noisy == 0 || target.Provenance != record.Native {
		return
	}
	line := fmt.Sprintf(s.say("%d of %d scatter by more than ±%.0f %%", "%[2]d 项中有 %[1]d 项离散度超过 ±%.0[3]f %%"), noisy, all, 100*tooWide)
	for _, n := range r.Noise {
		if n.Target == target.ID {
			line += fmt.Sprintf(s.say("; %d rounds: %s", "；%d 轮：%s"), n.Rounds, s.cell(n.Why, 160))
		}
	}
	fmt.Fprintf(out, "%s\n%s\n\n", line, s.say("what helps: nothing else running, a fixed frequency (governor performance), more rounds (--rounds 10)",
		"改善方法：停止其他程序、固定频率（调频策略 performance）、增加轮次（--rounds 10）"))
}

// tooWide is the largest half of an interval, as a share of the median, of a useful figure.
const tooWide = 0.2

// scattered returns the number of benchmarks of a target, and of those whose interval is wider than tooWide.
func (r Report) scattered(target string) (all, noisy int) {
	wide := map[[2]string]bool{}
	for _, b := range r.Benchmarks {
		if b.Target == target && b.Unit != "cpu-ns/op" {
			key := [2]string{b.Item, b.Name}
			wide[key] = wide[key] || b.half() > tooWide
		}
	}
	for _, is := range wide {
		if is {
			noisy++
		}
	}
	return len(wide), noisy
}

// half returns half of the interval as a share of the median; 0 if unknown.
func (b BenchmarkRow) half() float64 {
	half := max(b.High-b.Median, b.Median-b.Low) / b.Median
	if b.Samples < 2 || b.Median == 0 || math.IsNaN(half) || half < 0 {
		return 0
	}
	return half
}

// scaled returns a value in the unit that reads best: 1.23 µs for 1230 ns/op.
func scaled(v float64, unit string) string {
	factor, base, class := 1.0, unit, benchunit.Decimal
	switch unit {
	case "ns/op", "cpu-ns/op":
		factor, base = 1e-9, "s"
	case "MB/s":
		factor, base = 1e6, "B/s"
	case "op/s":
	case "B/op":
		base, class = "B", benchunit.Binary
	default:
		return strings.TrimSpace(short(v) + " " + unit)
	}
	if v == 0 {
		return "0 " + base
	}
	figure := benchunit.Scale(v*factor, class)
	n := strings.TrimRight(figure, "kKMGTPEZYmµunpfazyi")
	return n + " " + figure[len(n):] + base
}

// measuredLine writes one line on the benchmarks; --format speed shows them all.
func (r Report) measuredLine(out *strings.Builder, s Style) {
	var parts []string
	for _, t := range r.Targets {
		n, noisy := r.scattered(t.ID)
		if n == 0 {
			continue
		}
		rounds := 0
		for _, b := range r.Benchmarks {
			if b.Target == t.ID {
				rounds = max(rounds, b.Rounds)
			}
		}
		part := fmt.Sprintf(s.say("%d on %s", "%[2]s %[1]d 项"), n, s.cell(t.ID, 40))
		switch {
		case t.Provenance != record.Native:
			part = s.paint(text.Faint, "≈ "+part)
		case noisy > 0:
			part += fmt.Sprintf(s.say(" in %d "+plural(rounds)+", %d too noisy", "，%d 轮，%d 项离散过大"), rounds, noisy)
		default:
			part += fmt.Sprintf(s.say(" in %d "+plural(rounds), "，%d 轮"), rounds)
		}
		parts = append(parts, part)
	}
	if len(parts) > 0 {
		line := s.say("Benchmarks: ", "基准测试：") + strings.Join(parts, s.say("; ", "；")) + s.say("; in full: --format speed", "；全部数据：--format speed")
		if s.Format == Text && s.Width > 0 {
			line = wrap(line, s.Width)
		}
		fmt.Fprintf(out, "%s\n\n", line)
	}
}

// plural returns the English word for a number of rounds.
func plural(rounds int) string {
	if rounds == 1 {
		return "round"
	}
	return "rounds"
}

// byReference moves operations with the same reference after it, and leaves the order of all others.
func byReference(list []operation) {
	first := map[string]int{}
	group := func(o operation) string {
		if o.Reference != "" {
			return o.Reference
		}
		return o.Name
	}
	for i, o := range list {
		if _, ok := first[group(o)]; !ok {
			first[group(o)] = i
		}
	}
	slices.SortStableFunc(list, func(a, b operation) int {
		if by := first[group(a)] - first[group(b)]; by != 0 {
			return by
		}
		return len(a.Reference) - len(b.Reference)
	})
}

// operation returns the row of an operation.
func (s Style) operation(o operation) table.Row {
	row := table.Row{s.cell(o.Name, 48), s.cell(o.Path, 48), s.timed(&o.BenchmarkRow), s.timed(o.cpu)}
	switch {
	case o.rate != nil:
		row = append(row, scaled(o.rate.Median, "MB/s"))
	case o.Median > 0:
		row = append(row, scaled(1e9/o.Median, "op/s"))
	default:
		row = append(row, "—")
	}
	if o.Ratio == 0 {
		return append(row, "—", s.cell(o.Reference, 48))
	}
	return append(row, short(o.Ratio)+"×", s.cell(o.Reference, 48))
}
