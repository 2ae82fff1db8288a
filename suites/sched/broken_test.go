package sched

import (
	"errors"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/suites/check"
)

func TestSpecsCanFail(t *testing.T) { check.ProveFailures(t, Suite, broken) }

// swapped returns the values of a channel, two of them in the wrong order.
func swapped(values []int) []int {
	values[7], values[8] = values[8], values[7]
	return values
}

var broken = check.BrokenFacts{
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
