package workload

import "sync/atomic"

// entry is an object of the cache: four pointers and a payload, 128 bytes.
type entry struct {
	left, right, before, after *entry
	key                        int
	_                          [88]byte // its content
}

const (
	heapEntries = 48 << 20 / 128
	heapLists   = 4096 // each of heapEntries/heapLists entries
)

// cache is a big heap that is in use: lists of entries, of which an operation replaces one.
type cache struct {
	lists [heapLists]atomic.Pointer[entry]
}

func startHeap() program {
	c := &cache{}
	for i := range c.lists {
		c.lists[i].Store(newList(i))
	}
	return c
}

// newList makes a list whose entries point to each other in three ways.
func newList(key int) (first *entry) {
	for range heapEntries / heapLists {
		e := &entry{after: first, key: key}
		if first != nil {
			first.before, e.left, e.right = e, first, first.after
		}
		first = e
	}
	return first
}

func (c *cache) operation(worker, n int) int {
	at := (n*61 + worker*1021) % heapLists
	old := c.lists[at].Swap(newList(at))
	return badEntries(old, at)
}

// badEntries returns how many of a list's entries are missing or not the list's.
func badEntries(list *entry, key int) (bad int) {
	good := 0
	for e := list; e != nil; e = e.after {
		if e.key == key && (e.after == nil || e.after.before == e) {
			good++
		}
	}
	return heapEntries/heapLists - good
}

func (c *cache) stop() (lost int) {
	for i := range c.lists {
		lost += badEntries(c.lists[i].Load(), i)
	}
	return lost
}
