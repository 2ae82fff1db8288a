package compare_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/compare"
	"github.com/xcmatrix/xcmatrix/results/compare/series"
)

// Two files of `go test -bench` are compared: the second machine takes 9 % longer for SM3, and about as long for SM4.
func Example() {
	dir, err := os.MkdirTemp("", "compare-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	write := func(name string, sm3, sm4 int) series.Input {
		var text strings.Builder
		for i := range 8 {
			fmt.Fprintf(&text, "BenchmarkSM3 1000 %d ns/op\nBenchmarkSM4 1000 %d ns/op\n", sm3+i, sm4+i*7%5)
		}
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
			fmt.Println(err)
		}
		return series.ParseInput(path)
	}
	set, problems := series.Read([]series.Input{write("old", 1000, 500), write("new", 1090, 501)}, series.File, 1)
	for _, p := range problems {
		fmt.Println(p)
	}
	options := compare.Defaults
	options.Control = 0
	table, err := compare.Compare(set, options)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, row := range table.Rows {
		fmt.Printf("%s: %.2f times, %s\n", row.Benchmark, float64(row.Ratio), row.Verdict)
	}
	// Output:
	// SM3: 1.09 times, slower
	// SM4: 1.00 times, no difference shown
}
