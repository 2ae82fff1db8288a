package gc

import (
	"testing"

	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/gc/workload"
)

func TestSpecsCanFail(t *testing.T) {
	breakWorkloads()
	check.ProveFailures(t, Suite, broken, "setting / of the collector is recorded", "work / allocates the same on every target")
}

var broken = check.BrokenFacts{
	"setting / GOGC is given back by the next one": {
		{"GOGC as given back": []int{100, 63, off}}, {"GOGC as given back": []int{137, 63, 0}},
	},
	"setting / GOMEMLIMIT is given back by the next one, and kept by a negative one": {
		{"GOMEMLIMIT as given back": []int64{123 << 20, -1, noLimit}}, {"GOMEMLIMIT as given back": []int64{123 << 20, 123 << 20, 123 << 20}},
	},
	"setting / shows in runtime/metrics": {
		{"GOGC in runtime/metrics": uint64(100)}, {"GOMEMLIMIT in runtime/metrics": uint64(noLimit)},
	},
	"setting / GOGC is 100 unless the environment says otherwise": {{"GOGC that nobody has set": uint64(200)}},

	"work / allocates the same at every GOGC": {
		{"bytes allocated at GOGC=50": uint64(100 << 20), "bytes allocated at GOGC=200": uint64(149 << 20)},
	},
	"work / costs fewer cycles as GOGC rises": {
		{"cycles at GOGC of 50, 100 and 400": []uint64{4, 4, 4}}, {"cycles at GOGC of 50, 100 and 400": []uint64{4, 8, 16}},
	},
	"work / costs no cycle with GOGC=off":  {{"cycles with GOGC=off": uint64(1)}},
	"work / stops the world twice a cycle": {{"cycles, and stops of the world": []uint64{3, 0}}},
	"work / is held below GOMEMLIMIT, also with GOGC=off": {
		{"most bytes held below GOMEMLIMIT, and cycles": [2]uint64{1 << 40, 9}}, {"most bytes held below GOMEMLIMIT, and cycles": [2]uint64{60 << 20, 0}},
	},
	"work / comes to its end under a limit below what lives":     {{"nodes lost under a low limit": 1}},
	"work / forced is counted as forced":                         {{"forced cycles more": int64(0)}},
	"work / is counted alike by MemStats and runtime/metrics":    {{"cycles in MemStats": uint64(7), "cycles in runtime/metrics": uint64(8)}},
	"work / gives memory back to the system when told to":        {{"bytes given back": int64(1 << 20)}, {"bytes given back": int64(-1 << 20)}},
	"object / out of use is finalized":                           {{"finalizer ran": false}},
	"object / out of use is cleaned up after, with the argument": {{"argument of the cleanup": int64(0)}, {"argument of the cleanup": int64(41)}},
	"object / in use is neither":                                 {{"finalizer of what is in use ran": true}},
	"object / seen by a weak pointer is there while in use, and gone afterwards": {
		{"what a weak pointer shows": byte(0)}, {"the weak pointer is nil": false},
	},
	"object / in a ring is taken as a whole":      {{"objects of the ring that are gone": int64(1)}},
	"object / in a pool is gone after two cycles": {{"what was in the pool is gone": false}, {"what the pool gives": any(&thing{})}},

	"under pressure / pointers that goroutines exchange stay whole": {{"broken lists": []int{0, 0, 1, 0}}},
	"under pressure / a map keeps its entries": {
		{"entries of the map": func(m map[int]*[2]int) map[int]*[2]int { delete(m, 45000); return m }},
		{"entries of the map": func(m map[int]*[2]int) map[int]*[2]int { m[45000][1]++; return m }},
	},
	"under pressure / stacks grow and move": {{"sums of the stacks": []int{0, 0, 0, 0, 0, 0, 0, 8}}},
	"under pressure / collections forced from all sides are as good as one": {
		{"cycles forced from all sides": int64(0)}, {"nodes lost after collections from all sides": 3},
	},

	"processor / count is that of the machine, or less by a quota": {
		{"GOMAXPROCS that nobody has set": 1 << 20},
		{"GOMAXPROCS that nobody has set": 3, "quota of processors": 1.0},
	},
	"processor / count can be changed while the collector works": {{"nodes lost while GOMAXPROCS changes": 1}},
}

// breakWorkloads adds the broken facts of the grid's cells and of the workloads.
func breakWorkloads() {
	for _, w := range workload.All {
		broken["workload / "+w.Name] = []check.Facts{{"lost by the workload " + w.Name: 1}}
		for _, percent := range gridPercents {
			for _, limit := range gridLimits {
				name := cellName(w, percent, limit)
				is := cell{Percent: percent, Limit: limitOf(w, limit), Operations: 5, Cycles: 9, Allocated: 40 << 30, Live: w.Live, Held: w.Live}
				if percent == off && limit == "none" {
					is.Cycles = 0
				}
				broken["cell / "+name] = brokenCell(name, is)
			}
		}
	}
}

// brokenCell returns a cell's facts, sound and broken: each way that the cell has to be broken.
func brokenCell(name string, is cell) []check.Facts {
	lost, idle, cycles, held := is, is, is, is
	lost.Lost, idle.Operations = 1, 0
	all := []check.Facts{{check.Sound: nil, name: is}, {name: lost}, {name: idle}}
	if cycles.Cycles = 0; is.Percent != off {
		all = append(all, check.Facts{name: cycles})
	} else if cycles.Cycles = 1; is.Limit == 0 {
		all = append(all, check.Facts{name: cycles})
	}
	if held.Held = 1 << 40; is.Limit > 0 {
		all = append(all, check.Facts{name: held})
	}
	return all
}
