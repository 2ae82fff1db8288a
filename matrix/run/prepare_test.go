package run

import (
	"testing"

	"github.com/xcmatrix/xcmatrix/results/store"
)

// A target is served where an item with services is yet to run on it.
func TestServed(t *testing.T) {
	d := &dispatcher{Options: Options{Served: func(item string) bool { return item == "database" }}}
	open := []*cell{newCell(store.CellPlan{Target: "a", Item: "abi"}), newCell(store.CellPlan{Target: "b", Item: "abi"}),
		newCell(store.CellPlan{Target: "b", Item: "database"})}
	for target, want := range map[string]bool{"a": false, "b": true, "c": false} {
		if got := d.served(target, open); got != want {
			t.Errorf("%s: %t", target, got)
		}
	}
}

// A target's machine has the slots that the suite with the most of them needs.
func TestSlots(t *testing.T) {
	d := &dispatcher{Options: Options{Slots: func(item string) int { return map[string]int{"disk": 1, "more": 2}[item] }}}
	open := []*cell{newCell(store.CellPlan{Target: "a", Item: "abi"}), newCell(store.CellPlan{Target: "b", Item: "more"}),
		newCell(store.CellPlan{Target: "b", Item: "disk"})}
	for target, want := range map[string]int{"a": 0, "b": 2, "c": 0} {
		if got := d.slots(target, open); got != want {
			t.Errorf("%s: %d slots, want %d", target, got, want)
		}
	}
}
