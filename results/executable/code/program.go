package code

import (
	"cmp"
	"encoding/binary"
	"maps"
	"slices"
	"sort"
	"sync"
)

// program is the code of one file while it is looked through.
type program struct {
	isa
	blocks    []Block
	file      File
	functions []Function
	flags     map[uint64]bool
	limits    map[uint64]bool     // of numbers that an initialisation has stored soon after it read a flag
	callers   map[uint64][]uint64 // by the called function's address: the calls' addresses
	flows     map[uint64]*flow    // by the function's address
	entries   map[int]Guard       // by the function's index: what guards every call of it
	inData    map[uint64]bool
}

// maxUses bounds the functions that are listed, and maxFunction the instructions of one that is followed.
const (
	maxUses     = 2000
	maxFunction = 200_000
	maxDepth    = 6
)

// find returns the functions that have optional instructions, each once, by their index.
func (p *program) find() (found []int) {
	for _, b := range p.blocks {
		for at := 0; at+4 <= len(b.Bytes); at += 4 {
			if p.optional(binary.LittleEndian.Uint32(b.Bytes[at:])) == "" {
				continue
			}
			i := p.functionOf(b.Addr + uint64(at))
			if i < 0 {
				continue
			}
			if len(found) == 0 || found[len(found)-1] != i {
				found = append(found, i)
			}
			if _, end := p.extent(i); end > b.Addr { // the rest of it is looked through later
				at = max(at, int(min(end-b.Addr, uint64(len(b.Bytes))))-4)
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// functionOf returns the index of the function that an address lies in; -1 for none.
func (p *program) functionOf(addr uint64) int {
	return sort.Search(len(p.functions), func(i int) bool { return p.functions[i].Addr > addr }) - 1
}

// extent returns where a function begins and ends.
func (p *program) extent(i int) (from, to uint64) {
	from, to = p.functions[i].Addr, ^uint64(0)
	if i+1 < len(p.functions) {
		to = p.functions[i+1].Addr
	}
	for _, b := range p.blocks {
		if end := b.Addr + uint64(len(b.Bytes)); from >= b.Addr && from < end {
			return from, min(to, end)
		}
	}
	return from, from
}

// words returns the instructions of a function, at most maxFunction.
func (p *program) words(i int) []byte {
	from, to := p.extent(i)
	for _, b := range p.blocks {
		if from >= b.Addr && to <= b.Addr+uint64(len(b.Bytes)) && to-from >= 4 {
			return b.Bytes[from-b.Addr : min(to-b.Addr, from-b.Addr+4*maxFunction)]
		}
	}
	return nil
}

// starts returns the addresses at which functions begin.
func (p *program) starts() map[uint64]bool {
	starts := make(map[uint64]bool, len(p.functions))
	for _, f := range p.functions {
		starts[f.Addr] = true
	}
	return starts
}

// uses returns the uses of optional instructions in a function, one for each feature.
func (p *program) uses(i int) (all []Use) {
	f := p.functions[i]
	flow := p.flow(i)
	words := p.words(i)
	entry := sync.OnceValue(func() Guard { return p.entry(i, maxDepth) })
	byFeature := map[string]*Use{}
	for at := 0; at+4 <= len(words); at += 4 {
		word := binary.LittleEndian.Uint32(words[at:])
		feature := p.optional(word)
		if feature == "" {
			continue
		}
		guard, reached := flow.guard(at / 4)
		if !reached {
			guard = Tested // data, or code that nothing leads to
		}
		if guard != Tested && (guard == None || entry() == Tested) { // only a test that is sure outdoes one that reads too much
			guard = better(guard, entry())
		}
		u := byFeature[feature]
		if u == nil {
			u = &Use{Function: f.Name, Addr: f.Addr, Feature: feature, Guard: guard, First: p.text(word), FirstAddr: f.Addr + uint64(at)}
			byFeature[feature] = u
		}
		u.Instructions++
		if rank(guard) < rank(u.Guard) {
			u.Guard, u.First, u.FirstAddr = guard, p.text(word), f.Addr+uint64(at)
		}
	}
	for _, u := range byFeature {
		all = append(all, *u)
	}
	slices.SortFunc(all, func(a, b Use) int { return cmp.Compare(a.Feature, b.Feature) })
	return all
}

// whole returns the uses of optional instructions in a file whose functions are not known, or in which nothing can be seen to ask the
// processor.
func (p *program) whole() []Use {
	byFeature := map[string]*Use{}
	for _, b := range p.blocks {
		for at := 0; at+4 <= len(b.Bytes); at += 4 {
			word := binary.LittleEndian.Uint32(b.Bytes[at:])
			feature := p.optional(word)
			if feature == "" {
				continue
			}
			u := byFeature[feature]
			if u == nil {
				u = &Use{Feature: feature, Guard: None, First: p.text(word), FirstAddr: b.Addr + uint64(at), Addr: b.Addr}
				if i := p.functionOf(u.FirstAddr); i >= 0 {
					u.Function, u.Addr = p.functions[i].Name, p.functions[i].Addr
				}
				if p.file.Indirect || p.file.Asks {
					u.Guard = Unknown
				}
				byFeature[feature] = u
			}
			u.Instructions++
		}
	}
	all := []Use{}
	for _, feature := range slices.Sorted(maps.Keys(byFeature)) {
		all = append(all, *byFeature[feature])
	}
	return all
}
