package catalog

import (
	"embed"
	"slices"
	"sync"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// Kind is the kind of an entry in the catalogue of chips.
type Kind string

const (
	Real    Kind = "real"    // a real chip
	Generic Kind = "generic" // any chip of its architecture that has no entry of its own
	Model   Kind = "model"   // a CPU model of QEMU
)

// Chip is a processor, or a family of processors that need not be distinguished.
type Chip struct {
	ID        string          `yaml:"id"`
	Kind      Kind            `yaml:"kind"`
	Name      record.Sentence `yaml:"name"`
	Vendor    string          `yaml:"vendor"`
	GOARCH    string          `yaml:"goarch"`
	Level     string          `yaml:"level"`      // highest GOAMD64 or GOARM64 level that every member supports; "" on other architectures
	PageSizes []int           `yaml:"page_sizes"` // bytes; those of the kernels that vendors ship for it
	Vectors   []string        `yaml:"vectors"`    // vector sets: neon, sve, avx, avx2, avx512, lsx, lasx
	Recognise []Rule          `yaml:"recognise"`  // one of them must match
	Shares    Rule            `yaml:"shares"`     // matches an identity that several chips have: the chip is then only a candidate
	QEMU      string          `yaml:"qemu"`       // the -cpu argument with which QEMU shows this identity
	Emulates  string          `yaml:"emulates"`   // for a Model: the id of the chip whose identity QEMU shows
	Note      string          `yaml:"note"`
	Source    string          `yaml:"source"`
}

//go:embed chips
var chipsFS embed.FS

// chips returns the chips of an architecture. Each file is parsed at the first call, because a payload needs only one, and parsing is
// slow under an emulator.
var chips = map[string]func() []Chip{"amd64": chipsOf("amd64"), "arm64": chipsOf("arm64"), "loong64": chipsOf("loong64")}

// chipsOf returns a function that parses the chips of an architecture at the first call.
func chipsOf(goarch string) func() []Chip {
	return sync.OnceValue(func() []Chip {
		name := "chips/" + goarch + ".yaml"
		text, err := chipsFS.ReadFile(name)
		if err != nil {
			panic(err) // the embedded file is wrong
		}
		return decode[[]Chip](name, text)
	})
}

// chipsFor returns the chips of an architecture; none for an unknown one.
func chipsFor(goarch string) []Chip {
	if read, ok := chips[goarch]; ok {
		return read()
	}
	return nil
}

// Chips returns all chips, by architecture: real chips, then the generic one, then QEMU's models.
func Chips() []Chip { return slices.Concat(chipsFor("amd64"), chipsFor("arm64"), chipsFor("loong64")) }

// FindChip returns the chip with an id.
func FindChip(id string) (Chip, bool) {
	all := Chips()
	i := slices.IndexFunc(all, func(c Chip) bool { return c.ID == id })
	if i < 0 {
		return Chip{}, false
	}
	return all[i], true
}

// RecogniseChip returns the chip that a /proc/cpuinfo text describes, or the generic chip of the architecture if the catalogue does
// not know it. It returns false for a text of another architecture, such as the host's under a user-mode emulator.
func RecogniseChip(cpuinfo, goarch string) (Chip, bool) {
	fields := Fields(cpuinfo)
	var generic Chip
	for _, c := range chipsFor(goarch) {
		switch {
		case !anyMatches(c.Recognise, fields):
		case c.Kind == Generic:
			generic = c
		default:
			return c, true
		}
	}
	return generic, generic.ID != ""
}

// Candidates returns the chips that a /proc/cpuinfo text may describe, if several chips have that identity.
func Candidates(cpuinfo, goarch string) []Chip {
	fields := Fields(cpuinfo)
	var found []Chip
	for _, c := range chipsFor(goarch) {
		if c.Shares.matches(fields) {
			found = append(found, c)
		}
	}
	return found
}

// NeedsPurego reports whether a payload for this architecture must be built with -tags purego: on loong64 without LSX the assembly
// of emmansun/gmsm v0.44.0 ends by SIGILL, because it reads eight bytes of a one-byte feature flag. features are those of the
// machine, or the Vectors of the emulated chip.
func NeedsPurego(goarch string, features []string) bool {
	return goarch == "loong64" && !slices.Contains(features, "lsx")
}
