package run

import (
	"cmp"
	"os"
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/matrix/remote"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// variables returns what the user has set for an item's payloads, as "NAME=value". What is for other programs holds for this
// machine alone.
func (f *fetch) variables(item string) []string {
	if f.Reads == nil {
		return nil
	}
	reads := slices.DeleteFunc(slices.Clone(f.Reads(item)), func(name string) bool { return !strings.HasPrefix(name, "XCMATRIX_") })
	var env []string
	for _, name := range reads {
		if value := cmp.Or(f.Variables[name], os.Getenv(name)); value != "" {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// job returns what is left to run.
func (f *fetch) job(forwarded map[string]string) remote.Job {
	m := f.Manifest
	m.Targets = slices.DeleteFunc(slices.Clone(m.Targets), func(t store.Target) bool { return t.ID != f.target.ID })
	m.Targets[0].Launcher, m.Targets[0].BuildKey = "native", f.target.Key.String()
	m.Items, m.Cells, m.Excluded, m.Selection, m.Suites = nil, nil, nil, nil, nil
	j := remote.Job{Launcher: f.launch.Launcher, Payload: f.target.payload.Digest, Memory: f.Memory, Noise: f.Noise}
	for _, c := range f.cells {
		p := c.CellPlan
		p.BuildKey = f.target.Key.String()
		if p.Specs = c.remaining(f.runsThere(c)); len(p.Specs) == 0 {
			continue
		}
		m.Cells, j.Attempts = append(m.Cells, p), append(j.Attempts, c.attempts)
		if slices.Contains(m.Items, c.Item) {
			continue
		}
		m.Items = append(m.Items, c.Item)
		if f.Files != nil && len(f.Files(c.Item)) > 0 {
			if j.Files == nil {
				j.Files = map[string]map[string][]byte{}
			}
			j.Files[c.Item] = f.Files(c.Item)
		}
		if f.forwarded == nil && !f.whole { // a hub gets no data source name: the agent's own environment has those
			j.Env = append(j.Env, f.variables(c.Item)...)
		}
		for _, e := range f.forwarded[c.Item] {
			j.Env = append(j.Env, loopbackPattern().ReplaceAllStringFunc(e, func(address string) string { return cmp.Or(forwarded[address], address) }))
		}
	}
	j.Bound = f.forwarded != nil
	j.Manifest = m
	return j
}
