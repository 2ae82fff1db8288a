package sched

import (
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/suites/check"
)

func TestSpecsCanFail(t *testing.T) {
	for _, quota := range quotaSizes {
		name := "GOMAXPROCS and runtime.NumCPU with a quota of " + text(quota)
		broken["quota / of "+text(quota)+" processors decides GOMAXPROCS"] = []check.Facts{{name: []int{64, 64}}, {name: []int{1, 64}}}
	}
	for _, procs := range tableProcs {
		name := "work under half a processor: " + rowName(procs)
		wanted, _ := strconv.Atoi(procs) // 0 for the one that Go chooses
		used, counted, many, forced := sound(wanted), sound(wanted), sound(wanted), sound(wanted)
		used.Used, counted.Throttled, many.Throttled, forced.Procs = 0.9, 0, 7, 3
		broken["quota / "+rowName(procs)] = []check.Facts{{check.Sound: nil, name: sound(wanted)}, {name: used}, {name: counted}, {name: many}, {name: forced}}
	}
	for _, d := range disturbances {
		name := d.fact()
		broken["balance / "+d.text()] = []check.Facts{{check.Sound: nil, name: spread{Turns: []int64{9, 8, 9, 9}, Beside: 5}},
			{name: spread{Turns: []int64{9, 8, 9, 0}, Beside: 5}}, {name: spread{Turns: []int64{900, 8, 9, 9}, Beside: 5}}, {name: spread{Turns: []int64{9, 8, 9, 9}}}}
	}
	check.ProveFailures(t, Suite, broken)
}

// sound is a row of the table as it is to be.
func sound(wanted int) quotaRow {
	return quotaRow{Used: 0.5, Throttled: 5, Periods: 6, Procs: max(wanted, 2-wanted), Wanted: wanted}
}

// swapped returns the values of a channel, two of them in the wrong order.
func swapped(values []int) []int {
	values[7], values[8] = values[8], values[7]
	return values
}

var broken = check.BrokenFacts{
	"quota / decides nothing with GODEBUG=containermaxprocs=0":              {{"GOMAXPROCS and runtime.NumCPU with containermaxprocs=0": []int{2, 8}}},
	"quota / decides nothing where the environment has GOMAXPROCS":          {{"GOMAXPROCS and runtime.NumCPU with GOMAXPROCS=3": []int{2, 8}}},
	"quota / of half a processor gives no more than that":                   {{"processors used with a quota of a half": 1.0}, {"processors used with a quota of a half": 0.0}},
	"quota / that is used up is counted as throttled":                       {{"throttled periods, and periods": []float64{0, 7}}, {"throttled periods, and periods": []float64{8, 7}}},
	"quota / of a parent group holds for its child, whatever GOMAXPROCS is": {{"processors used with a quota of the parent group, and GOMAXPROCS": []float64{1.9, 2}}},
	"quota / of a parent group decides GOMAXPROCS as the group's own would, or does not at all": {
		{check.Sound: nil, "GOMAXPROCS and runtime.NumCPU with a quota of the parent group": []int{4, 4}}, {check.Sound: nil, "GOMAXPROCS and runtime.NumCPU with a quota of the parent group": []int{2, 4}},
		{"GOMAXPROCS and runtime.NumCPU with a quota of the parent group": []int{3, 4}}, {"GOMAXPROCS and runtime.NumCPU with a quota of the parent group": []int{1, 4}},
	},
	"quota / of half a processor costs with GOMAXPROCS=8 not nearly eight times as much as with 1": {{check.Sound: nil, "seconds with GOMAXPROCS of 1 and of 8": []float64{1, 1.2}}, {"seconds with GOMAXPROCS of 1 and of 8": []float64{1.2, 9.7}}},
	"balance / within a mask of one processor is even, and stays there": {
		{check.Sound: nil, "processor of a mask, and spread of four goroutines there": masked{1, spread{Turns: []int64{5, 5, 6}, Processors: map[int]int64{1: 16}}}},
		{"processor of a mask, and spread of four goroutines there": masked{1, spread{Turns: []int64{5, 5, 6}, Processors: map[int]int64{1: 15, 0: 1}}}},
		{"processor of a mask, and spread of four goroutines there": masked{1, spread{Turns: []int64{5, 0, 6}, Processors: map[int]int64{1: 16}}}},
	},
	"balance / within a quota of half a processor leaves no goroutine out": {
		{check.Sound: nil, "spread of four goroutines under half a processor": spread{Turns: []int64{5, 5, 6}}},
		{"spread of four goroutines under half a processor": spread{Turns: []int64{5, 0, 6}}}, {"spread of four goroutines under half a processor": spread{}},
	},
	"quota / of half a processor costs with GOMAXPROCS=8 no less than with 1": {{"seconds of work under half a processor with GOMAXPROCS of 1 and 8": []float64{1, 0.5}}},

	"mask / of one processor makes GOMAXPROCS one":                          {{"GOMAXPROCS and runtime.NumCPU on one processor": []int{2, 1}}, {"GOMAXPROCS and runtime.NumCPU on one processor": []int{1, 2}}},
	"mask / of all processors makes GOMAXPROCS as many, or less by a quota": {{"GOMAXPROCS, runtime.NumCPU and processors of the mask": []int{4, 4, 3}}, {"GOMAXPROCS, runtime.NumCPU and processors of the mask": []int{5, 4, 4}}},
	"mask / of the last processor keeps every thread there":                 {{"processors of a mask, and those run on": [][]int{{3}, {2, 3}}}},
	"mask / that changes is followed by GOMAXPROCS":                         {{"GOMAXPROCS before and after the mask became one processor": []int{4, 4}}},
	"mask / that changes is not followed with GODEBUG=updatemaxprocs=0":     {{"GOMAXPROCS before and after, with updatemaxprocs=0": []int{4, 1}}},
	"mask / of a thread has no processor that is offline":                   {{check.Sound: nil, "processors of this thread, and offline ones": [][]int{{0, 1}, {2, 3}}}, {"processors of this thread, and offline ones": [][]int{{0, 1}, {1}}}},
	"mask / never has more processors than are possible": {
		{check.Sound: nil, "processors that are possible, present and online": [][]int{{0, 1, 2}, {0, 1}, {0}}},
		{"processors that are possible, present and online": [][]int{{0}, {0, 1}, {0}}}, {"processors that are possible, present and online": [][]int{{0, 1, 2}, {0, 1}, {0, 2}}},
	},
	"mask / loses a processor that is taken offline": {{check.Sound: nil, "runtime.NumCPU with every processor, and with one offline": []int{4, 3}}, {"runtime.NumCPU with every processor, and with one offline": []int{4, 4}}},

	"balance / of two busy goroutines for each processor is even": {{"turns of two goroutines for each processor": []int64{9, 9, 9, 0}}, {"turns of two goroutines for each processor": []int64{1000, 9, 9, 9}}},
	"balance / of busy goroutines leaves no processor out":        {{"processors that two goroutines for each ran on, and processors there are": []int{1, 2}}},
	"balance / of 64 busy goroutines is even, among them and over processors": {
		{check.Sound: nil, "spread of 64 busy goroutines": spread{Turns: []int64{5, 5, 6}, Processors: map[int]int64{0: 8, 1: 8}}},
		{"spread of 64 busy goroutines": spread{Turns: []int64{5, 0, 6}, Processors: map[int]int64{0: 8, 1: 8}}},
		{"spread of 64 busy goroutines": spread{Turns: []int64{500, 5, 6}, Processors: map[int]int64{0: 8, 1: 8}}},
		{"spread of 64 busy goroutines": spread{Turns: []int64{5, 5, 6}, Processors: map[int]int64{0: 100, 1: 1}}},
	},
	"balance / lets goroutines go on on other processors":                             {{"goroutines that went on on another processor": int64(0)}},
	"balance / takes a goroutine from the queue of a busy processor":                  {{"time until a goroutine of a busy processor was taken": 2 * time.Second}},
	"balance / beside a process that is always busy leaves about half of a processor": {{"CPU seconds beside a busy process on the same processor, and its own": []float64{0.01, 0.3}}},
	"balance / over NUMA nodes leaves none out":                                       {{"nodes that goroutines ran on, and nodes with processors of this process": []int{1, 2}}},

	"blocked / system calls of many goroutines leave every processor to others":               {{"counts while 32 goroutines block in system calls": int64(0)}},
	"blocked / reads that block end when there is something to read":                          {{"blocked reads of 16 that ended": 15}},
	"blocked / connections all wake when each has something to read":                          {{"connections of 100 that woke": 99}},
	"blocked / read of the network ends at its deadline, and not before":                      {{"how late a read's deadline of 20 ms ended it": -time.Millisecond}},
	"blocked / read of the network ends when the connection is closed":                        {{"answer of a read whose connection is closed": nil}, {"answer of a read whose connection is closed": errors.New("another")}},
	"blocked / read of a pipe through the poller ends when the other end is closed":           {{"bytes and error of a read from a pipe that was closed": "data"}},
	"blocked / timers on one processor fire none before its time":                             {{"least time by which one of 20 timers was late": -time.Microsecond}},
	"blocked / timer that is made earlier fires at the earlier time":                          {{"time until a timer that was made earlier fired": 4 * time.Millisecond}, {"time until a timer that was made earlier fired": time.Hour}},
	"blocked / timer that is stopped leaves no old time in its channel":                       {{"times in the channel of a timer that was stopped after it had fired": 1}},
	"blocked / ticker that is not read keeps one tick and not all":                            {{"ticks at once after 20 periods": 20}, {"ticks at once after 20 periods": 0}},
	"blocked / locked thread runs no other goroutine":                                         {{"goroutines that ran on a locked thread": 1}},
	"blocked / locked goroutine comes back to its thread after it has waited":                 {{"threads of a locked goroutine that waits 50 times": []int{7, 8}}},
	"blocked / locked goroutines can be more than processors":                                 {{"locked goroutines of 20 that came to their end": int64(19)}},
	"blocked / unlock counts: a goroutine locked twice is locked until it has unlocked twice": {{"threads of a goroutine locked twice and unlocked once": 2}},
	"blocked / garbage collection stops goroutines that never call":                           {{"garbage collections beside goroutines that never call": 1}},
	"blocked / GOMAXPROCS can be changed while goroutines run":                                {{"GOMAXPROCS as set and as read, and lost counts": []int{1, 1, 3, 2, 2, 2, 0}}, {"GOMAXPROCS as set and as read, and lost counts": []int{1, 1, 3, 3, 2, 2, 1}}},
	"operation / scaling": {{"work done by processors": []scaled{}}, {"work done by processors": []scaled{{1, 10}, {2, 0}}}},

	"goroutine / without calls gives way to others on one processor":       {{"another goroutine ran beside one without calls": false}},
	"goroutine / in a blocking system call leaves its processor to others": {{"answer of a read that blocks its thread": "none"}, {"answer of a read that blocks its thread": "bad file descriptor"}},
	"goroutine / waiting for the network holds no thread":                  {{"threads more for 50 connections": 50}},
	"goroutine / is one of ten thousand that all come to their end":        {{"sum of ten thousand goroutines": int64(9999 * 9998 / 2)}},
	"goroutine / is not starved among four for each processor":             {{"goroutines that had no turn": []int{3}}},
	"goroutine / queue of one processor is emptied by the others":          {{"threads that emptied a queue": 1}},
	"goroutine / count in runtime/metrics is the runtime's":                {{"goroutines in runtime/metrics": 99}, {"goroutines in runtime/metrics": 1 << 20}},
	"goroutine / that ends in Goexit runs what it deferred":                {{"what ran after Goexit": []string{"inner"}}, {"what ran after Goexit": []string{"outer", "inner"}}},
	"lock / keeps all but one out":                                         {{"most inside a lock at once, and entries": []int{2, 16000}}, {"most inside a lock at once, and entries": []int{1, 15999}}},
	"lock / comes round to one who asks rarely":                            {{"who asks rarely got the lock": false}},
	"lock / for writing is not put off by readers without end":             {{"a writer got the lock": false}},
	"lock / condition wakes all who wait":                                  {{"goroutines that wait for a condition": int64(19)}, {"goroutines that a condition woke": int64(1)}},
	"lock / of once lets one in and the others wait for it":                {{"runs of a sync.Once, and who did not wait": []int64{2, 0}}, {"runs of a sync.Once, and who did not wait": []int64{1, 3}}},
	"channel / keeps the order and loses nothing, with and without room":   {{"values of a channel": swapped}, {"values of a channel": func(v []int) []int { return v[:4999] }}},
	"channel / among many ready ones is chosen by chance":                  {{"choices of a select": [4]int{4000, 0, 0, 0}}, {"choices of a select": [4]int{1400, 900, 900, 800}}},
	"channel / with many senders and receivers carries each value once":    {{"sum of what many sent": int64(4000*3999/2 + 1)}},
	"timer / fires after its time, never before":                           {{"how much later than set a timer fired": -time.Microsecond}},
	"timer / is one of a thousand that all fire":                           {{"timers of a thousand that fired": int64(999)}},
	"timer / stopped in time does not fire":                                {{"a timer was active when stopped, stopped again, reset": []bool{false, false, false}}, {"a timer that was reset fired": false}},
	"timer / that ticks keeps to the clock, not to its reader":             {{"from the first tick to the tenth after it": 80 * time.Millisecond}},
	"timer / wakes a processor that sleeps":                                {{"sleep of 10 ms on one processor": 9 * time.Millisecond}},
	"thread / of a locked goroutine stays its own":                         {{"threads of two locked goroutines": []int{7, 7}}, {"threads of two locked goroutines": []int{7, 8, -1}}},
	"thread / of a goroutine that ends locked ends too":                    {{"a signal to the thread of what ended locked": nil}, {"a signal to the thread of what ended locked": errors.New("another")}},
	"thread / pinned to a processor runs there, on each in turn":           {{"processors pinned to, and run on": [][2]int{{0, 0}, {1, 0}}}},
	"thread / set spreads over every processor that it may":                {{"processors that threads may spread over": 2, "processors that threads spread over": 1}},
	"topology / processors that may be used are online": {
		{check.Sound: nil, "processors online": []int{0, 1, 2}, "processors that this process may use": []int{0, 2}, "runtime.NumCPU": 2},
		{"processors online": []int{0, 1}, "processors that this process may use": []int{0, 2}, "runtime.NumCPU": 2},
		{"processors online": []int{0, 1, 2}, "processors that this process may use": []int{0, 2}, "runtime.NumCPU": 3},
	},
	"topology / nodes hold every processor once": {
		{check.Sound: nil, "processors online": []int{0, 1, 2}, "processors of each node": map[int][]int{0: {0, 2}, 1: {1}}},
		{"processors online": []int{0, 1, 2}, "processors of each node": map[int][]int{0: {0}, 1: {1}}},
		{"processors online": []int{0, 1, 2}, "processors of each node": map[int][]int{0: {0, 2}, 1: {1, 2}}},
	},
	"topology / nodes are nearest to themselves, and as far from each other both ways": {
		{check.Sound: nil, "distances of nodes, in the nodes' order": [][]string{{"10", "20"}, {"21", "10"}}},
		{"distances of nodes, in the nodes' order": [][]string{{"10", "20"}, {"20", "11"}}},
		{"distances of nodes, in the nodes' order": [][]string{{"10", "20"}, {"20"}}},
	},
	"topology / node that getcpu names holds the processor that it names": {
		{check.Sound: nil, "processors of each node": map[int][]int{0: {0, 2}, 1: {1}}, "processor and node by getcpu": [2]int{1, 1}},
		{"processors of each node": map[int][]int{0: {0, 2}, 1: {1}}, "processor and node by getcpu": [2]int{1, 0}},
		{"processors of each node": map[int][]int{0: {0, 2}, 1: {1}}, "processor and node by getcpu": [2]int{0, 3}},
	},
	"topology / processor is among its own core's threads, and its package's": {
		{check.Sound: nil, "threads of each processor's core, and of its package": map[int][][]int{0: {{0, 1}, {0, 1, 2, 3}}}},
		{"threads of each processor's core, and of its package": map[int][][]int{0: {{1}, {0, 1, 2, 3}}}},
		{"threads of each processor's core, and of its package": map[int][][]int{0: {{0, 1}, {1, 2, 3}}}},
	},
}
