package fleet

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// Needs is what a job asks of its machine. An empty field asks for nothing.
type Needs struct {
	GOOS    string   `json:"goos"`
	GOARCH  string   `json:"goarch"`
	Chip    string   `json:"chip,omitempty"`   // catalogue id
	System  string   `json:"system,omitempty"` // catalogue id
	World   string   `json:"world,omitempty"`  // ABI world
	Machine string   `json:"machine,omitempty"`
	Labels  []string `json:"labels,omitempty"`
}

// Fits reports whether a machine has what is needed.
func (n Needs) Fits(m Machine) bool {
	f := m.Facts
	return f.GOOS == n.GOOS && f.GOARCH == n.GOARCH &&
		(n.Chip == "" || f.Chip == n.Chip) && (n.System == "" || f.System == n.System) && (n.World == "" || f.ABIWorld == n.World) &&
		(n.Machine == "" || m.ID == n.Machine) &&
		!slices.ContainsFunc(n.Labels, func(label string) bool { return !slices.Contains(m.Labels, label) })
}

// Pool returns the name of the pool of all jobs with the same needs.
func (n Needs) Pool() string {
	n.Labels = slices.Sorted(slices.Values(n.Labels))
	raw, err := json.Marshal(n)
	if err != nil {
		panic(err) // strings alone
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:10])
}

// Sentence says what is needed.
func (n Needs) Sentence() record.Sentence {
	words := []string{n.GOOS + "/" + n.GOARCH}
	for _, w := range []struct{ name, value string }{{"chip", n.Chip}, {"system", n.System}, {"world", n.World}, {"machine", n.Machine}, {"labels", strings.Join(n.Labels, ",")}} {
		if w.value != "" {
			words = append(words, w.name+" "+w.value)
		}
	}
	return record.Say(strings.Join(words, ", "), strings.Join(words, "，"))
}

// JobID returns the name of the job for an item of a target in a run.
func JobID(target, item string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%s", target, item))
	return hex.EncodeToString(sum[:8])
}
