package carrier

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix/gotest/image"
	"github.com/xcmatrix/xcmatrix/matrix/gotest/stream"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// testMain names the spec about the end of a package's process, where the package has a TestMain.
const testMain = "TestMain"

// pkg is one package on its way.
type pkg struct {
	image.Package
	carrier *carrier
	asked   map[string]bool
	funcs   []image.Func // that are asked for
	index   int

	command []string // that starts the test binary
	tmp     string   // for its temporary files
	output  string   // for files that the testing package writes
	checks  int      // failures that were looked at alone

	artifactsOf map[string]string // directories below artifactDir, with the names of their tests

	profiles int // of coverage that processes were asked for

	mu     sync.Mutex
	starts map[string]bool // tests that have reported their start
	ends   map[string]bool // tests with a verdict

	exits []exit // of the processes that ran all that they were asked for
}

// exit is how a process ended that ran its tests to the end.
type exit struct {
	code   int
	failed bool // one of its tests
	output string
}

func (p *pkg) spec(name string) string { return image.Spec(p.Path, name) }

// stretch returns the factor by which deadlines are longer than on a real machine.
func (c *carrier) stretch() float64 { return max(1, c.Request.Stretch) }

// deadline returns the deadline of a test.
func (p *pkg) deadline(name string) time.Duration {
	for _, f := range p.Funcs {
		if f.Name == name {
			return time.Duration(f.Deadline * p.carrier.stretch() * float64(time.Second))
		}
	}
	return time.Minute
}

// run runs what is asked for of the package.
func (p *pkg) run() error {
	p.starts, p.ends = map[string]bool{}, map[string]bool{}
	dir := filepath.Join(p.carrier.Dir, fmt.Sprint("p", p.index))
	p.tmp, p.output = filepath.Join(dir, "tmp"), filepath.Join(dir, "out")
	if err := errors.Join(os.MkdirAll(p.tmp, 0o755), os.MkdirAll(p.output, 0o755)); err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	name := p.Path[strings.LastIndexByte(p.Path, '/')+1:]
	binary := filepath.Join(dir, name+".test")
	if err := p.carrier.Image.Binary(p.Package, binary); err != nil {
		return err
	}
	var err error
	if p.command, err = p.carrier.starter(binary); err != nil {
		return err
	}
	if p.Remedy != nil {
		p.remedied()
		return nil
	}
	var tests []string
	for _, f := range p.funcs {
		if !f.Bench && !p.missing(f) {
			tests = append(tests, f.Name)
		}
	}
	p.tests(tests)
	p.carrier.keepCoverage(p.output)
	p.keepArtifacts(p.output)
	for _, f := range p.funcs {
		if f.Bench && !p.missing(f) {
			p.bench(f.Name)
		}
	}
	return nil
}

// missing records the verdict on a test that needs an absent service, and reports whether it did.
func (p *pkg) missing(f image.Func) bool {
	for _, need := range f.Needs {
		var absent record.Missing
		if said := os.Getenv(record.MissingEnv(need)); said != "" && json.Unmarshal([]byte(said), &absent) == nil {
			p.give(f.Name, record.SpecEnd{Verdict: record.Miss, Detail: &absent.Reason, Remedy: &absent.Remedy})
			return true
		}
	}
	return false
}

// starter returns the command that starts a test binary. Under an emulator the binary's name for itself is a script that starts
// the emulator, so that a test can start itself again.
func (c *carrier) starter(binary string) ([]string, error) {
	if !c.emulated() {
		return []string{binary}, nil
	}
	real := filepath.Join(filepath.Dir(binary), "binary")
	if err := os.Rename(binary, real); err != nil {
		return nil, err
	}
	command := append(append([]string{}, c.Command...), "-0", binary, real)
	var quoted []string
	for _, word := range command {
		quoted = append(quoted, "'"+strings.ReplaceAll(word, "'", `'\''`)+"'")
	}
	script := "#!/bin/sh\nexec " + strings.Join(quoted, " ") + ` "$@"` + "\n"
	return command, os.WriteFile(binary, []byte(script), 0o755)
}

// maxPattern bounds the names in one process's -test.run, in bytes: an argument may have 128 KiB.
const maxPattern = 90 << 10

// tests runs tests until each has a verdict: together first, in as many processes as it takes.
func (p *pkg) tests(names []string) {
	left := names
	for len(left) > 0 {
		now, rest := split(left)
		again := p.together(now)
		if len(again) == len(now) {
			p.neverStarted(again)
			again = nil
		}
		left = append(again, rest...)
	}
	p.main(len(names) > 0)
}

// split takes as many names as one argument may hold.
func split(names []string) (now, rest []string) {
	size := 0
	for i, name := range names {
		if size += len(name) + 1; size > maxPattern && i > 0 {
			return names[:i], names[i:]
		}
	}
	return names, nil
}

// begun tells that a test has started, once.
func (p *pkg) begun(name string) {
	p.mu.Lock()
	told := p.starts[name]
	p.starts[name] = true
	p.mu.Unlock()
	if !told {
		p.carrier.emit(record.Event{Kind: record.KindSpecStart, Spec: p.spec(name), Start: &record.SpecStart{Deadline: p.deadline(name).Seconds()}})
	}
}

// give gives a test its verdict, once.
func (p *pkg) give(name string, end record.SpecEnd) {
	p.mu.Lock()
	given := p.ends[name]
	p.ends[name] = true
	p.mu.Unlock()
	if given {
		return
	}
	p.begun(name)
	p.carrier.end(p.spec(name), end)
}

// has reports whether a test has its verdict.
func (p *pkg) has(name string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ends[name]
}

// ended gives a test that passed or skipped its verdict, with the attributes that it set.
func (p *pkg) ended(t *stream.Test) {
	end := record.SpecEnd{Verdict: record.Pass, Seconds: t.Seconds}
	if t.Outcome == stream.Skip {
		why := reason(t.Output.String())
		end.Verdict, end.Detail = record.Skip, &record.Sentence{En: why}
	}
	p.attributes(t)
	p.give(t.Name, end)
}

// attributes makes observations of what a test said by testing.TB.Attr.
func (p *pkg) attributes(t *stream.Test) {
	if p.has(t.Name) {
		return
	}
	for _, a := range t.Attrs {
		value, err := json.Marshal(a.Value)
		if err != nil {
			continue // cannot be: a string
		}
		p.carrier.emit(record.Event{Kind: record.KindObservation, Spec: p.spec(t.Name), Observation: &record.Observation{Name: a.Key, Value: value}})
	}
}
