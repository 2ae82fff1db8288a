// Package environ makes the environments of the programs that this program starts. They are allow-lists: variables that a
// user has set for other programs change no verdict, and a passphrase reaches no program that does not need it.
package environ

import (
	"os"
	"slices"
	"strings"
)

// programs are the variables that every program may need to find its files.
var programs = []string{"HOME", "PATH", "LD_LIBRARY_PATH", "TMPDIR", "XDG_CACHE_HOME"}

// Own returns the variables of this process's environment that every program needs, and those in names.
func Own(names ...string) []string { return Of(os.Environ(), append(names, programs...)...) }

// Of returns the variables of env that are in names.
func Of(env []string, names ...string) []string {
	var kept []string
	for _, e := range env {
		if name, _, _ := strings.Cut(e, "="); slices.Contains(names, name) {
			kept = append(kept, e)
		}
	}
	return kept
}

// shown are variables whose values are no secrets and may influence a result.
var shown = []string{"GODEBUG", "GOGC", "GOMAXPROCS", "GOMEMLIMIT", "GOTRACEBACK", "TZ", "XCMATRIX_PLANT"}

// Names returns what may be recorded of an environment: the names of its variables, sorted, with the values of those in
// shown.
func Names(env []string) []string {
	last := map[string]string{}
	for _, e := range env {
		name, value, _ := strings.Cut(e, "=")
		last[name] = value
	}
	names := make([]string, 0, len(last))
	for name, value := range last {
		if slices.Contains(shown, name) {
			name += "=" + value
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
