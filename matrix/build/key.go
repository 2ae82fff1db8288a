// Package build builds payloads: it cross-compiles this program once per build key, and caches the files by the digest of their
// content.
package build

import (
	"slices"
	"strconv"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// Key is a build key: it says for what a payload is built. Targets with the same key share a payload.
type Key struct {
	GOOS, GOARCH string
	Level        string // GOAMD64 or GOARM64; "" for the lowest
	Tags         string // build tags, separated by commas, such as "purego" for loong64 without LSX
	World        string // BothWorlds for a loong64 file that starts on old-world kernels too; "" for Go's own runtime
	Experiment   string // of Experiments; "" for the toolchain's own default
	DM           bool   // with the DM8 driver
	Layout       int    // seed of a random order of the functions in the file; 0 for the linker's own order
}

// String returns the key's text in plans and tables, such as "linux-loong64-purego".
func (k Key) String() string {
	parts := []string{k.GOOS, k.GOARCH}
	for _, p := range []string{k.Level, k.Tags, k.World} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	if k.Layout != 0 {
		parts = append(parts, layoutPrefix+strconv.Itoa(k.Layout))
	}
	if k.Experiment != "" {
		parts = append(parts, k.Experiment)
	}
	if k.DM {
		parts = append(parts, "dm")
	}
	return strings.Join(parts, "-")
}

const layoutPrefix = "layout"

// Experiments are the values of GOEXPERIMENT that payloads may be built with: nogreenteagc is the garbage collector before Go 1.26.
var Experiments = []string{"nogreenteagc"}

// ParseKey parses the text of a key for a platform. It returns a *record.Problem if the text is of another platform.
func ParseKey(text, goos, goarch string) (Key, error) {
	k := Key{GOOS: goos, GOARCH: goarch}
	rest, ok := strings.CutPrefix(text, k.String())
	if !ok {
		return k, record.Wrongf("", "build key %.80q is not one of %s/%s", "构建键 %.80q 不属于 %s/%s", text, goos, goarch)
	}
	for _, part := range strings.Split(strings.TrimPrefix(rest, "-"), "-") {
		layout, isLayout := strings.CutPrefix(part, layoutPrefix)
		switch {
		case strings.HasPrefix(part, "v"):
			k.Level = part
		case part == "dm":
			k.DM = true
		case part == BothWorlds:
			k.World = part
		case slices.Contains(Experiments, part):
			k.Experiment = part
		case isLayout:
			var err error
			if k.Layout, err = strconv.Atoi(layout); err != nil {
				return k, record.Wrongf("", "build key %.80q: its layout is no number", "构建键 %.80q：布局不是数字", text)
			}
		default:
			k.Tags = part
		}
	}
	return k, nil
}

// tags returns the build tags that the go command gets for the key.
func (k Key) tags() string {
	tags := k.Tags + "," + payloadTag
	if k.World == BothWorlds {
		tags += "," + worldsTagPrefix + WorldsDigest()
	}
	return strings.TrimPrefix(tags, ",")
}

// payloadTag is the build tag of payloads, which leaves out what only coordinators need: the hub and the agent of a fleet.
const payloadTag = "payload"

// environ returns the base environment with the variables of a build for the key.
func (k Key) environ(base []string) []string {
	env := append(slices.Clone(base), "GOOS="+k.GOOS, "GOARCH="+k.GOARCH, "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off")
	if k.Level != "" {
		env = append(env, "GO"+strings.ToUpper(k.GOARCH)+"="+k.Level)
	}
	if k.Experiment != "" {
		env = append(env, "GOEXPERIMENT="+k.Experiment)
	}
	return env
}
