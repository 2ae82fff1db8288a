package matrix

import (
	"strings"
	"testing"
)

const planned = `version: 1
targets:
- {id: native, run: native, goarch: amd64}
- {id: arm64, run: emulated, goarch: arm64, cpu: max}
- {id: loong64-la132, run: emulated, goarch: loong64, cpu: "la464,lsx=off,lasx=off", default: false}
- {id: la132-assembly, run: emulated, goarch: loong64, cpu: "la464,lsx=off,lasx=off", code: assembly, default: false}
- {id: native-purego, run: native, goarch: amd64, code: purego, default: false}
suites: [crypto, abi]
include: [{target: loong64-la132, suite: abi}]
exclude: [{target: arm64, suite: abi, why: no kernel}]
`

// cells is a plan as text: what runs, and what does not and why.
func cells(p Plan) string {
	var words []string
	for _, c := range p.Cells {
		words = append(words, c.Target.ID+" "+c.Item+" "+c.Key.String())
	}
	for _, e := range p.Excluded {
		words = append(words, "("+e.Target+" "+e.Item+": "+e.Why.En+")")
	}
	return strings.Join(words, "; ")
}

func TestPlan(t *testing.T) {
	m, err := Parse("m.yaml", []byte(planned))
	if err != nil {
		t.Fatal(err)
	}
	have := []string{"crypto", "abi", "selftest"}
	for name, c := range map[string]struct {
		sel  Selection
		want []string // each stands in the plan
		n    int      // cells
	}{
		"default": {Selection{Have: have}, []string{"native crypto linux-amd64;", "arm64 crypto linux-arm64;", "loong64-la132 abi linux-loong64-purego;",
			"(arm64 abi: no kernel)", "(loong64-la132 crypto: runs when it is named: --target loong64-la132)"}, 4},
		"named": {Selection{Have: have, Targets: []string{"loong64*"}}, []string{"loong64-la132 crypto", "(native crypto: not selected by --target)"}, 2},
		"a glob of those by default": {Selection{Have: have, Targets: []string{"native*"}, Suites: []string{"crypto"}},
			[]string{"(native-purego crypto: not selected by --target)"}, 1},
		"code":              {Selection{Have: have, Targets: []string{"la132-assembly", "native-purego"}, Suites: []string{"crypto"}}, []string{"la132-assembly crypto linux-loong64;", "native-purego crypto linux-amd64-purego;"}, 2},
		"one suite":         {Selection{Have: have, Suites: []string{"c*"}}, []string{"(native abi: not selected by --suite)"}, 2},
		"a suite beside":    {Selection{Have: have, Suites: []string{"selftest"}, Targets: []string{"native"}}, []string{"native selftest"}, 1},
		"no such suite yet": {Selection{Have: []string{"crypto"}}, []string{"(native abi: this program has no such suite yet)"}, 2},
	} {
		p, err := m.Plan(c.sel)
		if err != nil || len(p.Cells) != c.n {
			t.Errorf("%s: %d cells, want %d: %v: %s", name, len(p.Cells), c.n, err, cells(p))
		}
		for _, want := range c.want {
			if !strings.Contains(cells(p)+";", want) {
				t.Errorf("%s: %q is not in %s", name, want, cells(p))
			}
		}
	}
}

// Speed under an emulator is never compared: one round shows that the code runs.
func TestRounds(t *testing.T) {
	m, err := Parse("m.yaml", []byte(planned))
	if err != nil {
		t.Fatal(err)
	}
	p, err := m.Plan(Selection{Have: []string{"crypto"}, Rounds: 5})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range p.Cells {
		if want := map[string]int{"native": 5}[c.Target.ID]; c.Rounds != max(want, 1) {
			t.Errorf("%s: %d rounds", c.Target.ID, c.Rounds)
		}
	}
}

const worldsMatrix = `version: 1
targets:
- {id: here, run: native, goarch: loong64}
- {id: stock, run: native, goarch: loong64, world: new}
- {id: old, run: emulated, goarch: loong64, cpu: la464, world: old}
- {id: both, run: emulated, goarch: loong64, cpu: la464, world: both}
- {id: new, run: emulated, goarch: loong64, cpu: la464}
- {id: boat, run: vm, goarch: loong64, cpu: la464, world: old, vm: {kernel: loong64}}
suites: [crypto]
`

// A payload for both ABI worlds is built where the target says so, or this machine is of the old one.
func TestWorldsInThePlan(t *testing.T) {
	m, err := Parse("m.yaml", []byte(worldsMatrix))
	if err != nil {
		t.Fatal(err)
	}
	for world, here := range map[string]string{"": "linux-loong64", "new": "linux-loong64", "old": "linux-loong64-both"} {
		p, err := m.Plan(Selection{Have: []string{"crypto"}, World: world, Features: []string{"lsx"}})
		if err != nil {
			t.Fatal(err)
		}
		want := "here crypto " + here + "; stock crypto linux-loong64; old crypto linux-loong64-both; both crypto linux-loong64-both; " +
			"new crypto linux-loong64; boat crypto linux-loong64-both"
		if got := cells(p); got != want {
			t.Errorf("on a machine of the world %q:\n%s\nwant\n%s", world, got, want)
		}
		for _, c := range p.Cells {
			if c.Target.ID == "boat" && c.Target.Guest.World != "old" {
				t.Error("the guest of a target of the old world does not simulate it")
			}
		}
	}
}

func TestWorldsThatAreWrong(t *testing.T) {
	for text, want := range map[string]string{
		"{id: a, run: native, goarch: loong64, world: older}": "m.yaml:3: target a: there is no ABI world \"older\": new, old or both",
		"{id: a, run: native, experiment: arenas}":            "m.yaml:3: target a: there is no experiment \"arenas\": nogreenteagc",
		"{id: a, run: native, goarch: arm64, world: old}":     "m.yaml:3: target a: arm64 has no ABI worlds: remove world",
	} {
		_, err := Parse("m.yaml", []byte("version: 1\ntargets:\n- "+text+"\nsuites: [crypto]\n"))
		if err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}
