package run

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/results/store"
)

func TestVMQueue(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var cells []*cell
	for _, at := range []string{"vm abi", "vm disk", "native abi", "native disk", "vm gc"} {
		target, item, _ := strings.Cut(at, " ")
		cells = append(cells, newCell(store.CellPlan{Target: target, Item: item}))
	}
	queue := newVMQueue()
	defer context.AfterFunc(ctx, queue.wake)()
	alone := func(target string) bool { return target == "vm" }
	take := func(want string) *cell {
		t.Helper()
		c := queue.next(ctx, &cells, alone)
		if c == nil || c.Target+" "+c.Item != want {
			t.Fatalf("took %+v, want %s", c, want)
		}
		return c
	}
	first := take("vm abi")
	take("native abi")
	take("native disk")
	time.AfterFunc(10*time.Millisecond, func() { queue.release(first) })
	take("vm disk") // waited until the target was free
	time.AfterFunc(10*time.Millisecond, cancel)
	if c := queue.next(ctx, &cells, alone); c != nil || len(cells) != 1 {
		t.Errorf("a run that is to end took %+v, and leaves %d", c, len(cells))
	}
}
