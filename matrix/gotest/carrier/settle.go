package carrier

import (
	"slices"

	"github.com/xcmatrix/xcmatrix/matrix/gotest/stream"
)

// together runs tests in one process and returns those that still have no verdict: they did not get their turn.
func (p *pkg) together(names []string) (left []string) {
	x := p.start(names, nil, p.flags(names)...)
	if x.err != nil {
		p.all(names, x.unstartable())
		return nil
	}
	started := x.started()
	switch {
	case len(started) == 0:
		return p.nothingStarted(x)
	case x.abnormal():
		p.crashed(x, started)
	default:
		p.exits = append(p.exits, exit{x.code, x.anyFailed(), x.parser.Text.String()})
	}
	for _, t := range started {
		if t.Outcome != stream.None && !p.has(t.Name) {
			p.outcome(x, t)
		}
	}
	for _, name := range names {
		if !p.has(name) {
			left = append(left, name)
		}
	}
	if !x.abnormal() {
		p.neverStarted(left)
		return nil
	}
	return left
}

// outcome gives a test that came to its end its verdict.
func (p *pkg) outcome(x *process, t *stream.Test) {
	switch {
	case t.Claims > 1: // somebody prints the testing package's lines: alone, nobody else can
		if len(x.started()) > 1 {
			p.deliver(p.alone(t.Name))
			return
		}
		fallthrough
	case t.Outcome == stream.Fail:
		p.failed(x, t)
	default:
		p.ended(t)
	}
}

// started returns the tests that have begun, in their order.
func (x *process) started() []*stream.Test {
	var tests []*stream.Test
	for _, name := range x.names {
		if t := x.parser.Tests[name]; t.Started() {
			tests = append(tests, t)
		}
	}
	slices.SortFunc(tests, func(a, b *stream.Test) int { return a.Order - b.Order })
	return tests
}

func (x *process) anyFailed() bool {
	return slices.ContainsFunc(x.started(), func(t *stream.Test) bool { return t.Outcome == stream.Fail })
}

// abnormal reports whether the process ended before the testing package said how the tests came out.
func (x *process) abnormal() bool {
	return x.parser.Final == stream.None || x.signal != "" || len(x.late) > 0 || x.hung
}
