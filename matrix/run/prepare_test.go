package run

import (
	"context"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/store"
)

type server struct{}

func (server) Name() string { return "server" }
func (server) Start(context.Context, string) (env []string, stop func(), err error) {
	return nil, nil, nil
}

// A target is served where an item with services is yet to run on it.
func TestServed(t *testing.T) {
	d := &dispatcher{Options: Options{Services: func(item string) []Service {
		if item == "database" {
			return []Service{server{}}
		}
		return nil
	}}}
	open := []*cell{newCell(store.CellPlan{Target: "a", Item: "abi"}), newCell(store.CellPlan{Target: "b", Item: "abi"}),
		newCell(store.CellPlan{Target: "b", Item: "database"})}
	for target, want := range map[string]bool{"a": false, "b": true, "c": false} {
		if got := d.served(target, open); got != want {
			t.Errorf("%s: %t", target, got)
		}
	}
}
