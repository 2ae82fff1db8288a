package build

import (
	"testing"
)

// A run is resumed with the build keys that its manifest holds as text.
func TestParseKeyIsTheWayBack(t *testing.T) {
	for _, k := range []Key{
		{GOOS: "linux", GOARCH: "amd64"},
		{GOOS: "linux", GOARCH: "amd64", Level: "v3"},
		{GOOS: "linux", GOARCH: "arm64", Level: "v8.2"},
		{GOOS: "linux", GOARCH: "loong64", Tags: "purego"},
		{GOOS: "linux", GOARCH: "arm64", Level: "v9.0", Tags: "purego"},
		{GOOS: "linux", GOARCH: "arm64", DM: true},
		{GOOS: "linux", GOARCH: "arm64", Level: "v8.2", Layout: 7, DM: true},
		{GOOS: "linux", GOARCH: "loong64", Tags: "purego", DM: true},
		{GOOS: "linux", GOARCH: "loong64", World: BothWorlds},
		{GOOS: "linux", GOARCH: "loong64", Tags: "purego", World: BothWorlds, DM: true},
		{GOOS: "linux", GOARCH: "amd64", Experiment: "nogreenteagc"},
		{GOOS: "linux", GOARCH: "loong64", World: BothWorlds, Layout: 7, Experiment: "nogreenteagc", DM: true},
	} {
		if got, err := ParseKey(k.String(), k.GOOS, k.GOARCH); err != nil || got != k {
			t.Errorf("%s: %+v %v", k, got, err)
		}
	}
	if _, err := ParseKey("linux-arm64", "linux", "amd64"); err == nil {
		t.Error("a key of another platform was taken")
	}
}
