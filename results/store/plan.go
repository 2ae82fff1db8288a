package store

import (
	"cmp"
	"encoding/hex"
	"encoding/json"
	"slices"

	"github.com/emmansun/gmsm/sm3"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// Selection is the part of a matrix that the user selected. Empty lists and texts select everything.
type Selection struct {
	Targets []string `json:"targets"` // globs
	Suites  []string `json:"suites"`  // globs
	Specs   []string `json:"specs"`   // ids
	Label   string   `json:"label"`   // expression
	Rounds  int      `json:"rounds"`
	Servers []Server `json:"servers"` // of the database suite, without their addresses
	Vectors []Vector `json:"vectors"` // of the user
}

// Server is a database whose server the user named; the number of a suite's specs depends on it.
type Server struct {
	Database string `json:"database"`
	StandIn  bool   `json:"stand_in,omitempty"`
}

// Vector is a file that the user gave to a suite.
type Vector struct {
	Item string `json:"item"`
	Name string `json:"name"`
	SM3  string `json:"sm3"`
}

// FullPlan describes all specs of a suite in a program version for the named servers: their number, and a digest of their
// ids and labels. Optional and deep specs do not count.
type FullPlan struct {
	Item  string `json:"item"`
	Specs int    `json:"specs"`
	SM3   string `json:"sm3"`
}

// FullPlanOf returns the full plan of specs, whatever their order. It does not depend on deadlines, which may depend on
// the machine, on optional specs, which depend on the user's files, and on deep specs, which run only if the user names
// them.
func FullPlanOf(item string, specs []record.SpecPlan) FullPlan {
	type line struct {
		ID     string   `json:"id"`
		Labels []string `json:"labels"`
	}
	var lines []line
	for _, s := range specs {
		if !s.Optional() && !s.Deep() {
			lines = append(lines, line{s.ID, slices.Sorted(slices.Values(s.Labels))})
		}
	}
	slices.SortFunc(lines, func(a, b line) int { return cmp.Compare(a.ID, b.ID) })
	digest := sm3.New()
	e := json.NewEncoder(digest)
	for _, l := range lines {
		if err := e.Encode(l); err != nil {
			panic(err) // does not happen: the values are strings
		}
	}
	return FullPlan{Item: item, Specs: len(lines), SM3: hex.EncodeToString(digest.Sum(nil))}
}

// DigestOf returns "sm3:" and the SM3 hash of a text.
func DigestOf(text []byte) string {
	sum := sm3.Sum(text)
	return "sm3:" + hex.EncodeToString(sum[:])
}

// FullPlan returns the full plan of an item that the manifest records; false if it records none.
func (m Manifest) FullPlan(item string) (FullPlan, bool) {
	for _, s := range m.Suites {
		if s.Item == item {
			return s, true
		}
	}
	return FullPlan{}, false
}

// Planned returns the plan of an item on a target, over all rounds.
func (m Manifest) Planned(target, item string) FullPlan {
	var specs []record.SpecPlan
	seen := map[string]bool{}
	for _, c := range m.Cells {
		if c.Target != target || c.Item != item {
			continue
		}
		for _, s := range c.Specs {
			if !seen[s.ID] {
				seen[s.ID] = true
				specs = append(specs, s)
			}
		}
	}
	return FullPlanOf(item, specs)
}
