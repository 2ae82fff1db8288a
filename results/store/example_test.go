package store_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// A run is made of a manifest, which is written first, and a journal. Loading it checks the chain of hashes over both.
func Example() {
	root, err := os.MkdirTemp("", "runs-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(root)
	cell := store.Cell{Target: "native", Item: "abi", Round: 1, Attempt: 1}
	journal, err := store.Create(root, store.Manifest{
		Run: "20261130-230406-demo", Created: time.Date(2026, 11, 30, 23, 4, 6, 0, time.UTC), Items: []string{"abi"},
		Targets: []store.Target{{ID: "native", GOOS: "linux", GOARCH: "arm64", Launcher: "native"}},
		Cells: []store.CellPlan{{Target: "native", Item: "abi", Round: 1,
			Specs: []record.SpecPlan{{ID: "pages are 4 KiB"}, {ID: "bytes are 8 bits"}}}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, e := range []record.Event{
		{Kind: record.KindSpecStart, Spec: "pages are 4 KiB", Start: &record.SpecStart{}},
		{Kind: record.KindSpecEnd, Spec: "pages are 4 KiB", End: &record.SpecEnd{Verdict: record.Fail}},
	} {
		if err := journal.AppendEvent(&cell, e); err != nil {
			fmt.Println(err)
		}
	}
	if err := journal.Seal(); err != nil {
		fmt.Println(err)
	}
	journal.Close()

	dir := filepath.Join(root, "20261130-230406-demo")
	run, err := store.Load(dir)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, spec := range run.Cells[0].Specs {
		fmt.Println(spec.ID, spec.Verdict)
	}

	path := filepath.Join(dir, "journal.ndjson")
	text, err := os.ReadFile(path)
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(text), "fail", "pass", 1)), 0o644); err != nil {
		fmt.Println(err)
	}
	_, err = store.Load(dir)
	fmt.Println("changed:", err != nil)
	// Output:
	// pages are 4 KiB fail
	// bytes are 8 bits error
	// changed: true
}
