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
	"memory / setting GOGC=37 is read from the environment":              {{"GOGC of a process with GOGC=37": uint64(100)}},
	"memory / setting GOGC=400 is read from the environment":             {{"GOGC of a process with GOGC=400": uint64(100)}},
	"memory / setting GOMEMLIMIT=64MiB is read from the environment":     {{"GOMEMLIMIT of a process with GOMEMLIMIT=64MiB": uint64(64)}},
	"memory / setting GOMEMLIMIT=123456789 is read from the environment": {{"GOMEMLIMIT of a process with GOMEMLIMIT=123456789": uint64(noLimit)}},
	"memory / setting GOMEMLIMIT=off is read from the environment":       {{"GOMEMLIMIT of a process with GOMEMLIMIT=off": uint64(0)}},
	"memory / limit keeps garbage within a control group that is hardly larger": {
		{"signal and kills of a process with garbage below its group's limit": []int{9, 1}}, {"signal and kills of a process with garbage below its group's limit": []int{0, 1}},
	},
	"memory / without a limit grows with GOGC=off until a control group ends it":              {{"signal and kills of a process with garbage and GOGC=off": []int{0, 0}}},
	"memory / in use beyond a control group's limit ends the process, whatever GOMEMLIMIT is": {{"signal and kills of a process with more in use than its group may have": []int{9, 0}}, {"signal and kills of a process with more in use than its group may have": []int{0, 0}}},
	"memory / that is enough counts no process as ended by the kernel":                        {{"signal and kills of a process with less in use than its group may have": []int{0, 1}}},
	"memory / close to the limit is collected again and again, and the program goes on": {
		{"collector and program close to the limit": spiral{Blocks: 0, Cycles: 9}}, {"collector and program close to the limit": spiral{Blocks: 9, Cycles: 1}},
	},
	"memory / beyond the limit is a death spiral, which runtime/metrics shows": {
		{check.Sound: nil, "collector and program until it gives up the limit": spiral{Blocks: 9, Cycles: 30, Share: 0.6, GaveUp: true}},
		{"collector and program until it gives up the limit": spiral{Blocks: 9, Cycles: 30, Share: 0.6}}, {"collector and program until it gives up the limit": spiral{Blocks: 9, Cycles: 30, Share: 0.1, GaveUp: true}},
		{"collector and program until it gives up the limit": spiral{Blocks: 9, Cycles: 2, Share: 0.6, GaveUp: true}},
	},
	"memory / far below the limit is no death spiral": {
		{check.Sound: nil, "collector and program far below the limit": spiral{Blocks: 9}}, {check.Sound: nil, "collector and program far below the limit": spiral{Blocks: 9, Cycles: 2, GaveUp: true}},
		{"collector and program far below the limit": spiral{Blocks: 9, Cycles: 30, GaveUp: true}}, {"collector and program far below the limit": spiral{}},
	},
	"memory / death for want of memory in a control group is the kernel's by the group's count": {
		{check.Sound: nil, "death of a process with more in use than its group may have": death{Signal: 9, Status: -1, Kills: 1}},
		{"death of a process with more in use than its group may have": death{Signal: 9, Status: -1}}, {"death of a process with more in use than its group may have": death{}},
	},
	"memory / death by SIGKILL of another process is not taken for one for want of memory": {
		{check.Sound: nil, "death of a process that another one kills": death{Signal: 9, Status: -1}},
		{"death of a process that another one kills": death{Signal: 9, Status: -1, Kills: 1}}, {"death of a process that another one kills": death{Status: 2}},
	},
	"memory / death for want of address space is the runtime's by what it says": {
		{check.Sound: nil, "death of a process whose address space is limited": death{Status: 2, Said: "fatal error: runtime: out of memory"}},
		{"death of a process whose address space is limited": death{Status: 2, Said: "panic: nil"}}, {"death of a process whose address space is limited": death{Signal: 9, Said: "out of memory"}},
	},
	"memory / end without a fault is no death": {
		{check.Sound: nil, "end of a process with enough memory": death{}}, {"end of a process with enough memory": death{Signal: 9, Kills: 1}}, {"end of a process with enough memory": death{Signal: 11}},
	},
	"memory / given back is no longer resident":                                                 {{"resident memory with 64 MiB in use, and after they were given back": []uint64{90 << 20, 89 << 20}}},
	"memory / of the heap is aligned to the kernel's pages":                                     {{"size of a page, and remainder of a large block's address": []uint64{4096, 16}}, {"size of a page, and remainder of a large block's address": []uint64{512, 0}}},
	"memory / held by the runtime is not less than what is in use":                              {{"bytes held, and in use after a cycle": []uint64{4, 5}}},
	"memory / resident is not more than its peak":                                               {{"resident memory and its peak": []uint64{0, 5 << 20}}, {"resident memory and its peak": []uint64{9 << 20, 5 << 20}}},
	"memory / of transparent huge pages is a mode that the kernel knows":                        {{"mode of transparent huge pages": ""}},
	"memory / of huge pages is a multiple of the page":                                          {{"size of a huge page, and of a page": []uint64{4096, 4096}}, {"size of a huge page, and of a page": []uint64{2 << 20, 4097}}},
	"memory / of the process lies on NUMA nodes that there are":                                 {{"nodes that memory lies on, and nodes that have memory": [][]int{{}, {0}}}, {"nodes that memory lies on, and nodes that have memory": [][]int{{1}, {0}}}},
	"memory / charged to the control group is not less than the process's own anonymous memory": {{check.Sound: nil, "bytes charged to the group, and written to": []uint64{70 << 20, 64 << 20}}, {"bytes charged to the group, and written to": []uint64{0, 64 << 20}}, {"bytes charged to the group, and written to": []uint64{1 << 30, 64 << 20}}},
	"memory / collection by time comes without allocations":                                     {{"cycles in 130 s without allocations": uint64(0)}},

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

	"setting / of the collector is that of the build key": {{check.Sound: nil, "collector of the build key, and of the program": []string{"classic", "classic"}}, {"collector of the build key, and of the program": []string{"classic", "greentea"}}},

	"work / allocates the same at every GOGC": {
		{"bytes allocated at GOGC=50": uint64(100 << 20), "bytes allocated at GOGC=200": uint64(149 << 20)},
	},
	"work / costs fewer cycles as GOGC rises": {
		{"cycles at GOGC of 50, 100 and 400": []uint64{4, 4, 4}}, {"cycles at GOGC of 50, 100 and 400": []uint64{4, 8, 16}},
	},
	"advice / GOGC=75 shortens no stop of the world by a third": {
		{check.Sound: nil, "median stops of the world with GOGC of 75 and of 100, in seconds": []float64{8e-6, 9e-6}}, {"median stops of the world with GOGC of 75 and of 100, in seconds": []float64{18.4e-3, 32.1e-3}},
	},
	"advice / GOGC=80 costs hardly fewer cycles than 75": {
		{check.Sound: nil, "cycles with GOGC of 75 and of 80": []uint64{17, 16}}, {"cycles with GOGC of 75 and of 80": []uint64{17, 9}},
		{"cycles with GOGC of 75 and of 80": []uint64{9, 16}}, {"cycles with GOGC of 75 and of 80": []uint64{0, 0}},
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
