// Command parse reads files in the Go benchmark format with golang.org/x/perf/benchfmt and does nothing else: the least
// that a program which uses that package takes. scripts/compare-speed measures it beside `xcmatrix compare`.
package main

import (
	"fmt"
	"os"

	"golang.org/x/perf/benchfmt"
)

func main() {
	values := 0
	files := benchfmt.Files{Paths: os.Args[1:], AllowLabels: true}
	for files.Scan() {
		if r, ok := files.Result().(*benchfmt.Result); ok {
			values += len(r.Values)
		}
	}
	if err := files.Err(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(values, "values")
}
