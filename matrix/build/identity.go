package build

import (
	"regexp"
	"runtime"
	"runtime/debug"
)

// Identity says which source a program was built from, as far as its file tells.
type Identity struct {
	Version string // of the module: "v1.2.0", a pseudo-version, or "(devel)" for a build that no version control was asked for
	Commit  string // "" where the file does not say; "+dirty" follows where files differed from it
	Go      string // the toolchain: "go1.26.8"
	Edits   string // digest of the edits of Go's runtime for the old world; "" for Go's own
	DM      bool   // with the DM8 driver
}

// Own returns the identity of the running program.
func Own() Identity {
	id := Identity{Version: "unknown", Go: runtime.Version(), Edits: OwnWorlds(), DM: OwnDM()}
	if info, ok := debug.ReadBuildInfo(); ok {
		id.Version, id.Commit = sourceOf(info)
	}
	return id
}

// pseudo ends a version that the go command made up for a commit which has no tag: the time, and 12 digits of the commit.
var pseudo = regexp.MustCompile(`[-.][0-9]{14}-([0-9a-f]{12})(\+dirty)?$`)

// sourceOf returns the version and the commit that the go command recorded of the main module. What `go build` asked
// version control for comes first; what `go install MODULE@VERSION` built has the commit in its version alone, if at all.
func sourceOf(info *debug.BuildInfo) (version, commit string) {
	version = info.Main.Version
	if version == "" {
		version = "(devel)"
	}
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			commit = s.Value + commit
		case s.Key == "vcs.modified" && s.Value == "true":
			commit += "+dirty"
		}
	}
	if m := pseudo.FindStringSubmatch(version); m != nil && (commit == "" || commit == "+dirty") {
		commit = m[1] + m[2]
	}
	return version, commit
}
