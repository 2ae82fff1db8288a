package run

import (
	"context"
	"slices"
	"sync"
)

// turns has cells of one virtual machine, which runs one process at a time, wait for each other without a worker that
// waits with them.
type turns struct {
	mu    sync.Mutex
	freed *sync.Cond // on mu
	busy  map[string]bool
}

func newTurns() *turns {
	t := &turns{busy: map[string]bool{}}
	t.freed = sync.NewCond(&t.mu)
	return t
}

// next takes the first of the cells whose turn it can be; nil when there are no more, or the run is to end. Targets that
// are alone run one cell at a time.
func (t *turns) next(ctx context.Context, cells *[]*cell, alone func(target string) bool) *cell {
	t.mu.Lock()
	defer t.mu.Unlock()
	for len(*cells) > 0 && ctx.Err() == nil {
		i := slices.IndexFunc(*cells, func(c *cell) bool { return !t.busy[c.Target] })
		if i < 0 {
			t.freed.Wait()
			continue
		}
		c := (*cells)[i]
		*cells = slices.Delete(*cells, i, i+1)
		t.busy[c.Target] = alone(c.Target)
		return c
	}
	return nil
}

// end lets the target's next cell in.
func (t *turns) end(c *cell) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.busy[c.Target] = false
	t.freed.Broadcast()
}

// wake has those who wait see that the run is to end.
func (t *turns) wake() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.freed.Broadcast()
}
