package store

import (
	"cmp"
	"encoding/hex"
	"encoding/json"
	"slices"

	"github.com/emmansun/gmsm/sm3"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// Selection is what of a matrix a run was asked for. Empty lists and texts mean everything.
type Selection struct {
	Targets []string `json:"targets"` // globs
	Suites  []string `json:"suites"`  // globs
	Specs   []string `json:"specs"`   // ids
	Label   string   `json:"label"`   // expression
	Rounds  int      `json:"rounds"`
	Servers []Server `json:"servers"` // that were named for the database suite, without their addresses
	Vectors []Vector `json:"vectors"` // that the user gave
}

// Server is a database whose server was named, which decides how many specs a suite has.
type Server struct {
	Database string `json:"database"`
	StandIn  bool   `json:"stand_in,omitempty"`
}

// Vector is a file that the user gave a suite.
type Vector struct {
	Item string `json:"item"`
	Name string `json:"name"`
	SM3  string `json:"sm3"`
}

// FullPlan is all that a suite has in a program version, for the servers that were named: how many specs, and a digest of
// their ids and labels. What no laboratory has to have is not in it.
type FullPlan struct {
	Item  string `json:"item"`
	Specs int    `json:"specs"`
	SM3   string `json:"sm3"`
}

// FullPlanOf counts and digests specs, in whatever order they stand. Deadlines are left out, since they may go by the
// machine, and so are optional specs, since a user's files add to them, and deep ones, which no run has unless they are named.
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
			panic(err) // cannot be: strings alone
		}
	}
	return FullPlan{Item: item, Specs: len(lines), SM3: hex.EncodeToString(digest.Sum(nil))}
}

// DigestOf is the digest by which a text is known: "sm3:…".
func DigestOf(text []byte) string {
	sum := sm3.Sum(text)
	return "sm3:" + hex.EncodeToString(sum[:])
}

// FullPlan is what the manifest says an item's suite has in all.
func (m Manifest) FullPlan(item string) (FullPlan, bool) {
	for _, s := range m.Suites {
		if s.Item == item {
			return s, true
		}
	}
	return FullPlan{}, false
}

// Planned is what of an item was to run on a target, in whichever round.
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
