package compile

import (
	"strings"

	"github.com/xcmatrix/xcmatrix/results/pattern"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Failure is why a package does not build.
type Failure struct {
	First     string // the compiler's first error
	TestsOnly bool   // the package itself builds, its tests do not
	Module    string // of the dependency that does not build; "" where it is the package itself
	Version   string // of that dependency
}

var (
	errorPattern  = pattern.Of(`(?m)^(\S+\.(?:go|s|c|h)):\d+(?::\d+)?: .*$`)
	linkPattern   = pattern.Of(`(?m)^.*(?:relocation target \S+ not defined|undefined reference to).*$`)
	cachedPattern = pattern.Of(`([^/\s]+(?:/[^@\s]+)*)@(v[^/\s]+)/`)
)

// fail judges a package that does not build by what the go command said.
func (r *Result) fail(o Options, said string) {
	f := diagnose(said)
	r.Failed = &f
	why := f.sentence()
	r.Build = record.SpecEnd{Verdict: record.Fail, Detail: &why, Stack: said}
	if f.Module != "" {
		remedy := record.Sayf("try a newer version: go get %s@latest, or xcmatrix test --remedy, which tries it in a copy", "可尝试更新版本：go get %s@latest，或用 xcmatrix test --remedy 在副本中尝试", f.Module)
		r.Build.Remedy = &remedy
	}
}

// diagnose reads what the go command said.
func diagnose(said string) Failure {
	f := Failure{First: strings.TrimSpace(linkPattern().FindString(said))}
	if found := errorPattern().FindStringSubmatch(said); found != nil {
		f.First = found[0]
		f.TestsOnly = strings.HasSuffix(found[1], "_test.go")
		if cached := cachedPattern().FindStringSubmatch(cacheRelative(found[1])); cached != nil {
			f.Module, f.Version, f.TestsOnly = unescaped(cached[1]), cached[2], false
			_, f.First, _ = strings.Cut(found[0], "@"+cached[2]+"/") // the path below the module's directory
		}
	}
	if f.First == "" {
		f.First = firstSaid(said)
	}
	return f
}

// cacheRelative returns the path of a file relative to the module cache, if it is in the cache.
func cacheRelative(file string) string {
	if _, rest, ok := strings.Cut(file, "/pkg/mod/"); ok {
		return rest
	}
	for { // the go command shortens paths: ../../mod/golang.org/x/sys@v0.1.0/unix/x.go
		rest, ok := strings.CutPrefix(file, "../")
		if !ok {
			return file
		}
		file = rest
	}
}

var upperPattern = pattern.Of(`![a-z]`)

// unescaped returns a module's path, of which the cache's directories spell upper-case letters "!a".
func unescaped(path string) string {
	return upperPattern().ReplaceAllStringFunc(path, func(s string) string { return strings.ToUpper(s[1:]) })
}

// firstSaid returns the first line of an output that is no heading.
func firstSaid(said string) string {
	for line := range strings.Lines(said) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			return line
		}
	}
	return "the go command gave no reason"
}

func (f Failure) sentence() record.Sentence {
	switch {
	case f.Module != "":
		return record.Sayf("does not build: the dependency %s %s does not: %s", "无法构建：依赖 %s %s 无法构建：%s", f.Module, f.Version, f.First)
	case f.TestsOnly:
		return record.Sayf("the package builds, its tests alone do not: %s", "包可以构建，仅其测试无法构建：%s", f.First)
	case strings.Contains(f.First, "missing function body"), strings.Contains(f.First, "relocation target"):
		return record.Sayf("does not build: a function has assembly for other architectures only: %s", "无法构建：某函数只有其他架构的汇编实现：%s", f.First)
	}
	return record.Sayf("does not build: %s", "无法构建：%s", f.First)
}
