package build

import (
	"runtime/debug"
	"testing"
)

func TestSourceOf(t *testing.T) {
	of := func(version string, settings ...debug.BuildSetting) *debug.BuildInfo {
		return &debug.BuildInfo{Main: debug.Module{Version: version}, Settings: settings}
	}
	revision := debug.BuildSetting{Key: "vcs.revision", Value: "0123456789abcdef0123456789abcdef01234567"}
	for _, c := range []struct {
		name            string
		info            *debug.BuildInfo
		version, commit string
	}{
		{"no version control", of("(devel)"), "(devel)", ""},
		{"no version", of(""), "(devel)", ""},
		{"a tag", of("v1.2.0", revision), "v1.2.0", revision.Value},
		{"changed files", of("v1.2.1-0.20261130230406-0123456789ab+dirty", debug.BuildSetting{Key: "vcs.modified", Value: "true"}, revision),
			"v1.2.1-0.20261130230406-0123456789ab+dirty", revision.Value + "+dirty"},
		{"unchanged files", of("v1.2.0", revision, debug.BuildSetting{Key: "vcs.modified", Value: "false"}), "v1.2.0", revision.Value},
		{"installed by a tag", of("v1.2.0"), "v1.2.0", ""},
		{"installed by a commit", of("v0.0.0-20261130230406-0123456789ab"), "v0.0.0-20261130230406-0123456789ab", "0123456789ab"},
		{"a tag that only looks so", of("v1.2.0-rc.1"), "v1.2.0-rc.1", ""},
	} {
		if version, commit := sourceOf(c.info); version != c.version || commit != c.commit {
			t.Errorf("%s: %s %q, want %s %q", c.name, version, commit, c.version, c.commit)
		}
	}
}
