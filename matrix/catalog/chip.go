package catalog

import (
	"embed"
	"slices"
	"sync"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// Kind says what an entry of the chip catalogue stands for.
type Kind string

const (
	Real    Kind = "real"    // a chip that one can buy
	Generic Kind = "generic" // any chip of its architecture that is none of the others
	Model   Kind = "model"   // a CPU model of QEMU
)

// Chip is one processor, or one family of processors that the harness need not tell apart.
type Chip struct {
	ID        string          `yaml:"id"`
	Kind      Kind            `yaml:"kind"`
	Name      record.Sentence `yaml:"name"`
	Vendor    string          `yaml:"vendor"`
	GOARCH    string          `yaml:"goarch"`
	Level     string          `yaml:"level"`      // highest GOAMD64 or GOARM64 level that every member runs; "" where Go has none
	PageSizes []int           `yaml:"page_sizes"` // bytes; those of the kernels that are shipped for it
	Vectors   []string        `yaml:"vectors"`    // vector sets: neon, sve, avx, avx2, avx512, lsx, lasx
	Recognise []Rule          `yaml:"recognise"`  // any of them
	Shares    Rule            `yaml:"shares"`     // an identity that it shares with other chips: names a candidate, not the chip
	QEMU      string          `yaml:"qemu"`       // the -cpu argument under which QEMU shows this identity
	Emulates  string          `yaml:"emulates"`   // for a Model: the id of the chip whose identity it takes on
	Note      string          `yaml:"note"`
	Source    string          `yaml:"source"`
}

//go:embed chips
var chipsFS embed.FS

// chips holds the architectures' files, each read when first asked for: a payload under an emulator needs one alone,
// and reading is slow there.
var chips = map[string]func() []Chip{"amd64": chipsOf("amd64"), "arm64": chipsOf("arm64"), "loong64": chipsOf("loong64")}

func chipsOf(goarch string) func() []Chip {
	return sync.OnceValue(func() []Chip {
		name := "chips/" + goarch + ".yaml"
		text, err := chipsFS.ReadFile(name)
		if err != nil {
			panic(err) // a fault of the build
		}
		return decode[[]Chip](name, text)
	})
}

// known lists an architecture's chips, none for one that the catalogue does not hold.
func known(goarch string) []Chip {
	if read, ok := chips[goarch]; ok {
		return read()
	}
	return nil
}

// Chips lists the catalogue by architecture: real chips, then the generic one, then QEMU's models.
func Chips() []Chip { return slices.Concat(known("amd64"), known("arm64"), known("loong64")) }

// FindChip returns the chip of an id.
func FindChip(id string) (Chip, bool) {
	all := Chips()
	i := slices.IndexFunc(all, func(c Chip) bool { return c.ID == id })
	if i < 0 {
		return Chip{}, false
	}
	return all[i], true
}

// RecogniseChip finds the chip that a /proc/cpuinfo text is of. The generic chip of the architecture stands in for one
// that the catalogue does not know; a text of another architecture, as a user-mode emulator may show its host's, is of
// no chip.
func RecogniseChip(cpuinfo, goarch string) (Chip, bool) {
	fields := Fields(cpuinfo)
	var generic Chip
	for _, c := range known(goarch) {
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

// Candidates returns the chips that share the identity which a /proc/cpuinfo text shows, where the text alone does not
// say which one it is.
func Candidates(cpuinfo, goarch string) []Chip {
	fields := Fields(cpuinfo)
	var found []Chip
	for _, c := range known(goarch) {
		if c.Shares.matches(fields) {
			found = append(found, c)
		}
	}
	return found
}

// NeedsPurego reports whether a payload for this architecture must be built with -tags purego: on loong64 without LSX
// the assembly of emmansun/gmsm v0.44.0 ends in SIGILL, because it loads eight bytes where the one-byte feature flag
// stands. features are a machine's, or the Vectors of the chip that a launcher was asked for.
func NeedsPurego(goarch string, features []string) bool {
	return goarch == "loong64" && !slices.Contains(features, "lsx")
}
