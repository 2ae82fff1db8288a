package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/xcmatrix/xcmatrix/matrix/build"
)

// version of this program, as the Go toolchain recorded it; "(devel)" for one that was built from a checkout.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	return info.Main.Version
}

// versionLine is what a report of a fault should begin with.
func versionLine() string {
	line := fmt.Sprintf("%s %s %s/%s", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	if edits := build.OwnWorlds(); edits != "" {
		line += " (Go runtime modified for the old world, edits " + edits + ")"
	}
	return line
}
