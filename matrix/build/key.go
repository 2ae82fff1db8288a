// Package build makes payloads: the binary of this very program, cross-compiled once per build key, kept under the
// digest of its content.
package build

import (
	"strings"
)

// Key says for what a payload is built. Two targets with the same key share a payload.
type Key struct {
	GOOS, GOARCH string
	Level        string // GOAMD64 or GOARM64; "" for the lowest
	Tags         string // build tags, comma-separated: "purego" for a loong64 without LSX
	DM           bool   // with the DM8 driver
}

// String is the key as plans and tables show it: "linux-loong64-purego".
func (k Key) String() string {
	parts := []string{k.GOOS, k.GOARCH}
	for _, p := range []string{k.Level, k.Tags} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	if k.DM {
		parts = append(parts, "dm")
	}
	return strings.Join(parts, "-")
}

// environ is what the go command needs to build for the key, and nothing that would change the digest.
func (k Key) environ(base []string) []string {
	env := make([]string, 0, len(base)+8)
	for _, e := range base {
		name, _, _ := strings.Cut(e, "=")
		switch name {
		case "GOOS", "GOARCH", "GOAMD64", "GOARM64", "GOFLAGS", "GOEXPERIMENT", "CGO_ENABLED", "GOWORK":
		default:
			env = append(env, e)
		}
	}
	env = append(env, "GOOS="+k.GOOS, "GOARCH="+k.GOARCH, "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off")
	if k.Level != "" {
		env = append(env, "GO"+strings.ToUpper(k.GOARCH)+"="+k.Level)
	}
	return env
}
