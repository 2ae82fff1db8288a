package check

import (
	"fmt"
	"sync"

	"github.com/onsi/ginkgo/v2"
)

// Fact returns value: what a spec has found out of the machine, and judges next. It gives the value a name, under which a
// test of the suite puts a broken one in its place and sees the spec fail; see [ProveFailures]. Specs that judge the same
// thing use the same name for it.
func Fact[T any](name string, value T) T { return Gather(name, func() T { return value }) }

// Gather returns what gather returns: it is Fact for what only some machines can tell. Where a test gives a value under that
// name, gather is not called; so what skips the spec on machines that cannot tell belongs into gather.
func Gather[T any](name string, gather func() T) T {
	ginkgo.GinkgoHelper()
	value, is := run.given.take(name)
	if !is {
		return gather()
	}
	switch given := value.(type) {
	case nil:
		return *new(T)
	case T:
		return given
	case func(T) T:
		return given(gather())
	default:
		panic(fmt.Sprintf("fact %q is given as a %T, and is a %T", name, given, *new(T)))
	}
}

// Proving reports whether a test of broken facts runs: then a suite's own BeforeEach skips no spec.
func Proving() bool { return run.given != nil }

// Facts are broken facts by name: each is a value of the fact's type, or a function that makes a broken one of what was
// gathered.
type Facts map[string]any

// givenFacts are those that a test gives to the spec that runs.
type givenFacts struct {
	mu    sync.Mutex
	facts Facts
	taken map[string]bool // the names that the spec has asked for
}

func (g *givenFacts) give(f Facts) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.facts, g.taken = f, map[string]bool{}
}

// take returns the fact that a test gives; false where it gives none.
func (g *givenFacts) take(name string) (value any, is bool) {
	if g == nil {
		return nil, false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.taken[name] = true
	value, is = g.facts[name]
	return value, is
}

// untaken returns the given facts that the spec did not ask for.
func (g *givenFacts) untaken() (names []string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for name := range g.facts {
		if !g.taken[name] && name != Sound {
			names = append(names, name)
		}
	}
	return names
}
