// Package matrix says what runs where: targets by suites by rounds.
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
	"github.com/xcmatrix/xcmatrix/results/yamlfile"
)

// Version of the file format. A newer one is refused.
const Version = 1

// Matrix is a matrix file as it was read and checked.
type Matrix struct {
	Version int      `yaml:"version"`
	Targets []Target `yaml:"targets"`
	Suites  []string `yaml:"suites"`
	Include []Rule   `yaml:"include"`
	Exclude []Rule   `yaml:"exclude"`

	Databases map[string]Database `yaml:"databases"` // servers of the lab, by the database's name

	Path   string `yaml:"-"`
	Digest string `yaml:"-"` // "sm3:…" of the file
}

// Target is a declared chip and system, and where it runs.
type Target struct {
	ID      string `yaml:"id"`
	Chip    string `yaml:"chip"`   // catalogue id; "" for whatever it is
	System  string `yaml:"system"` // catalogue id; "" for whatever it is
	GOOS    string `yaml:"goos"`   // linux by default
	GOARCH  string `yaml:"goarch"` // the chip's, or this machine's, by default
	Level   string `yaml:"level"`  // GOAMD64 or GOARM64; "" for the lowest
	Code    string `yaml:"code"`   // assembly or purego; "" for what the CPU can run
	World   string `yaml:"world"`  // ABI world of loong64: new, old, or both; "" for new
	Layout  int    `yaml:"layout"` // seed of another order of functions in the payload; 0 for the linker's own
	CPU     string `yaml:"cpu"`    // model for an emulator or a virtual machine
	Default *bool  `yaml:"default"`

	Launchers Launchers `yaml:"run"` // native, emulated, vm: the preferred one first
	Run       string    `yaml:"-"`   // the one that it runs by: the first, unless Choose finds another

	PassedOver []PassedOver `yaml:"-"` // those before Run, and what each of them lacks here

	Host      string `yaml:"host"`       // user@host, or a name in the user's ssh configuration, where the launcher is ssh
	SSHConfig string `yaml:"ssh_config"` // a configuration file in place of the user's own; a relative name counts from the matrix file
	HostPlace string `yaml:"-"`          // file:line of host

	Guest *record.Guest `yaml:"vm"` // the virtual machine, where the launcher is that
}

// Rule names cells by globs, for include and exclude.
type Rule struct {
	Target string `yaml:"target"`
	Suite  string `yaml:"suite"`
	Why    string `yaml:"why"`
}

// ByDefault reports whether the target runs without being named.
func (t Target) ByDefault() bool { return t.Default == nil || *t.Default }

// Key returns the target's build key. A loong64 CPU without LSX takes a payload without assembly: features are the CPU's,
// where it is known which it has. A target of the old ABI world takes the file that starts in both.
func (t Target) Key(needsPurego bool) build.Key {
	k := build.Key{GOOS: t.GOOS, GOARCH: t.GOARCH, Level: t.Level, Layout: t.Layout}
	if needsPurego {
		k.Tags = "purego"
	}
	if t.World == catalog.OldWorld || t.World == build.BothWorlds {
		k.World = build.BothWorlds
	}
	return k
}

//go:embed matrix.yaml
var defaultFile []byte

// DefaultPath is what errors in the matrix that ships with the program name.
const DefaultPath = "matrix/matrix.yaml"

// Default returns the matrix that ships with the program.
func Default() (*Matrix, error) { return Parse(DefaultPath, defaultFile) }

// maxFile bounds a matrix file in bytes.
const maxFile = 1 << 20

// Load reads a matrix file.
func Load(path string) (*Matrix, error) {
	raw, err := regular.ReadNamed(path, maxFile)
	if err != nil {
		return nil, err
	}
	return Parse(path, raw)
}

// Parse reads and checks a matrix. Every error is a *record.Problem that names path and line.
func Parse(path string, raw []byte) (*Matrix, error) {
	m := &Matrix{Path: path}
	file, err := yamlfile.Decode(path, raw, m)
	if err != nil {
		return nil, err
	}
	m.fill()
	if err := m.check(file); err != nil {
		return nil, file.Mend(err)
	}
	sum := sm3.Sum(raw)
	m.Digest = "sm3:" + hex.EncodeToString(sum[:])
	return m, nil
}

// fill puts the defaults in.
func (m *Matrix) fill() {
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
