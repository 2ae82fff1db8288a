// Package environ makes the environments of the programs that this one starts. They are allow-lists: what a user has set
// for other programs decides no verdict, and a passphrase reaches nobody who has no use for it.
package environ

import (
	"os"
	"slices"
	"strings"
)

// programs is what every program may need to find its files.
var programs = []string{"HOME", "PATH", "LD_LIBRARY_PATH", "TMPDIR", "XDG_CACHE_HOME"}

// Own is what any program gets of this process's environment, and what it has of the variables that names lists.
func Own(names ...string) []string { return Of(os.Environ(), append(names, programs...)...) }

// Of is what names lists of an environment.
func Of(env []string, names ...string) []string {
	var kept []string
	for _, e := range env {
		if name, _, _ := strings.Cut(e, "="); slices.Contains(names, name) {
			kept = append(kept, e)
		}
	}
	return kept
}

// shown are variables whose values are no secrets, and say what a result may hang on.
var shown = []string{"GODEBUG", "GOGC", "GOMAXPROCS", "GOMEMLIMIT", "GOTRACEBACK", "TZ", "XCMATRIX_PLANT"}

// Names is what may be recorded of an environment: its names, in order, with the values that are no secrets.
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
