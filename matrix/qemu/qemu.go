// Package qemu knows which versions of QEMU are accepted, as an emulator of programs and of machines.
package qemu

import (
	"context"
	"os/exec"
	"strconv"
	"time"

	"github.com/xcmatrix/xcmatrix/results/environ"
	"github.com/xcmatrix/xcmatrix/results/pattern"
)

// MinMajor is the oldest major version that is accepted: older ones have no LSX and LASX, do not boot a current loong64 kernel,
// and a child process may hang for ever (https://github.com/golang/go/issues/69259).
const MinMajor = 10

// versionTime is how long a program may take to print its version.
const versionTime = 10 * time.Second

var versionPattern = pattern.Of(`version ((\d+)\.\d+[^ )\n]*)`)

// Version returns the version that the program at path prints, and its major number. env ("NAME=value") is added to the
// program's environment. If the program prints no version, version is "" and major 0.
func Version(ctx context.Context, path string, env ...string) (version string, major int) {
	ctx, cancel := context.WithTimeout(ctx, versionTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, "--version")
	cmd.Env = append(environ.Own(), env...)
	out, err := cmd.Output()
	if err != nil {
		return "", 0
	}
	return parse(out)
}

// parse returns the version in the output of --version; "" and 0 if there is none.
func parse(out []byte) (version string, major int) {
	m := versionPattern().FindSubmatch(out)
	if m == nil {
		return "", 0
	}
	major, err := strconv.Atoi(string(m[2]))
	if err != nil {
		return "", 0
	}
	return string(m[1]), major
}
