// Package coverage merges the coverage of tests on several architectures.
package coverage

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Block is a piece of code without branches, as Go's coverage profiles name it: "file.go:3.10,5.2".
type Block struct {
	File       string `json:"file"`
	Lines      string `json:"lines"` // "3.10,5.2"
	Statements int    `json:"statements"`
}

// Profile maps each block to whether a test has run it.
type Profile map[Block]bool

// maxLine bounds a line of a profile, in bytes.
const maxLine = 64 << 10

// Read adds a text in the format of go test -coverprofile to a profile. It returns an error for a line that is not of
// that format.
func (p Profile) Read(in io.Reader) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxLine)
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		if line == "" || strings.HasPrefix(line, "mode: ") {
			continue
		}
		b, ran, err := parse(line)
		if err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		p[b] = p[b] || ran
	}
	return lines.Err()
}

// parse reads a line such as "file.go:3.10,5.2 2 1".
func parse(line string) (Block, bool, error) {
	fields := strings.Fields(line)
	if len(fields) != 3 {
		return Block{}, false, fmt.Errorf("%.80q is no block", line)
	}
	colon := strings.LastIndexByte(fields[0], ':')
	statements, err := strconv.Atoi(fields[1])
	count, errCount := strconv.ParseUint(fields[2], 10, 64)
	if colon < 1 || err != nil || errCount != nil || statements < 0 {
		return Block{}, false, fmt.Errorf("%.80q is no block", line)
	}
	return Block{File: fields[0][:colon], Lines: fields[0][colon+1:], Statements: statements}, count > 0, nil
}

// Write writes the profile in the format of go test -coverprofile, in the order of files and places, which Read reads.
func (p Profile) Write(out io.Writer) error {
	w := bufio.NewWriter(out)
	fmt.Fprintln(w, "mode: set")
	blocks := slices.SortedFunc(maps.Keys(p), func(x, y Block) int {
		return cmp.Or(cmp.Compare(x.File, y.File), cmp.Compare(x.Lines, y.Lines), cmp.Compare(x.Statements, y.Statements))
	})
	for _, b := range blocks {
		ran := 0
		if p[b] {
			ran = 1
		}
		fmt.Fprintf(w, "%s:%s %d %d\n", b.File, b.Lines, b.Statements, ran)
	}
	return w.Flush()
}

// Count returns how many statements there are, and how many were run.
func (p Profile) Count() (all, ran int) {
	for b, yes := range p {
		all += b.Statements
		if yes {
			ran += b.Statements
		}
	}
	return all, ran
}

// Share returns the share of the statements that tests have run, from 0 to 1; 0 if there are no statements.
func (p Profile) Share() float64 {
	all, ran := p.Count()
	if all == 0 {
		return 0
	}
	return float64(ran) / float64(all)
}

// Merged is the coverage of several targets together.
type Merged struct {
	Share   float64            `json:"share"`   // of the statements of all targets
	Targets map[string]float64 `json:"targets"` // shares, by target
	Only    map[string][]Block `json:"only"`    // by architecture: blocks that only its targets have and that no test has run
}

// Merge merges the profiles of targets; arch returns the architecture of a target.
func Merge(profiles map[string]Profile, arch func(target string) string) Merged {
	m := Merged{Targets: map[string]float64{}, Only: map[string][]Block{}}
	all, on := Profile{}, map[Block]map[string]bool{}
	for target, p := range profiles {
		m.Targets[target] = p.Share()
		for b, ran := range p {
			all[b] = all[b] || ran
			if on[b] == nil {
				on[b] = map[string]bool{}
			}
			on[b][arch(target)] = true
		}
	}
	m.Share = all.Share()
	archs := map[string]bool{}
	for target := range profiles {
		archs[arch(target)] = true
	}
	for b, where := range on {
		if len(where) == 1 && len(archs) > 1 && !all[b] {
			for a := range maps.Keys(where) {
				m.Only[a] = append(m.Only[a], b)
			}
		}
	}
	for a := range m.Only {
		slices.SortFunc(m.Only[a], func(x, y Block) int { return cmp.Or(cmp.Compare(x.File, y.File), cmp.Compare(x.Lines, y.Lines)) })
	}
	return m
}
