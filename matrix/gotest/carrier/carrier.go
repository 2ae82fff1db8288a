// Package carrier is a payload's side of a product's own tests: it unpacks what its file carries, runs each package's test
// binary as a child process in the package's directory, as `go test` does, and makes events of what that prints.
package carrier

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/xcmatrix/xcmatrix/matrix/gotest/image"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// ExecVariable tells a carrier, in JSON, the command that runs a test binary of another architecture: an emulator with its
// arguments.
const ExecVariable = "XCMATRIX_EXEC"

// Options of one run.
type Options struct {
	Events  *record.Writer
	Request record.Request
	Image   *image.Image
	Machine record.Machine
	Load    func() record.Load // how busy the machine is; nil: not told
	Command []string           // that runs a test binary: an emulator and its arguments; none to start it directly
	Dir     string             // an empty directory of the run's own
	Jobs    int                // packages at a time; 0 for one a processor
}

// carrier is one run.
type carrier struct {
	Options
	tree  string
	tools string // a directory without programs: what is in PATH where the machine's own tools must not answer

	mu      sync.Mutex
	verdict int // how many were given
	failed  error
	covered []byte // what the profiles of coverage say

	artifacts []artifact
	kept      int // bytes of artifacts
	dropped   int // artifacts for which there was no room
}

// Run runs the specs that the request names, and writes their events. An error means that the carrier itself could not go
// on; what tests do is in the events.
func Run(o Options) error {
	c := &carrier{Options: o, tree: filepath.Join(o.Dir, "w"), tools: filepath.Join(o.Dir, "tools")}
	if c.Jobs == 0 {
		c.Jobs = runtime.NumCPU()
	}
	if c.emulated() { // what the machine is, the emulator does not tell
		c.Machine.GOARCH, c.Machine.Features, c.Machine.Level = o.Image.GOARCH, nil, ""
	}
	c.emit(record.Event{Kind: record.KindMachine, Machine: &c.Machine})
	if err := errors.Join(os.MkdirAll(c.tree, 0o755), os.MkdirAll(c.tools, 0o755)); err != nil {
		return err
	}
	if err := o.Image.Unpack(c.tree); err != nil {
		return fmt.Errorf("the files that tests read cannot be unpacked: %w", err)
	}
	c.packages()
	c.handOver("coverage.txt", c.covered)
	c.handOverArtifacts()
	end := record.CellEnd{Specs: c.verdict}
	if c.Load != nil {
		load := c.Load()
		end.Load = &load
	}
	c.emit(record.Event{Kind: record.KindCellEnd, CellEnd: &end})
	return c.failed
}

// emulated reports whether test binaries run under an emulator.
func (c *carrier) emulated() bool { return len(c.Command) > 0 }

// bare reports whether no program of this machine may answer a test: one that is not of the target says nothing of it.
func (c *carrier) bare() bool { return c.emulated() }

// packages runs all packages that have something to run, several at a time; what measures runs alone.
func (c *carrier) packages() {
	asked := map[string]bool{}
	for _, id := range c.Request.Specs {
		asked[id] = true
	}
	jobs := c.Jobs
	var queue []*pkg
	for _, p := range c.Image.Packages {
		work := &pkg{carrier: c, Package: p, asked: asked, index: len(queue)}
		for _, f := range p.Funcs {
			if !asked[image.Spec(p.Path, f.Name)] {
				continue
			}
			if f.Bench {
				jobs = 1
			}
			work.funcs = append(work.funcs, f)
		}
		if p.Remedy != nil {
			if asked[work.spec("build")] {
				queue = append(queue, work)
			}
			continue
		}
		if len(work.funcs) > 0 || asked[work.spec(testMain)] {
			queue = append(queue, work)
		}
	}
	feed := make(chan *pkg)
	var workers sync.WaitGroup
	for range max(1, min(jobs, len(queue))) {
		workers.Go(func() {
			for p := range feed {
				c.note(p.run())
			}
		})
	}
	for _, p := range queue {
		feed <- p
	}
	close(feed)
	workers.Wait()
}

// note keeps the first error.
func (c *carrier) note(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failed == nil {
		c.failed = err
	}
}

func (c *carrier) emit(e record.Event) {
	if err := c.Events.Write(e); err != nil {
		c.note(err)
	}
}

// end gives a verdict.
func (c *carrier) end(spec string, end record.SpecEnd) {
	c.mu.Lock()
	c.verdict++
	c.mu.Unlock()
	end.Stack = clip(c.withoutPaths(end.Stack), maxStack)
	for _, s := range []**record.Sentence{&end.Detail, &end.Remedy} {
		if *s != nil {
			*s = &record.Sentence{En: c.withoutPaths((*s).En), Zh: c.withoutPaths((*s).Zh)}
		}
	}
	c.emit(record.Event{Kind: record.KindSpecEnd, Spec: spec, End: &end})
}

// withoutPaths leaves out of a text where the tests were unpacked, which is another place in each run.
func (c *carrier) withoutPaths(text string) string {
	text = strings.ReplaceAll(text, c.tree+"/", "")
	return strings.ReplaceAll(text, c.Dir, "$DIR")
}

// maxStack bounds what of a test's output goes into its verdict, in bytes.
const maxStack = 8 << 10

func clip(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return text[:most/2] + "\n…\n" + text[len(text)-most/2:]
}

// environment returns the environment of the test binary of a package.
func (c *carrier) environment(dir, tmp string) []string {
	env := slices.DeleteFunc(os.Environ(), func(e string) bool {
		name := e[:max(0, indexEqual(e))]
		return name == ExecVariable || name == "PWD" || name == "TMPDIR" || name == "GOTRACEBACK" || c.bare() && name == "PATH"
	})
	env = append(env, "PWD="+dir, "TMPDIR="+tmp, "GOTRACEBACK=all")
	if c.bare() {
		env = append(env, "PATH="+c.tools, "QEMU_LOG_FILENAME="+os.DevNull)
	}
	return append(env, c.Image.Env...)
}

func indexEqual(e string) int {
	for i := range len(e) {
		if e[i] == '=' {
			return i
		}
	}
	return -1
}
