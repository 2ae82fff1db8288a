package main

import (
	"context"
	"debug/buildinfo"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// program is a built file and what it says of itself.
type program struct {
	path    string
	digest  string // "sha256:…"
	arch    string
	version string // as packages have it: "1.2.0", "0.0.0~20261130230406.0123456789ab"
	made    time.Time
	info    *debug.BuildInfo
}

// buildProgram builds the file for an architecture, and reads what it says of itself.
func buildProgram(ctx context.Context, source, arch string) (program, error) {
	payload, err := build.Release(ctx, source, arch)
	if err != nil {
		return program{}, err
	}
	info, err := buildinfo.ReadFile(payload.Path)
	if err != nil {
		return program{}, fmt.Errorf("%s: %w", payload.Path, err)
	}
	made, err := timeOf(info)
	return program{path: payload.Path, digest: payload.Digest, arch: arch, version: packageVersion(info.Main.Version), made: made, info: info}, err
}

// packageVersion is a module's version as Debian and RPM order them: a pre-release comes before its release by "~".
func packageVersion(module string) string {
	v := strings.TrimPrefix(module, "v")
	if !regexp.MustCompile(`^[0-9]`).MatchString(v) {
		return "0.0.0~devel"
	}
	v, suffix, pre := strings.Cut(v, "-")
	if pre {
		v += "~" + strings.ReplaceAll(suffix, "-", ".")
	}
	return v
}

// timeOf is the time that all files get: that of the commit; without one SOURCE_DATE_EPOCH, else the first of January 1980.
// The clock has no part in it, so that the same source gives the same bytes.
func timeOf(info *debug.BuildInfo) (time.Time, error) {
	for _, s := range info.Settings {
		if s.Key == "vcs.time" {
			return time.Parse(time.RFC3339, s.Value)
		}
	}
	if text := os.Getenv("SOURCE_DATE_EPOCH"); text != "" {
		seconds, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return time.Time{}, record.Wrongf("SOURCE_DATE_EPOCH", "%q is no number of seconds", "%q 不是秒数", text)
		}
		return time.Unix(seconds, 0).UTC(), nil
	}
	return time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC), nil
}

// goCommand runs the go command in a directory and returns what it prints.
func goCommand(ctx context.Context, dir string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go %s: %w: %s", args[0], err, strings.TrimSpace(said.String()))
	}
	return out, nil
}
