// Package code looks through machine code for instructions that not every processor of an architecture has, and for the test of the
// processor's features that has to stand before them.
//
// It follows the constants, flags and branches within a function. A flag is a byte that a package named cpu has stored, or one that a
// package's initialisation has stored soon after it read a flag. An instruction counts as guarded where every path to it passes a branch that is only
// taken when a flag is set, in its own function or before the calls of it.
package code

import (
	"cmp"
	"slices"
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

// rank orders guards from the worst, 0, to the best.
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

type arch struct{ isa }

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
