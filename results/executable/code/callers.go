package code

import "encoding/binary"

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

// entry returns what guards every call of a function, looking at callers of callers down to a depth. It keeps the result.
func (p *program) entry(i, depth int) Guard {
	if g, is := p.entries[i]; is {
		return g
	}
	p.entries[i] = Tested // where it calls itself: its other callers decide
	p.entries[i] = p.calls(i, depth)
	return p.entries[i]
}

// calls returns the worst guard of all calls of a function. It is None where the program begins; where nothing is seen to call it, Unused, or Unknown if a table
// may lead to it.
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
