package render

import (
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// beside prints, for each target, what was measured of each operation, beside the reference it is held against. What an
// emulator measured has no ratio.
func (r Report) beside(out *strings.Builder, s Style) {
	for _, t := range r.Targets {
		r.besideOn(out, s, t)
	}
}

// operation is a benchmark with what its units say of it.
type operation struct {
	BenchmarkRow // in ns/op
	cpu, rate    *BenchmarkRow
}

// operations of a target, in the order in which they were measured.
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

func (r Report) besideOn(out *strings.Builder, s Style, target TargetRow) {
	list := r.operations(target.ID)
	if len(list) == 0 {
		return
	}
	byReference(list)
	t := table.NewWriter()
	t.AppendHeader(table.Row{s.say("operation", "操作"), s.say("code path", "代码路径"), s.say("wall ns/op", "墙钟 ns/op"), s.say("CPU ns/op", "CPU ns/op"),
		s.say("rate", "速率"), s.say("× reference", "× 参照"), s.say("reference", "参照")})
	for _, o := range list {
		t.AppendRow(s.operation(o))
	}
	var right []table.ColumnConfig
	for column := 3; column <= 6; column++ {
		right = append(right, table.ColumnConfig{Number: column, Align: text.AlignRight})
	}
	s.print(out, s.say("Speed on ", "性能：")+strings.ReplaceAll(s.column(target), "\n", " "), t, right...)
}

// byReference puts what is held against one reference together, after it, which has none itself, and leaves all else where
// it was.
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

func (s Style) operation(o operation) table.Row {
	row := table.Row{s.cell(o.Name, 48), s.cell(o.Path, 48), s.measured(&o.BenchmarkRow), s.measured(o.cpu)}
	switch {
	case o.rate != nil:
		row = append(row, short(o.rate.Median)+" MB/s")
	case o.Median > 0:
		row = append(row, short(1e9/o.Median)+" op/s")
	default:
		row = append(row, "—")
	}
	if o.Ratio == 0 {
		return append(row, "—", s.cell(o.Reference, 48))
	}
	return append(row, short(o.Ratio)+"×", s.cell(o.Reference, 48))
}
