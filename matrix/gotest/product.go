// Package gotest plans, builds and carries the user's own Go tests, as an item of the matrix beside this program's suites.
package gotest

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/matrix/gotest/list"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Item is what tables call the user's own tests.
const Item = record.ItemTest

// Config says which tests, and how they are built and run.
type Config struct {
	Dir      string   // of the user's module
	Patterns []string // of packages; ./... where there are none
	Tags     string   // build tags
	Run      string   // regular expression, as of go test -run
	Skip     string   // regular expression of tests that are left out
	Bench    string   // regular expression of benchmarks; "" for none
	Short    bool
	Cover    bool
	Race     bool
	Remedy   bool     // newer versions of dependencies that do not build are tried, in a copy of go.mod
	Args     []string // of every test binary
	Env      []string // names of variables of this process that tests get
	Without  []string // directories that are not carried
	Deadline time.Duration
	Needs    []string // services that tests get, and are miss without
	Rules    []Rule
}

// Rule is what holds for the tests whose package and name match.
type Rule struct {
	Test     string // glob over "package/TestName"
	Deadline time.Duration
	Skip     bool     // they are not planned
	Needs    []string // services beside Config.Needs
}

// Add puts on top of a configuration what another says.
func (c *Config) Add(o Config) {
	for _, x := range []struct{ have, other *string }{{&c.Dir, &o.Dir}, {&c.Tags, &o.Tags}, {&c.Run, &o.Run}, {&c.Skip, &o.Skip}, {&c.Bench, &o.Bench}} {
		if *x.other != "" {
			*x.have = *x.other
		}
	}
	if len(o.Patterns) > 0 {
		c.Patterns = o.Patterns
	}
	if o.Deadline != 0 {
		c.Deadline = o.Deadline
	}
	c.Short, c.Cover, c.Race, c.Remedy = c.Short || o.Short, c.Cover || o.Cover, c.Race || o.Race, c.Remedy || o.Remedy
	c.Args, c.Env, c.Needs = append(c.Args, o.Args...), append(c.Env, o.Env...), append(c.Needs, o.Needs...)
}

// Product is a module, or several, with tests.
type Product struct {
	Config
	Cache   string                                                               // directory for what can be made again
	Program func(ctx context.Context, key build.Key, whole bool) (string, error) // for another platform; whole with everything that this program can

	run, skip, bench *regexp.Regexp
	subtests         string
	goEnv            goEnv
	prebuilt         *Prebuilt // what the file of this program says of the tests that it carries; nil where they are built here

	mu       sync.Mutex
	listings map[string]*listing
	builds   map[string]*built
}

// listing is what there is for a platform.
type listing struct {
	once     sync.Once
	packages []*list.Package
	err      error
}

// New reads the configuration, and refuses what cannot be.
func New(c Config, cache string) (*Product, error) {
	p := &Product{Config: c, Cache: cache, listings: map[string]*listing{}, builds: map[string]*built{}}
	if len(p.Patterns) == 0 {
		p.Patterns = []string{"./..."}
	}
	if p.Deadline == 0 {
		p.Deadline = DefaultDeadline
	}
	if _, err := exec.LookPath("go"); err != nil {
		return nil, record.Wrongf("go", "no go command is in PATH: install Go, or take a bundle of built tests to this machine", "PATH 中没有 go 命令：请安装 Go，或在本机使用已构建测试的运行包")
	}
	var err error
	if p.goEnv, err = readGoEnv(p.Dir); err != nil {
		return nil, err
	}
	top, sub, err := splitPattern(c.Run)
	if err != nil {
		return nil, err
	}
	p.subtests = sub
	for _, x := range []struct {
		flag, text string
		into       **regexp.Regexp
	}{{"--run", top, &p.run}, {"--skip", c.Skip, &p.skip}, {"--bench", c.Bench, &p.bench}} {
		if x.text == "" {
			continue
		}
		if *x.into, err = regexp.Compile(x.text); err != nil {
			return nil, record.Wrongf(x.flag, "%q is no regular expression: %v", "%q 不是正则表达式：%v", x.text, err)
		}
	}
	return p, nil
}

// DefaultDeadline is how long one test may take natively.
const DefaultDeadline = 2 * time.Minute

// splitPattern takes a pattern of go test -run apart: the part before the first slash selects tests, the rest subtests.
func splitPattern(pattern string) (top, sub string, err error) {
	depth := 0
	for i, r := range pattern {
		switch r {
		case '[', '(':
			depth++
		case ']', ')':
			depth--
		case '/':
			if depth == 0 {
				if strings.Contains(pattern[:i], "|") && !strings.Contains(pattern[:i], "(") {
					return "", "", record.Wrongf("--run", "%q: a slash and | together cannot be split: put the alternatives in parentheses", "%q：斜杠与 | 不能同时拆分：请给候选项加括号", pattern)
				}
				return pattern[:i], pattern[i+1:], nil
			}
		}
	}
	return pattern, "", nil
}

// environment returns the environment of the go command for a platform. It is the user's own, because the module and the
// proxies are the user's, but for what could build something else than the module: GOFLAGS is what was read and not refused,
// and no variable names another repository.
func (p *Product) environment(key build.Key) []string {
	env := slices.DeleteFunc(os.Environ(), func(e string) bool {
		name, _, _ := strings.Cut(e, "=")
		return slices.Contains([]string{"GOOS", "GOARCH", "CGO_ENABLED", "GOAMD64", "GOARM64", "PWD", "GODEBUG", "GOFLAGS", "GOWORK"}, name) ||
			strings.HasPrefix(name, "XCMATRIX_") || slices.Contains(repositories, name)
	})
	for _, x := range [][2]string{{"GOFLAGS", p.goEnv.GOFLAGS}, {"GOWORK", p.goEnv.GOWORK}} {
		if x[1] != "" {
			env = append(env, x[0]+"="+x[1])
		}
	}
	cgo := "CGO_ENABLED=0"
	if p.Race {
		cgo = "CGO_ENABLED=1"
	}
	env = append(env, "GOOS="+key.GOOS, "GOARCH="+key.GOARCH, cgo, "PWD="+p.Dir)
	if key.Level != "" {
		env = append(env, "GO"+strings.ToUpper(key.GOARCH)+"="+key.Level)
	}
	if key.Experiment != "" {
		env = append(env, "GOEXPERIMENT="+key.Experiment)
	}
	return env
}

// repositories are the variables by which git looks into another repository than the one that a directory is in.
var repositories = []string{"GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_NAMESPACE"}

// tags returns the build tags for a platform.
func (p *Product) tags(key build.Key) string {
	return strings.Trim(strings.Join([]string{p.Tags, key.Tags}, ","), ",")
}

// list returns the packages and tests for a platform.
func (p *Product) list(ctx context.Context, key build.Key) ([]*list.Package, error) {
	p.mu.Lock()
	l := p.listings[key.String()]
	if l == nil {
		l = &listing{}
		p.listings[key.String()] = l
	}
	p.mu.Unlock()
	l.once.Do(func() {
		if here := platformHere(); key != here {
			go p.list(ctx, here) //nolint:errcheck // it is asked for below, and takes as long as the other
		}
		l.packages, l.err = list.Packages(ctx, list.Query{Dir: p.Dir, Env: p.environment(key), Tags: p.tags(key), Patterns: p.Patterns})
		if here := platformHere(); l.err == nil && key != here {
			l.packages = p.withExcluded(ctx, l.packages, here)
		}
	})
	return l.packages, l.err
}

// platformHere returns the build key of this machine.
func platformHere() build.Key { return build.Key{GOOS: runtime.GOOS, GOARCH: runtime.GOARCH} }

// withExcluded adds the packages that there are on this machine's platform alone: ./... passes over what build constraints
// leave nothing of.
func (p *Product) withExcluded(ctx context.Context, packages []*list.Package, here build.Key) []*list.Package {
	others, err := p.list(ctx, here)
	if err != nil {
		return packages
	}
	have := map[string]bool{}
	for _, pkg := range packages {
		have[pkg.ImportPath] = true
	}
	for _, other := range others {
		if !have[other.ImportPath] {
			packages = append(packages, other.Without())
		}
	}
	return packages
}

// Reads returns the variables of this process that tests get: those that Go programs and tests of Go tools look at, and those
// that the user names.
func (p *Product) Reads() []string {
	return append([]string{"USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "SHELL", "GOROOT", "GOPATH", "GOCACHE", "GOMODCACHE", "GOPROXY", "GOFLAGS",
		"GOTOOLCHAIN", "GOSUMDB", "GONOSUMDB", "GONOPROXY", "GOPRIVATE", "GODEBUG", "GOMAXPROCS", "GOGC", "GOMEMLIMIT"}, p.Env...)
}

// stage returns the directory of the cache for files that are built for a platform.
func (p *Product) stage(key build.Key) string {
	flags := strings.Join(append(p.buildFlags(key), p.Dir), "\x00")
	return filepath.Join(p.Cache, "tests", digest(flags), key.String())
}

// buildFlags returns the flags of `go build` and `go test -c`.
func (p *Product) buildFlags(key build.Key) []string {
	var flags []string
	if tags := p.tags(key); tags != "" {
		flags = append(flags, "-tags="+tags)
	}
	if p.Race {
		flags = append(flags, "-race")
	}
	if p.Cover {
		flags = append(flags, "-cover")
	}
	return flags
}
