package code

import (
	"encoding/binary"

	"github.com/xcmatrix/xcmatrix/results/pattern"
)

// Names of the functions that ask the processor, and of those that keep what follows from the answers.
var (
	detects = pattern.Of(`(^|/)(cpu|cpuid)\.|^runtime\.initAlgAES$`)
	keeps   = pattern.Of(`\.init(\.\d+)?$|\.map\.init\.\d+$|^runtime\.(cpuinit|schedinit|alginit)$`)
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
