package code

import "encoding/binary"

// value is what is known of a register.
type value struct {
	value uint64 // an address
	kind  valueKind
}

type valueKind int8

const (
	unknownValue valueKind = iota
	address
	flagValue
	wideValue  // a flag that was read with the bytes beside it
	limitValue // a number that was set after a test
)

// registers is what is known of all registers, and last of the condition flags.
type registers [33]value

const conditions = 32

// apply changes the registers as an instruction does.
func (r *registers) apply(e effect, p *program) {
	set := func(v value) {
		if e.to >= 0 {
			r[e.to] = v
		}
	}
	if e.clears {
		r[conditions] = value{}
	}
	switch e.kind {
	case other:
		set(value{})
		for _, more := range e.more {
			if more > 0 {
				r[more-1] = value{}
			}
		}
	case constant:
		set(value{kind: address, value: e.value})
	case addConstant:
		if r[e.from].kind != address {
			set(value{})
			return
		}
		set(value{kind: address, value: r[e.from].value + e.value})
	case load:
		set(p.loaded(r, e))
	case move:
		set(r[e.from])
	case compareZero:
		r[conditions] = r[e.from]
	case call, callOther:
		*r = registers{}
	}
}

// loaded returns what is known of a value that is loaded.
func (p *program) loaded(r *registers, e effect) value {
	if e.from < 0 || r[e.from].kind != address {
		return value{}
	}
	switch at := r[e.from].value + e.value; {
	case p.flags[at]:
		if e.width > 1 {
			return value{kind: wideValue}
		}
		return value{kind: flagValue}
	case p.limits[at]:
		return value{kind: limitValue}
	}
	return value{}
}

// flow is what is known before each instruction of one function.
type flow struct {
	guards  []Guard
	reached []bool
}

// guard returns what guards an instruction within its function, and whether it is reached.
func (f *flow) guard(i int) (Guard, bool) {
	if f == nil || i >= len(f.guards) || !f.reached[i] {
		return None, false
	}
	return f.guards[i], true
}

// state is what is known at one place.
type state struct {
	r     registers
	guard Guard
}

// flow follows all paths through a function, and keeps the result.
func (p *program) flow(i int) *flow {
	at := p.functions[i].Addr
	if f, is := p.flows[at]; is {
		return f
	}
	f := p.paths(p.words(i), at)
	p.flows[at] = f
	return f
}

// paths follows all paths. Where two meet, what both know is kept, so that it ends.
func (p *program) paths(words []byte, from uint64) *flow {
	n := len(words) / 4
	f := &flow{guards: make([]Guard, n), reached: make([]bool, n)}
	if n == 0 {
		return f
	}
	states := map[int]*state{} // at the beginning of what a branch leads to
	work := []int{0}
	states[0] = &state{guard: None}
	meet := func(i int, s state) {
		old, is := states[i]
		if !is {
			states[i] = &s
			work = append(work, i)
			return
		}
		if old.meet(s) {
			work = append(work, i)
		}
	}
	budget := 64*n + 1000 // enough for each merge to fall to its end
	for len(work) > 0 && budget > 0 {
		i := work[len(work)-1]
		work = work[:len(work)-1]
		s := *states[i]
		for first := true; i < n; first = false {
			budget--
			if at, is := states[i]; is && !first { // another path was here
				if at.meet(s) {
					work = append(work, i)
				}
				break
			}
			f.note(i, s.guard)
			pc := from + uint64(4*i)
			e := p.step(binary.LittleEndian.Uint32(words[4*i:]), pc)
			inside := e.value >= from && e.value-from < uint64(4*n)
			target := int((e.value - from) / 4)
			taken, falls := s, s
			switch e.kind {
			case branch:
				taken.guard, falls.guard = s.split(s.r[e.from], e.ifZero)
			case branchFlags:
				taken.guard, falls.guard = s.split(s.r[conditions], e.ifZero)
			case branchOther:
				if e.limits(s.r) {
					taken.guard, falls.guard = better(taken.guard, Unknown), better(falls.guard, Unknown)
				}
			}
			switch e.kind {
			case branch, branchFlags, branchOther:
				if inside {
					meet(target, taken)
				}
				// What follows a branch is a place of its own: a later path may know less of it.
				s = falls
			case jump:
				if inside {
					meet(target, s)
				}
			default:
				s.r.apply(e, p)
			}
			if e.kind == jump || e.kind == end {
				break
			}
			i++
		}
	}
	return f
}

// limits reports whether a branch compares with a number that was set after a test of the processor.
func (e effect) limits(r registers) bool {
	return e.to > 0 && r[e.to].kind == limitValue || e.from > 0 && r[e.from].kind == limitValue
}

// split returns the guards where a branch on a register is taken and where it is not.
func (s state) split(v value, ifZero bool) (taken, falls Guard) {
	taken, falls = s.guard, s.guard
	set := Tested
	switch v.kind {
	case flagValue:
	case wideValue:
		set = Wide
	default:
		return taken, falls
	}
	if ifZero {
		return taken, better(falls, set)
	}
	return better(taken, set), falls
}

// note keeps the worst guard that any path has at an instruction.
func (f *flow) note(i int, g Guard) {
	if !f.reached[i] {
		f.reached[i], f.guards[i] = true, g
		return
	}
	f.guards[i] = worse(f.guards[i], g)
}

// meet keeps what both states know, and reports whether s knows less now.
func (s *state) meet(other state) (changed bool) {
	if g := worse(s.guard, other.guard); g != s.guard {
		s.guard, changed = g, true
	}
	for i := range s.r {
		if s.r[i] != other.r[i] && s.r[i].kind != unknownValue {
			s.r[i], changed = value{}, true
		}
	}
	return changed
}
