package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"
	"golang.org/x/perf/benchunit"

	"github.com/xcmatrix/xcmatrix/matrix/ab"
	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/matrix/noise"
	"github.com/xcmatrix/xcmatrix/results/compare"
	"github.com/xcmatrix/xcmatrix/results/compare/series"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// tolerance is the largest accepted difference between the harness's figures and those of go test, as a share: 0.98 to
// 1.02.
const tolerance = 0.02

// sharedBenchmark is a benchmark that both the suite (as spec) and BenchmarkFidelity in this package's tests (under name)
// measure.
type sharedBenchmark struct{ spec, name string }

// sharedBenchmarks holds the shared benchmarks, by suite.
var sharedBenchmarks = map[string][]sharedBenchmark{
	"crypto": {{"speed / SM3/1KiB/tjfoc", "SM3/1KiB/tjfoc"}, {"speed / SM3/1MiB/tjfoc", "SM3/1MiB/tjfoc"},
		{"speed / SM3/1KiB/emmansun", "SM3/1KiB/emmansun"}, {"speed / SM3/1MiB/emmansun", "SM3/1MiB/emmansun"}},
	"database": {{"postgres / benchmark: fetch of a million rows", "postgres/fetch"}},
}

type fidelityOptions struct {
	suites []string
	blocks int
}

func (a *app) fidelityCommand() *cobra.Command {
	var o fidelityOptions
	cmd := &cobra.Command{
		Use:   "fidelity",
		Short: a.say("measure whether the harness's figures are those of go test -bench", "测量框架所得数值是否与 go test -bench 一致"),
		Long: a.say("Measures the same calls by `go test -bench` and by the harness, A B B A, each time in a fresh process of the same file, all on one processor.",
			"以 A B B A 的顺序，分别用 go test -bench 和框架测量同一调用，每次均为同一文件的新进程，且全部绑定在同一处理器上。"),
		Example: "  xcmatrix bench fidelity\n  xcmatrix bench fidelity --suite crypto --blocks 30",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.fidelity(cmd.Context(), o) },
	}
	f := cmd.Flags()
	f.StringSliceVar(&o.suites, "suite", []string{"crypto", "database"}, a.say("suites to try", "要测量的套件"))
	f.IntVar(&o.blocks, "blocks", 15, a.say("blocks of A B B A, 5 or more", "A B B A 区组数，不小于 5"))
	return cmd
}

func (a *app) fidelity(ctx context.Context, o fidelityOptions) error {
	if o.blocks < 5 {
		return record.Wrongf("--blocks", "must be 5 or more", "必须不小于 5")
	}
	for _, suite := range o.suites {
		if sharedBenchmarks[suite] == nil {
			return record.Wrongf("--suite", "%q is none of crypto, database", "%q 不是 crypto、database 之一", suite)
		}
	}
	dir, err := os.MkdirTemp("", "xcmatrix-fidelity-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	file, err := testsInto(ctx, dir)
	if err != nil {
		return err
	}
	undo, err := noise.Pin() // after building, which has use for all processors
	if err != nil {
		return err
	}
	defer undo() //nolint:errcheck // what follows has no use for more than one processor either
	var rows []fidelityRow
	for _, suite := range o.suites {
		of, err := a.fidelityOf(ctx, suite, file, o.blocks)
		if err != nil {
			return err
		}
		rows = append(rows, of...)
	}
	if a.json {
		return a.printJSON(rows)
	}
	return a.showFidelity(rows, o.blocks)
}

// testsInto builds this package's tests, which can also run as a payload, and returns their file in dir.
func testsInto(ctx context.Context, dir string) (file string, err error) {
	builder, err := build.Here()
	if err != nil {
		return "", err
	}
	file = filepath.Join(dir, "cli.test")
	return file, builder.Test(ctx, build.Key{GOOS: runtime.GOOS, GOARCH: runtime.GOARCH}, "./cli", file)
}

// fidelityOf measures the shared benchmarks of one suite in both ways. Both ways use one file: another position of a
// function in the file can change the time of a tight loop by 8 %.
func (a *app) fidelityOf(ctx context.Context, suite, file string, blocks int) ([]fidelityRow, error) {
	payload, err := ab.Payload(file)
	if err != nil {
		return nil, err
	}
	plain, ours := ab.Side{Label: "go test -bench", Test: file}, ab.Side{Label: "xcmatrix", Payload: payload}
	var samples []series.Sampled
	for _, t := range sharedBenchmarks[suite] { // each in turns of its own: the shorter a turn, the more of what disturbs it both share
		plain.Bench, plain.As = "BenchmarkFidelity/"+suite+"/"+t.name, t.name
		err = a.measureAlone(ctx, suite, []string{t.spec}, func(both ab.Options) error {
			of, err := ab.Blocks(ctx, plain, ours, blocks, both)
			samples = append(samples, of...)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	set, _ := series.Collect(samples, series.File)
	set.Rows = slices.DeleteFunc(set.Rows, func(r series.Row) bool { return len(r.Cells) < 2 }) // go test takes no processor time
	rules := compare.Defaults
	rules.Test, rules.Mixed, rules.Control = compare.Paired, true, 0
	t, err := compare.Compare(set, rules)
	if err != nil {
		return nil, err
	}
	var rows []fidelityRow
	for i := range t.Rows {
		rows = append(rows, fidelityRowOf(&t.Rows[i]))
	}
	return rows, nil
}

// fidelityRow is one benchmark as measured in both ways.
type fidelityRow struct {
	Benchmark string         `json:"benchmark"`
	Unit      string         `json:"unit"`
	GoTest    compare.Number `json:"go_test"`
	Ours      compare.Number `json:"xcmatrix"`
	Ratio     compare.Number `json:"ratio"`
	Low       compare.Number `json:"low"`
	High      compare.Number `json:"high"`
	Alike     *bool          `json:"alike"` // null where the interval is on both sides of a limit
}

func fidelityRowOf(r *compare.Row) fidelityRow {
	f := fidelityRow{Benchmark: r.Benchmark, Unit: r.Unit, GoTest: r.Reference, Ours: r.Median, Ratio: r.Ratio, Low: r.Low, High: r.High}
	switch within := r.Low >= 1-tolerance && r.High <= 1+tolerance; {
	case within, r.Low > 1+tolerance, r.High < 1-tolerance:
		f.Alike = &within
	}
	return f
}

// showFidelity prints the rows. It returns exitFound if a figure differs from that of go test by more than the tolerance.
func (a *app) showFidelity(rows []fidelityRow, blocks int) error {
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.AppendHeader(table.Row{a.say("benchmark", "基准测试"), a.say("unit", "单位"), "go test -bench", "xcmatrix", a.say("ratio", "比值"),
		a.say("95 % interval", "95 % 区间"), a.say("within 0.98–1.02", "在 0.98–1.02 内")})
	code := exitPass
	for _, r := range rows {
		within := a.say("the interval is too wide to tell", "区间过宽，无法判断")
		switch {
		case r.Alike != nil && *r.Alike:
			within = a.say("yes", "是")
		case r.Alike != nil:
			within, code = a.say("no", "否"), exitFound
		}
		scale := func(n compare.Number) string { return benchunit.Scale(float64(n), benchunit.ClassOf(r.Unit)) }
		t.AppendRow(row(r.Benchmark, r.Unit, scale(r.GoTest), scale(r.Ours), fmt.Sprintf("%.4f", r.Ratio),
			fmt.Sprintf("%.4f–%.4f", r.Low, r.High), within))
	}
	_, err := printf(a.out, "%s\n%s\n", a.fitted(t), strings.TrimSpace(fmt.Sprintf(a.say(
		"%d blocks of A B B A, each turn a fresh process with five samples", "共 %d 个 A B B A 区组，每次为新进程，各取五个样本"), blocks)))
	if err == nil && code != exitPass {
		return &status{code: code}
	}
	return err
}
