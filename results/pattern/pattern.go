// Package pattern keeps regular expressions that are compiled at their first use. The program's file is every payload's too, and
// each start of a payload would compile the expressions of all packages.
package pattern

import (
	"regexp"
	"sync"
)

// Of returns a function that returns the regular expression of text. The function compiles it at its first call, and panics
// there if text is no regular expression.
func Of(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}
