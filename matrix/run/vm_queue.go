package run

import (
	"context"
	"slices"
	"sync"
)

// vmQueue hands out cells to workers. A virtual machine runs one process at a time, so vmQueue hands out one cell of such
// a target at a time; meanwhile the workers take cells of other targets instead of waiting.
type vmQueue struct {
	mu    sync.Mutex
	freed *sync.Cond      // uses mu; signaled when a target has become free
	busy  map[string]bool // by target id
}

func newVMQueue() *vmQueue {
	q := &vmQueue{busy: map[string]bool{}}
	q.freed = sync.NewCond(&q.mu)
	return q
}

// next removes and returns the first cell whose target is free, and waits for one if there is none. It returns nil when
// no cells are left or ctx is done. Targets for which exclusive reports true run one cell at a time.
func (q *vmQueue) next(ctx context.Context, cells *[]*cell, exclusive func(target string) bool) *cell {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(*cells) > 0 && ctx.Err() == nil {
		i := slices.IndexFunc(*cells, func(c *cell) bool { return !q.busy[c.Target] })
		if i < 0 {
			q.freed.Wait()
			continue
		}
		c := (*cells)[i]
		*cells = slices.Delete(*cells, i, i+1)
		q.busy[c.Target] = exclusive(c.Target)
		return c
	}
	return nil
}

// release frees the target of a cell that was run.
func (q *vmQueue) release(c *cell) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.busy[c.Target] = false
	q.freed.Broadcast()
}

// wake lets waiting workers see that the context is done.
func (q *vmQueue) wake() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.freed.Broadcast()
}
