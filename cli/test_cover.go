package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"

	"github.com/klauspost/compress/gzip"

	"github.com/xcmatrix/xcmatrix/matrix/gotest"
	"github.com/xcmatrix/xcmatrix/results/coverage"
	"github.com/xcmatrix/xcmatrix/results/regular"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// maxCoverage bounds the coverage of one process, in bytes.
const maxCoverage = 64 << 20

// showCoverage prints how much of the code the tests of a run have run, for each target and together. What one
// architecture alone has and nobody has run is listed.
func (a *app) showCoverage(r *store.Run) error {
	profiles := map[string]coverage.Profile{}
	arch := map[string]string{}
	for _, t := range r.Manifest.Targets {
		arch[t.ID] = t.GOARCH
		p, err := readCoverage(r.Dir, t.ID)
		if err != nil {
			return err
		}
		if len(p) > 0 {
			profiles[t.ID] = p
		}
	}
	m := coverage.Merge(profiles, func(target string) string { return arch[target] })
	if len(profiles) == 0 || a.json {
		return nil
	}
	printf(a.out, "%s\n", a.say("Coverage", "覆盖率"))
	for _, target := range slices.Sorted(maps.Keys(m.Targets)) {
		printf(a.out, "  %-20s %5.1f %%\n", target, 100*m.Targets[target])
	}
	printf(a.out, "  %-20s %5.1f %%\n", a.say("together", "合计"), 100*m.Share)
	for _, goarch := range slices.Sorted(maps.Keys(m.Only)) {
		for _, b := range m.Only[goarch][:min(len(m.Only[goarch]), maxBlocks)] {
			printf(a.out, a.say("  only on %s, and not run: %s:%s\n", "  仅 %s 上有且未运行：%s:%s\n"), goarch, b.File, b.Lines)
		}
	}
	return nil
}

// maxBlocks bounds the blocks that are listed of one architecture.
const maxBlocks = 20

// readCoverage puts together what the processes of a target say.
func readCoverage(dir, target string) (coverage.Profile, error) {
	p := coverage.Profile{}
	paths, err := filepath.Glob(filepath.Join(dir, "attachments", target, gotest.Item, "*.coverage.txt.gz"))
	if err != nil {
		return nil, err
	}
	for _, path := range paths {
		if err := addCoverage(p, path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	return p, nil
}

func addCoverage(p coverage.Profile, path string) error {
	f, err := regular.Open(path, maxCoverage)
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	defer z.Close()
	return p.Read(regular.AtMost(z, path, maxCoverage))
}
