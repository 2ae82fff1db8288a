package gotest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/xcmatrix/xcmatrix/matrix/gotest/compile"
	"github.com/xcmatrix/xcmatrix/matrix/gotest/image"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// tryRemedies tries newer versions of the dependencies that do not build. A package that builds so is carried too: whether
// its tests pass is told in the verdict on its build, which the carrier then gives.
func (p *Product) tryRemedies(ctx context.Context, b *built, roots []root) error {
	for i, r := range b.results {
		if r.Failed == nil || r.Failed.Module == "" {
			continue
		}
		dir := filepath.Join(b.options.Out, fmt.Sprint("remedy-", i))
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
		remedy, err := compile.TryNewest(ctx, b.options, r, dir)
		if err != nil {
			return err
		}
		tried := strings.Join(remedy.Tried, ", ")
		switch {
		case remedy.Why != "":
			said := record.Sayf("no newer version could be tried: %s", "无法尝试更新版本：%s", remedy.Why)
			r.Build.Remedy = &said
		case remedy.Result != nil && remedy.Result.Build.Verdict == record.Pass && remedy.Result.Binary == "":
			said := record.Sayf("builds with %s", "使用 %s 可以构建", tried)
			r.Build.Remedy = &said
		case remedy.Result != nil && remedy.Result.Binary != "":
			b.carryRemedy(p, r, remedy, roots)
		case remedy.Result != nil:
			said := record.Sayf("%s does not help: %s", "%s 无济于事：%s", tried, remedy.Result.Build.Detail)
			r.Build.Remedy = &said
		}
	}
	return nil
}

// carryRemedy puts a package that builds with newer dependencies into the payload.
func (b *built) carryRemedy(p *Product, r *compile.Result, remedy compile.Remedy, roots []root) {
	name := fmt.Sprintf("bin/%d", len(b.binaries))
	b.binaries[name] = remedy.Result.Binary
	finding := buildFinding(r)
	b.contents.Packages = append(b.contents.Packages, image.Package{Path: r.Package.ImportPath, Dir: place(r.Package, roots), Binary: name,
		TestMain: r.Package.TestMain, Funcs: p.selected(r.Package),
		Remedy: &image.Remedy{With: strings.Join(remedy.Tried, ", "), Build: r.Build, Finding: finding}})
	if b.carried == nil {
		b.carried = map[string]bool{}
	}
	b.carried[image.Spec(r.Package.ImportPath, buildSpec)] = true
}
