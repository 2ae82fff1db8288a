package catalog

import (
	_ "embed"
	"slices"
	"sync"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// The two ABI worlds of LoongArch Linux. Programs of one do not run in the other, even statically linked ones: signal sets differ
// in size, and Go's runtime ends the process when rt_sigprocmask fails
// (loongson-community/areweloongyet, docs/old-and-new-worlds.md).
const (
	NewWorld = "new"
	OldWorld = "old"
)

// System is one operating system release.
type System struct {
	ID        string          `yaml:"id"`
	Name      record.Sentence `yaml:"name"`
	ABIWorld  string          `yaml:"abi_world"` // on loong64: NewWorld, OldWorld, or "" if releases differ
	Recognise []Rule          `yaml:"recognise"` // one of them must match; keys are fields of os-release, and "kernel" for the kernel's release
	Note      string          `yaml:"note"`
	Source    string          `yaml:"source"`
}

//go:embed systems.yaml
var systemsYAML []byte

var systems = sync.OnceValue(func() []System { return decode[[]System]("systems.yaml", systemsYAML) })

// Systems returns all systems.
func Systems() []System { return slices.Clone(systems()) }

// FindSystem returns the system with an id.
func FindSystem(id string) (System, bool) {
	i := slices.IndexFunc(systems(), func(s System) bool { return s.ID == id })
	if i < 0 {
		return System{}, false
	}
	return systems()[i], true
}

// RecogniseSystem returns the system that an os-release text and a kernel release (uname -r) describe. Its ABIWorld is "" on
// architectures other than loong64. The kernel's release does not determine the ABI world: old-world kernels 4.19, 5.4 and 5.10
// are in use.
func RecogniseSystem(osRelease, kernel, goarch string) (System, bool) {
	fields := Fields(osRelease)
	fields["kernel"] = kernel
	for _, s := range systems() {
		if !anyMatches(s.Recognise, fields) {
			continue
		}
		if goarch != "loong64" {
			s.ABIWorld = ""
		}
		return s, true
	}
	return System{}, false
}
