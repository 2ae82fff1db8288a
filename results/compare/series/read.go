package series

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// Input is a run's directory, a pack, a file in the Go benchmark format, or a directory of such, with the label that
// replaces the file's name, as in "old=a.txt".
type Input struct {
	Path  string
	Label string
}

// ParseInput reads LABEL=PATH, or PATH.
func ParseInput(s string) Input {
	if label, path, ok := strings.Cut(s, "="); ok && !strings.ContainsRune(label, filepath.Separator) {
		return Input{Path: path, Label: label}
	}
	return Input{Path: s}
}

// Read reads all inputs with workers goroutines. It returns a problem for each part that cannot be read, and everything
// else in the set, which does not depend on the number of workers.
func Read(inputs []Input, by By, workers int) (*Set, []*record.Problem) {
	parts, problems := readAll(inputs, workers)
	return assemble(parts, by, workers), problems
}

// ReadMachines does what Read does by chip, with a column for each machine of a chip: kunpeng-920, kunpeng-920/2. Each
// run, and each file, is of one machine.
func ReadMachines(inputs []Input, workers int) (*Set, []*record.Problem) {
	parts, problems := readAll(inputs, workers)
	machines := map[string][]string{} // by chip
	for _, p := range parts {
		if p == nil {
			continue
		}
		for i := range p.origins {
			o := &p.origins[i]
			chip, machine := o.Label(Chip), cmp.Or(o.Run, p.path)
			n := slices.Index(machines[chip], machine)
			if n < 0 {
				n = len(machines[chip])
				machines[chip] = append(machines[chip], machine)
			}
			if o.Chip = chip; n > 0 {
				o.Chip = fmt.Sprint(chip, "/", n+1)
			}
		}
	}
	return assemble(parts, Chip, workers), problems
}

// readAll reads all inputs with workers goroutines.
func readAll(inputs []Input, workers int) ([]*part, []*record.Problem) {
	var problems problems
	files := list(inputs, &problems)
	parts, told := make([]*part, len(files)), make([][]*record.Problem, len(files))
	next := make(chan int)
	var wg sync.WaitGroup
	for range max(1, workers) {
		wg.Go(func() {
			var r reader
			for i := range next {
				parts[i], told[i] = r.input(files[i])
			}
		})
	}
	for i := range files {
		next <- i
	}
	close(next)
	wg.Wait()
	return parts, slices.Concat(problems.all(), slices.Concat(told...))
}

// input reads one file or one run.
func (r *reader) input(f Input) (*part, []*record.Problem) {
	r.problems = &problems{}
	var p *part
	if isRun(f.Path) {
		p = r.run(f)
	} else {
		p = r.file(f.Path, f.Label)
	}
	if p != nil {
		p.path = filepath.Clean(f.Path)
	}
	return p, r.problems.all()
}

// list returns the files and runs of the inputs. If two files have the same name and no label, the label is the whole
// path.
func list(inputs []Input, problems *problems) []Input {
	var files []Input
	seen := map[string]bool{}
	add := func(f Input) {
		if clean := filepath.Clean(f.Path); seen[clean] {
			problems.add("again", f.Path, 0, "given twice: the second time is left out", "重复给出，第二次已忽略")
		} else {
			seen[clean] = true
			files = append(files, f)
		}
	}
	for _, in := range inputs {
		info, err := os.Stat(in.Path)
		switch {
		case err != nil:
			problems.add("open", in.Path, 0, "cannot be read: %v", "无法读取：%v", withoutPath(err))
		case info.IsDir() && !isRun(in.Path):
			walk(in, problems, add)
		default:
			add(in)
		}
	}
	names := map[string]int{}
	for _, f := range files {
		names[filepath.Base(f.Path)]++
	}
	for i, f := range files {
		switch {
		case f.Label != "":
		case names[filepath.Base(f.Path)] > 1:
			files[i].Label = f.Path
		default:
			files[i].Label = filepath.Base(f.Path)
		}
	}
	return files
}

// walk calls add for the files and runs in a directory, in the order of their names.
func walk(in Input, problems *problems, add func(Input)) {
	err := filepath.WalkDir(in.Path, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			problems.add("open", path, 0, "cannot be read: %v", "无法读取：%v", withoutPath(err))
		case d.IsDir() && path != in.Path && isRun(path):
			add(Input{Path: path, Label: in.Label})
			return filepath.SkipDir
		case d.Type().IsRegular() && (d.Name() != ".gitignore" || path == in.Path): // the runs directory has one
			add(Input{Path: path, Label: in.Label})
		}
		return nil
	})
	if err != nil {
		problems.add("open", in.Path, 0, "cannot be read: %v", "无法读取：%v", withoutPath(err))
	}
}

// isRun reports whether a path is that of a run.
func isRun(path string) bool { return store.IsRun(path) }
