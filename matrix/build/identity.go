package build

import (
	"runtime"
	"runtime/debug"

	"github.com/xcmatrix/xcmatrix/results/pattern"
)

// Identity describes the source from which a program was built, as recorded in its file.
type Identity struct {
	Version string // of the module: "v1.2.0", a pseudo-version, or "(devel)" for a build without version control
	Commit  string // "" if not recorded; ends with "+dirty" if files differed from the commit
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

// pseudoVersion matches the end of a pseudo-version, the version of a commit without a tag: the time, and 12 digits of the commit.
var pseudoVersion = pattern.Of(`[-.][0-9]{14}-([0-9a-f]{12})(\+dirty)?$`)

// sourceOf returns the version and the commit of the main module. The commit is that of version control if `go build` recorded it,
// or else the one in a pseudo-version, as for `go install MODULE@VERSION`.
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
	if m := pseudoVersion().FindStringSubmatch(version); m != nil && (commit == "" || commit == "+dirty") {
		commit = m[1] + m[2]
	}
	return version, commit
}
