// Package matrix reads the matrix file, which declares targets and suites, and makes the plan of a run from it.
package matrix

import (
	_ "embed"
	"encoding/hex"
	"runtime"

	"github.com/emmansun/gmsm/sm3"

	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/matrix/catalog"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/regular"
	"github.com/xcmatrix/xcmatrix/results/store"
	"github.com/xcmatrix/xcmatrix/results/yamlfile"
)

// Version is the version of the file format. Files with another version are refused.
const Version = 1

// Matrix is a matrix file that was parsed and checked.
type Matrix struct {
	Version int      `yaml:"version"`
	Targets []Target `yaml:"targets"`
	Suites  []string `yaml:"suites"`
	Include []Rule   `yaml:"include"`
	Exclude []Rule   `yaml:"exclude"`

	Databases map[string]Database `yaml:"databases"` // by name
	Tests     *Tests              `yaml:"tests"`     // the user's own Go tests; nil for none

	Path   string `yaml:"-"`
	Digest string `yaml:"-"` // "sm3:…" of the file
}

// Target is a declared chip and system, and where it runs.
type Target struct {
	ID         string `yaml:"id"`
	Chip       string `yaml:"chip"`       // catalogue id; "" for any chip
	System     string `yaml:"system"`     // catalogue id; "" for any system
	GOOS       string `yaml:"goos"`       // linux by default
	GOARCH     string `yaml:"goarch"`     // by default the chip's, or this machine's for a native target
	Level      string `yaml:"level"`      // GOAMD64 or GOARM64; "" for the lowest
	Code       string `yaml:"code"`       // assembly or purego; "" for assembly if the CPU supports it
	World      string `yaml:"world"`      // ABI world of loong64: new, old, or both; "" for new
	Layout     int    `yaml:"layout"`     // seed of a random order of the functions in the payload; 0 for the linker's own order
	Experiment string `yaml:"experiment"` // GOEXPERIMENT of the payload: nogreenteagc; "" for the toolchain's own default
	CPU        string `yaml:"cpu"`        // model for an emulator or a virtual machine
	Default    *bool  `yaml:"default"`    // false: the target runs only if it is named

	Launchers Launchers `yaml:"run"` // native, emulated, vm, ssh, fleet: the preferred one first
	Run       string    `yaml:"-"`   // the launcher that it uses: the first, unless ChooseLaunchers chooses another

	PassedOver []PassedOver `yaml:"-"` // launchers before Run, with what is absent

	Host      string `yaml:"host"`       // user@host, or a name in the user's ssh configuration, where the launcher is ssh
	SSHConfig string `yaml:"ssh_config"` // a configuration file in place of the user's own; a relative name counts from the matrix file
	HostPlace string `yaml:"-"`          // file:line of host

	Labels  []string `yaml:"labels"`  // that a machine of the fleet must have, where the launcher is fleet
	Machine string   `yaml:"machine"` // the name of a machine of the fleet; "" for any that has chip, system and labels

	Guest *record.Guest `yaml:"vm"` // the virtual machine, for the launcher vm
}

// Rule selects cells by globs, in include and exclude.
type Rule struct {
	Target string `yaml:"target"`
	Suite  string `yaml:"suite"`
	Why    string `yaml:"why"`
}

// ByDefault reports whether the target runs if no target is named.
func (t Target) ByDefault() bool { return t.Default == nil || *t.Default }

// Key returns the target's build key. needsPurego says that its CPU needs a payload without assembly. A target of the old ABI world
// gets the payload that starts in both worlds.
func (t Target) Key(needsPurego bool) build.Key {
	k := build.Key{GOOS: t.GOOS, GOARCH: t.GOARCH, Level: t.Level, Layout: t.Layout, Experiment: t.Experiment}
	if needsPurego {
		k.Tags = "purego"
	}
	if t.World == catalog.OldWorld || t.World == build.BothWorlds {
		k.World = build.BothWorlds
	}
	return k
}

// Recorded returns the target as the manifest of a run has it. key is the build key of its payloads.
func (t Target) Recorded(key build.Key) store.Target {
	return store.Target{ID: t.ID, GOOS: t.GOOS, GOARCH: t.GOARCH, Chip: t.Chip, System: t.System, Launcher: t.Run, CPU: t.CPU,
		BuildKey: key.String(), Guest: t.Guest}
}

//go:embed matrix.yaml
var defaultFile []byte

// DefaultPath is the path in errors about the matrix that ships with the program.
const DefaultPath = "matrix/matrix.yaml"

// Default returns the matrix that ships with the program.
func Default() (*Matrix, error) { return Parse(DefaultPath, defaultFile) }

// maxFile bounds a matrix file in bytes.
const maxFile = 1 << 20

// Load reads and checks a matrix file. It returns a *record.Problem as Parse does, or if path is no regular file of at most
// maxFile bytes.
func Load(path string) (*Matrix, error) {
	raw, err := regular.ReadNamed(path, maxFile)
	if err != nil {
		return nil, err
	}
	return Parse(path, raw)
}

// Parse parses and checks the text of a matrix file. Every error is a *record.Problem with path and line.
func Parse(path string, raw []byte) (*Matrix, error) {
	m := &Matrix{Path: path}
	file, err := yamlfile.Decode(path, raw, m)
	if err != nil {
		return nil, err
	}
	m.setDefaults()
	if err := m.check(file); err != nil {
		return nil, file.Mend(err)
	}
	sum := sm3.Sum(raw)
	m.Digest = "sm3:" + hex.EncodeToString(sum[:])
	return m, nil
}

// setDefaults sets the fields that the file leaves out.
func (m *Matrix) setDefaults() {
	for i := range m.Targets {
		t := &m.Targets[i]
		if len(t.Launchers) > 0 {
			t.Run = t.Launchers[0]
		}
		if t.GOOS == "" {
			t.GOOS = "linux"
		}
		if t.GOARCH == "" {
			t.GOARCH = chipArch(t.Chip)
		}
		if t.GOARCH == "" && t.Run == "native" {
			t.GOARCH = runtime.GOARCH
		}
		if t.Guest != nil && t.World == catalog.OldWorld {
			guest := *t.Guest
			guest.World, t.Guest = t.World, &guest
		}
	}
}
