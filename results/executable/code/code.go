// Package code looks through machine code for instructions that not every processor of an architecture has, and for the test of the
// processor's features that has to stand before them.
//
// It follows the constants, flags and branches within a function. A flag is a byte that a package named cpu has stored, or one that a
// package's initialisation has stored soon after it read a flag. An instruction counts as guarded where every path to it passes a branch that is only
// taken when a flag is set, in its own function or before the calls of it.
package code

import (
	"cmp"
	"encoding/binary"
	"maps"
	"regexp"
	"slices"
	"sort"
	"sync"
)

// Block is code of a file, with the address at which it is loaded.
type Block struct {
	Addr  uint64
	Bytes []byte
}

// Function is where a function begins.
type Function struct {
	Name string
	Addr uint64
}

// Guard says what stands before instructions that not every processor has.
type Guard string

// Guards, from the worst on.
const (
	None    Guard = "none"    // a path without a test of the processor's features leads to them
	Wide    Guard = "wide"    // the test reads more bytes than the flag has, so that what lies beside it decides, too
	Unknown Guard = "unknown" // a table or an IFUNC leads there, or a comparison with a number: a test may stand before that
	Unused  Guard = "unused"  // nothing in the file leads to the function
	Tested  Guard = "tested"  // every path passes a test
)

func rank(g Guard) int { return slices.Index([]Guard{None, Wide, Unknown, Unused, Tested}, g) }

func worse(a, b Guard) Guard {
	if rank(a) <= rank(b) {
		return a
	}
	return b
}

func better(a, b Guard) Guard {
	if rank(a) >= rank(b) {
		return a
	}
	return b
}

// Use is a function that has instructions of a feature.
type Use struct {
	Function     string `json:"function"`
	Addr         uint64 `json:"addr"`
	Feature      string `json:"feature"` // as in the machine's list of features: "lsx", "sm3"
	Instructions int    `json:"instructions"`
	First        string `json:"first"` // the first instruction that is least guarded, disassembled
	FirstAddr    uint64 `json:"first_addr"`
	Guard        Guard  `json:"guard"`
}

// Usage says what a file uses of what not every processor has.
type Usage struct {
	Read  bool  `json:"read"` // the architecture is one whose code can be read, and the file has code
	Flags int   `json:"flags"`
	Uses  []Use `json:"uses"`
}

// Unguarded returns the uses that a processor without the feature would run into.
func (u Usage) Unguarded() []Use {
	return slices.DeleteFunc(slices.Clone(u.Uses), func(use Use) bool { return use.Guard != None && use.Guard != Wide })
}

// File is what of a file is looked through.
type File struct {
	Code, Data []Block
	Functions  []Function // in the order of their addresses
	Go         bool       // a Go program: its tests can be followed
	Indirect   bool       // functions are chosen while the file is loaded, so that a test may stand where it cannot be seen
	Asks       bool       // it calls what tells the processor's features
}

// Arch reads the code of an architecture.
type Arch interface {
	// Look returns the use of optional instructions in a file.
	Look(f File) Usage
}

// Find returns the reader of an architecture's code, and whether there is one.
func Find(goarch string) (Arch, bool) {
	switch goarch {
	case "loong64":
		return arch{loong64{}}, true
	case "arm64":
		return arch{arm64{}}, true
	}
	return nil, false
}

// An isa decodes the instructions of one instruction set, all of which have four bytes.
type isa interface {
	// optional returns the feature that an instruction needs; "" for one that every processor has.
	optional(word uint32) string
	// step is what an instruction does to constants, flags and control.
	step(word uint32, pc uint64) effect
	// text disassembles an instruction.
	text(word uint32) string
}

// effect is what one instruction does. Registers are numbered from 0; -1 for none.
type effect struct {
	kind     kind
	to, from int    // registers
	value    uint64 // an address, an offset or a branch's target
	width    int    // bytes of a load or store
	ifZero   bool   // of a branch: it is taken where the register is zero
	clears   bool   // the condition flags are changed
	more     [2]int // other registers that are changed in an unknown way, each plus one
}

type kind int

const (
	other       kind = iota // to is changed in an unknown way
	nothing                 // no register is changed
	constant                // to = value
	addConstant             // to = from + value
	load                    // to = width bytes at from + value
	store                   // width bytes at from + value = to
	move                    // to = from, or the lowest bits of it
	compareZero             // the condition flags tell whether from is zero
	jump                    // to value
	branch                  // to value, where from is zero or not
	branchFlags             // to value, by the condition flags
	branchOther             // to value, for another reason
	call                    // of value
	callOther               // of what a register holds
	end                     // a return, or a jump to what a register holds
)

type arch struct{ isa }

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

// Look implements Arch.
func (a arch) Look(f File) Usage {
	p := &program{isa: a.isa, blocks: f.Code, file: f, functions: f.Functions, flags: map[uint64]bool{}, limits: map[uint64]bool{},
		callers: map[uint64][]uint64{}, flows: map[uint64]*flow{}, entries: map[int]Guard{}}
	u := Usage{Read: len(f.Code) > 0, Uses: []Use{}}
	if !f.Go || len(f.Functions) == 0 {
		u.Uses = p.whole()
		return u
	}
	found := p.find()
	if len(found) == 0 {
		return u
	}
	p.findFlags()
	p.findCalls()
	u.Flags = len(p.flags)
	for _, f := range found {
		if len(u.Uses) < maxUses {
			u.Uses = append(u.Uses, p.uses(f)...)
		}
	}
	slices.SortStableFunc(u.Uses, func(a, b Use) int {
		return cmp.Or(cmp.Compare(rank(a.Guard), rank(b.Guard)), cmp.Compare(a.Addr, b.Addr))
	})
	return u
}

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

// Names of the functions that ask the processor, and of those that keep what follows from the answers. They are made when first used.
var (
	detects = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(^|/)(cpu|cpuid)\.|^runtime\.initAlgAES$`) })
	keeps   = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`\.init(\.\d+)?$|\.map\.init\.\d+$|^runtime\.(cpuinit|schedinit|alginit)$`)
	})
)

// findFlags finds the flags: bytes that package cpu stores, and then what initialisations make of them.
func (p *program) findFlags() {
	var inits []int
	for i, f := range p.functions {
		switch {
		case detects().MatchString(f.Name):
			p.follow(i, true)
		case keeps().MatchString(f.Name):
			inits = append(inits, i)
		}
	}
	for range 4 { // a flag may follow from one that follows from another
		before := len(p.flags)
		for _, i := range inits {
			p.follow(i, false)
		}
		if len(p.flags) == before {
			return
		}
	}
}

// soon is the number of instructions between the reading of a flag and the storing of what follows from it.
const soon = 24

// follow goes through a function from its beginning to its end, whatever it branches to, and takes the addresses to which it stores:
// all of them, or those that it stores to soon after it has read a flag.
func (p *program) follow(i int, all bool) {
	var r registers
	words := p.words(i)
	from, read := p.functions[i].Addr, -soon-1
	for at := 0; at+4 <= len(words); at += 4 {
		e := p.step(binary.LittleEndian.Uint32(words[at:]), from+uint64(at))
		if (all || at/4-read <= soon) && e.kind == store && e.from >= 0 && r[e.from].kind == address {
			kept := p.limits
			if e.width == 1 {
				kept = p.flags
			}
			kept[r[e.from].value+e.value] = true
		}
		r.apply(e, p)
		if e.kind == load && e.to >= 0 && r[e.to].kind == flagValue {
			read = at / 4
		}
	}
}

// findCalls finds the calls of functions, and the jumps to their beginnings.
func (p *program) findCalls() {
	starts := p.starts()
	for _, b := range p.blocks {
		for at := 0; at+4 <= len(b.Bytes); at += 4 {
			e := p.step(binary.LittleEndian.Uint32(b.Bytes[at:]), b.Addr+uint64(at))
			if (e.kind == call || e.kind == jump) && starts[e.value] && len(p.callers[e.value]) < 1000 {
				p.callers[e.value] = append(p.callers[e.value], b.Addr+uint64(at))
			}
		}
	}
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

// entry returns what guards every call of a function, looking at callers of callers down to a depth. It keeps the result.
func (p *program) entry(i, depth int) Guard {
	if g, is := p.entries[i]; is {
		return g
	}
	p.entries[i] = Tested // where it calls itself: its other callers decide
	p.entries[i] = p.calls(i, depth)
	return p.entries[i]
}

func (p *program) calls(i, depth int) Guard {
	calls := p.callers[p.functions[i].Addr]
	all, outside, limited := Tested, 0, false
	for _, at := range calls {
		caller := p.functionOf(at)
		if caller < 0 || caller == i {
			continue
		}
		outside++
		guard, reached := p.flow(caller).guard(int((at - p.functions[caller].Addr) / 4))
		if !reached {
			continue
		}
		if guard != Tested && depth > 0 {
			guard = better(guard, p.entry(caller, depth-1))
		}
		limited = limited || guard == Unknown
		all = worse(all, guard)
	}
	addr := p.functions[i].Addr
	switch name := p.functions[i].Name; {
	case name == "main.main" || name == "main" || keeps().MatchString(name): // the program begins there
		return None
	case p.named()[addr] || outside == 0 && p.file.Indirect:
		return worse(all, Unknown)
	case outside == 0:
		return Unused
	case all == None && limited: // a length decides: it may be known to be short where no test is seen
		return Unknown
	}
	return all
}

// named returns the functions whose address is in the data: methods and other functions that tables lead to. It reads the data once.
func (p *program) named() map[uint64]bool {
	if p.inData != nil {
		return p.inData
	}
	p.inData = map[uint64]bool{}
	starts := p.starts()
	first, last := p.functions[0].Addr, p.functions[len(p.functions)-1].Addr
	for _, b := range p.file.Data {
		for at := 0; at+8 <= len(b.Bytes); at += 8 {
			if word := binary.LittleEndian.Uint64(b.Bytes[at:]); word >= first && word <= last && starts[word] {
				p.inData[word] = true
			}
		}
	}
	return p.inData
}

// starts returns the addresses at which functions begin.
func (p *program) starts() map[uint64]bool {
	starts := make(map[uint64]bool, len(p.functions))
	for _, f := range p.functions {
		starts[f.Addr] = true
	}
	return starts
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
