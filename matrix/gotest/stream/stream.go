// Package stream reads what a test binary prints with -test.v=test2json. That frames each line of the testing package
// with a byte 0x16 (^V), in whichever line of the test's own output it comes. A test can print such frames too, so that
// only those count that say something possible of a test that was asked for.
package stream

import (
	"bytes"
	"strconv"
	"strings"
	"time"
)

// marker frames the testing package's own lines.
const marker = 0x16

// Parser follows one process.
type Parser struct {
	Tests map[string]*Test // those that were asked for
	Noise int              // frames that say nothing possible
	Final Outcome          // what the process said of itself last; None where it came to no end
	Text  Clip             // all that was printed, frames left out
	Crash Clip             // from the runtime's last words on: "panic: …" and the stacks
	Bench func(line string)

	Artifacts map[string]string // directories of tests and subtests by testing.TB.ArtifactDir, with their names
	Now       func() time.Time

	started int
	current *Test
	dying   bool // the runtime has begun its last words
}

// New follows the tests of these names.
func New(names []string) *Parser {
	p := &Parser{Tests: make(map[string]*Test, len(names)), Now: time.Now, Artifacts: map[string]string{}}
	for _, name := range names {
		p.Tests[name] = &Test{Name: name}
	}
	return p
}

// Line reads one line, with its newline if it has one. It returns the test that started or ended by it, or nil.
func (p *Parser) Line(line []byte) *Test {
	at := bytes.LastIndexByte(line, marker)
	if at < 0 {
		p.plain(line)
		return nil
	}
	if at > 0 {
		p.plain(line[:at])
	}
	if p.dying { // the process goes on: a test printed them
		p.dying, p.Crash = false, Clip{}
	}
	frame := bytes.TrimRight(line[at+1:], "\n")
	switch {
	case bytes.HasPrefix(frame, []byte("--- ")):
		return p.outcome(frame)
	case bytes.HasPrefix(frame, []byte("=== ")) && len(frame) >= 10:
		return p.state(string(frame[4:9]), frame[10:])
	case bytes.Equal(frame, []byte("PASS")), bytes.Equal(frame, []byte("FAIL")):
		p.Final = Outcome(frame)
		p.current = nil
		return nil
	}
	p.Noise++
	p.plain(line)
	return nil
}

// plain keeps a line that a test printed.
func (p *Parser) plain(line []byte) {
	p.Text.Write(line)
	if p.dying = p.dying || runtimeMessage(line); p.dying {
		p.Crash.Write(line)
	}
	if p.current != nil {
		p.current.Output.Write(line)
	}
	if p.Bench != nil && bytes.HasPrefix(line, []byte("Benchmark")) {
		p.Bench(string(bytes.TrimRight(line, "\n")))
	}
}

// runtimeMessage reports whether the Go runtime says with a line why it ends the process.
func runtimeMessage(line []byte) bool {
	for _, word := range [][]byte{[]byte("panic: "), []byte("fatal error: "), []byte("SIG"), []byte("unexpected fault"), []byte("runtime: ")} {
		if bytes.HasPrefix(line, word) {
			return true
		}
	}
	return false
}

// state reads "=== RUN   Name" and its like.
func (p *Parser) state(word string, name []byte) *Test {
	test, sub := p.find(name)
	switch word {
	case "ARTIF": // "=== ARTIFACTS TestName directory"
		if !p.artifacts(name) {
			p.Noise++
		}
		return nil
	case "RUN  ":
		return p.run(test, sub, name)
	case "PAUSE":
		if test != nil && !sub && test.Runs() {
			test.Ran, test.Running = test.Used(p.Now()), time.Time{}
			return nil
		}
	case "CONT ":
		p.current = test
		if test != nil && !sub && test.Paused() {
			test.Running = p.Now()
			return nil
		}
	case "NAME ":
		p.current = test
		return nil
	case "ATTR ":
		if p.attr(name) {
			return nil
		}
	}
	if !sub {
		p.Noise++
	}
	return nil
}

// find returns the test to which a name belongs (nil if it was not requested), and whether the name is that of a subtest.
func (p *Parser) find(name []byte) (test *Test, sub bool) {
	top := name
	if slash := bytes.IndexByte(name, '/'); slash >= 0 {
		top, sub = name[:slash], true
	}
	return p.Tests[string(top)], sub
}

func (p *Parser) run(test *Test, sub bool, name []byte) *Test {
	switch {
	case test == nil || sub && !test.Started():
		p.Noise++
		return nil
	case sub:
		test.Subtests++
		test.Open = string(name)
		p.current = test
		return nil
	case test.Started():
		p.Noise++
		return nil
	}
	p.started++
	test.Order, test.Running = p.started, p.Now()
	p.current = test
	return test
}

// attr reads "TestName key value".
func (p *Parser) attr(said []byte) bool {
	parts := strings.SplitN(string(said), " ", 3)
	test, _ := p.find([]byte(parts[0]))
	if len(parts) != 3 || test == nil || !test.Started() || len(test.Attrs) == maxAttrs {
		return false
	}
	test.Attrs = append(test.Attrs, Attr{parts[1], parts[2]})
	return true
}

// artifacts reads "CTS TestName directory": where a test keeps files.
func (p *Parser) artifacts(said []byte) bool {
	rest, ok := bytes.CutPrefix(said, []byte("CTS "))
	name, dir, found := bytes.Cut(rest, []byte(" "))
	test, _ := p.find(name)
	if !ok || !found || test == nil || !test.Started() || len(p.Artifacts) == maxAttrs {
		return false
	}
	p.Artifacts[string(dir)] = string(name)
	return true
}

// maxAttrs and maxFailed bound what is kept of one test.
const maxAttrs, maxFailed = 1000, 20

// outcome reads "--- PASS: Name (0.00s)".
func (p *Parser) outcome(frame []byte) *Test {
	said, name, seconds, ok := parseOutcome(frame)
	if !ok {
		p.Noise++
		return nil
	}
	test, sub := p.find(name)
	switch {
	case test == nil || !test.Started():
		p.Noise++
		return nil
	case sub:
		p.current = test
		test.subtest(said, name)
		return nil
	}
	test.Claims++
	p.current = test
	if test.Outcome != None {
		p.Noise++
		if said == Fail {
			test.Outcome = Fail
		}
		return nil
	}
	test.Outcome, test.Seconds = said, seconds
	test.Ended = p.Now()
	test.Ran, test.Running = test.Used(test.Ended), time.Time{}
	return test
}

// parseOutcome takes "--- PASS: Name (0.00s)" apart.
func parseOutcome(frame []byte) (said Outcome, name []byte, seconds float64, ok bool) {
	rest := frame[len("--- "):]
	if len(rest) < 6 || rest[4] != ':' || rest[5] != ' ' {
		return None, nil, 0, false
	}
	switch string(rest[:4]) {
	case "PASS":
		said = Pass
	case "FAIL":
		said = Fail
	case "SKIP":
		said = Skip
	default:
		return None, nil, 0, false
	}
	rest = rest[6:]
	open := bytes.LastIndex(rest, []byte(" ("))
	if open < 0 || !bytes.HasSuffix(rest, []byte("s)")) {
		return None, nil, 0, false
	}
	seconds, err := strconv.ParseFloat(string(rest[open+2:len(rest)-2]), 64)
	return said, rest[:open], seconds, err == nil
}
