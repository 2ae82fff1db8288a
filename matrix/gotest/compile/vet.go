package compile

import (
	"context"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// Vet returns the verdict of `go vet`, with the checks that `go test` makes, on each package that builds, by import path.
func Vet(ctx context.Context, o Options, results []*Result) (map[string]record.SpecEnd, error) {
	verdicts := map[string]record.SpecEnd{}
	var paths, withCgo []string
	for _, r := range results {
		if r.Build.Verdict == record.Pass {
			if r.Cgo {
				withCgo = append(withCgo, r.Package.ImportPath)
			} else {
				paths = append(paths, r.Package.ImportPath)
			}
			verdicts[r.Package.ImportPath] = record.SpecEnd{Verdict: record.Pass}
			continue
		}
		why := record.Say("its package does not build here", "其所属包在此平台未构建")
		verdicts[r.Package.ImportPath] = record.SpecEnd{Verdict: record.Skip, Detail: &why}
	}
	o.Flags = vetFlags(o.Flags)
	if err := o.vet(ctx, nil, paths, verdicts); err != nil || len(withCgo) == 0 {
		return verdicts, err
	}
	compiler, _ := o.compiler()
	return verdicts, o.vet(ctx, []string{"CGO_ENABLED=1", "CC=" + compiler}, withCgo, verdicts)
}

// vet runs go vet and puts what it says of the packages into their verdicts.
func (o Options) vet(ctx context.Context, env, paths []string, verdicts map[string]record.SpecEnd) error {
	if len(paths) == 0 {
		return nil
	}
	said, err := o.command(ctx, env, append([]string{"vet"}, paths...)...)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err == nil {
		return nil
	}
	for path, text := range sections(said) {
		if v, ok := verdicts[path]; ok && v.Verdict == record.Pass {
			why := record.Sentence{En: firstSaid(text)}
			verdicts[path] = record.SpecEnd{Verdict: record.Fail, Detail: &why, Stack: text}
		}
	}
	return nil
}

// testChecks are those of go vet that `go test` makes.
var testChecks = []string{"atomic", "bool", "buildtags", "directive", "errorsas", "ifaceassert", "nilfunc", "printf", "stringintconv", "tests"}

// vetFlags returns the flags of the checks, and those flags of the build that select the files of a package.
func vetFlags(flags []string) []string {
	var kept []string
	for _, f := range flags {
		if strings.HasPrefix(f, "-tags=") || strings.HasPrefix(f, "-mod") {
			kept = append(kept, f)
		}
	}
	for _, c := range testChecks {
		kept = append(kept, "-"+c)
	}
	return kept
}

// sections returns the output of go vet for each package: below a heading "# path" or "# [path]", "# path [path.test]".
func sections(said string) map[string]string {
	texts := map[string]string{}
	at := ""
	for line := range strings.Lines(said) {
		if heading, ok := strings.CutPrefix(line, "# "); ok {
			heading = strings.Trim(strings.TrimSpace(heading), "[]")
			at, _, _ = strings.Cut(heading, " ")
			at = strings.TrimSuffix(at, "_test")
			continue
		}
		texts[at] += line
	}
	return texts
}
