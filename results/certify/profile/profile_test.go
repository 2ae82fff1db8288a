package profile

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/schematest"
	"github.com/xcmatrix/xcmatrix/results/store"
)

var items = []string{"toolchain", "abi", "elf", "kernel", "sched", "gc", "crypto", "tls", "http", "database", "disk", "etcd", "test"}

func TestEmbeddedProfiles(t *testing.T) {
	if len(Names()) < 2 {
		t.Fatal(Names())
	}
	for _, name := range Names() {
		p, err := Find(name, items)
		if err != nil {
			t.Fatal(err)
		}
		if p.Name != name {
			t.Errorf("%s names itself %s", name, p.Name)
		}
		if err := schematest.Load(t, "profile.schema.json").ValidateYAML(p.Text); err != nil {
			t.Error(err)
		}
	}
}

const ruleTail = ", title: {en: a, zh: 甲}, owner: o, verify: {en: v, zh: 验}}]"

func TestParseComplaints(t *testing.T) {
	for rule, want := range map[string]string{
		"id: A, level: L1":                                                                                                               "p.yaml:2: rule id \"A\"",
		"id: a, level: L4":                                                                                                               "p.yaml:2: level \"L4\"",
		"id: a, level: L1, sli: taste":                                                                                                   "p.yaml:2: sli \"taste\"",
		"id: a, level: L1, sli: passed, slo: 100":                                                                                        "p.yaml:2: slo \"100\"",
		`id: a, level: L1, sli: passed, slo: ">= 100%"`:                                                                                  "p.yaml:2: passed needs items",
		`id: a, level: L1, sli: passed, slo: ">= 100%", items: [cryptography]`:                                                           "p.yaml:2: there is no item \"cryptography\"",
		`id: a, level: L1, sli: passed, slo: ">= 100%", items: [crypto]`:                                                                 "p.yaml:2: provenance is missing",
		`id: a, level: L2, sli: passed, slo: ">= 100%", items: [crypto], provenance: [emulated]`:                                         "p.yaml:2: provenance \"emulated\" cannot carry L2",
		`id: a, level: L3, sli: rounds, slo: ">= 5", provenance: [native, vm]`:                                                           "p.yaml:2: provenance \"vm\" cannot carry L3",
		`id: a, level: L1, sli: passed, slo: ">= 100%", items: [crypto], provenance: [native], allow: [fail]`:                            "p.yaml:2: verdict \"fail\" cannot be allowed",
		`id: a, level: L3, sli: speed, slo: ">= 100 MB/s", items: [crypto], provenance: [native]`:                                        "p.yaml:2: speed needs one item",
		`id: a, level: L1, sli: passed, slo: ">= 100%", items: [crypto], provenance: [native], weight: 3`:                                "p.yaml:2: there is no field \"weight\"",
		`id: a, level: L1, sli: passed, slo: ">= 100%", items: [crypto], provenance: [native]` + ruleTail[:len(ruleTail)-1] + ", {id: a": "p.yaml:2: level \"\"",
	} {
		text := "name: p\nrules: [{" + rule + ruleTail
		_, err := Parse("p.yaml", []byte(text), items)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %s…", rule, err, want)
		}
	}
	for text, want := range map[string]string{
		"name: P\n":             "p.yaml:1: name \"P\"",
		"name: ｐ\n":             "p.yaml:1: name \"ｐ\": lower-case letters, digits and hyphens are wanted; the character ｐ (U+FF50) stands there, where p is meant",
		"name: p\nrules: a\n":   "p.yaml:2: rules is a list: each entry",
		"name: p\n　rules: []\n": "p.yaml:2: there is no field \"\\u3000rules\" here; an ideographic blank (U+3000) stands there",
		"name: \xd6\xd0\n":      "p.yaml:1: the line is not UTF-8; the file looks like GBK",
		"name: p\nrules: []\n":  "p.yaml:2: a profile without rules",
		"name: p\nrules: [{id: a, level: L1, sli: rounds, slo: \">= 5\", provenance: [native]" + ruleTail[:len(ruleTail)-1] +
			", {id: a, level: L1, sli: rounds, slo: \">= 5\", provenance: [native]" + ruleTail: "p.yaml:2: rule \"a\" stands above already",
	} {
		_, err := Parse("p.yaml", []byte(text), items)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %s…", text, err, want)
		}
	}
	if _, err := Find("no-such", items); err == nil || !strings.Contains(err.Error(), "xinchuang-base") {
		t.Error(err)
	}
}

const text = `
name: p
title: {en: p, zh: 配}
rules:
- {id: machine, level: L1, title: {en: a, zh: 甲}, sli: machine, slo: ">= 100%", provenance: [native, vm, emulated], owner: o, verify: {en: v, zh: 验}}
- {id: abi, level: L1, title: {en: a, zh: 甲}, sli: passed, slo: ">= 100%", items: [abi], provenance: [native, vm, emulated], owner: o, verify: {en: v, zh: 验}}
- {id: crypto, level: L2, title: {en: a, zh: 甲}, sli: passed, slo: ">= 75%", items: [crypto], without: [bench], minimum: 2, provenance: [native, vm], owner: o, verify: {en: v, zh: 验}}
- {id: rounds, level: L3, title: {en: a, zh: 甲}, sli: rounds, slo: ">= 2", provenance: [native], owner: o, verify: {en: v, zh: 验}}
- {id: noise, level: L3, title: {en: a, zh: 甲}, sli: noise, slo: "<= 10%", provenance: [native], owner: o, verify: {en: v, zh: 验}}
- {id: speed, level: L3, title: {en: a, zh: 甲}, sli: speed, benchmark: SM3, unit: MB/s, reference: {en: the lab, zh: 实验室}, slo: ">= 100 MB/s", items: [crypto], provenance: [native], owner: o, verify: {en: v, zh: 验}}
`

// cell is one cell of the run under test: verdicts by letter (O is a miss of an optional spec, N a pass without a launch
// line, d and k specs of the servers dm and kingbase), a sample "SM3" for each value.
func cell(item string, round int, p record.Provenance, verdicts string, samples ...float64) *store.CellRun {
	c := &store.CellRun{Target: "t", Item: item, Round: round, Launches: []record.Launch{{Provenance: p}},
		Machine: &record.Machine{GOARCH: "arm64", Chip: "kunpeng-920"}}
	c.Machines = []*record.Machine{c.Machine}
	if len(samples) > 0 {
		c.Noise = []record.Noise{{}}
	}
	for i, letter := range verdicts {
		s := &store.Spec{SpecPlan: record.SpecPlan{ID: string(rune('a' + i))}}
		s.Provenance = p
		s.Verdict = map[rune]record.Verdict{'P': record.Pass, 'F': record.Fail, 'K': record.Known, 'X': record.Fixed,
			'M': record.Miss, 'S': record.Skip, 'B': record.Crash, 'O': record.Miss, 'N': record.Pass, 'd': record.Pass, 'D': record.Miss,
			'k': record.Pass, 'l': record.Fail, 'L': record.Miss}[letter]
		switch letter {
		case 'B':
			s.Labels = []string{"bench"}
		case 'O':
			s.Labels = []string{"optional"}
		case 'N':
			s.Provenance = ""
		case 'd', 'D':
			s.Labels = []string{"server=dm"}
		case 'k', 'l', 'L':
			s.Labels = []string{"server=kingbase"}
		}
		c.Specs = append(c.Specs, s)
	}
	for _, v := range samples {
		c.Samples = append(c.Samples, store.Sample{Sample: record.Sample{Name: "SM3", Unit: "MB/s", Value: v}},
			store.Sample{Sample: record.Sample{Name: "SM3", Unit: "cpu-ns/op", Value: v * v}})
	}
	return c
}

// loud is a cell that was measured while the machine was not quiet.
func loud(c *store.CellRun) *store.CellRun {
	why := record.Say("the load was high", "负载过高")
	c.Noise = []record.Noise{{Unfit: &why}}
	return c
}

// elsewhere is a cell of which one process ran on another machine.
func elsewhere(c *store.CellRun) *store.CellRun {
	c.Machines = append([]*record.Machine{{GOARCH: "arm64", Chip: "kunpeng-920", System: "kylin-v11"}}, c.Machines...)
	return c
}

// without is a cell of which nothing says where it ran, or how quiet it was there.
func without(c *store.CellRun) *store.CellRun {
	c.Machine, c.Machines, c.Noise = nil, nil, nil
	return c
}

// twice is a cell of which a second process was emulated.
func twice(c *store.CellRun) *store.CellRun {
	c.Launches = append(c.Launches, record.Launch{Provenance: record.Emulated})
	return c
}

// unwatched is a cell of which nothing says how quiet the machine was.
func unwatched(c *store.CellRun) *store.CellRun {
	c.Noise = nil
	return c
}

// whole is a run of cells that keeps a full plan of which nothing was left out.
func whole(cells []*store.CellRun, chip string) *store.Run {
	run := &store.Run{Cells: cells, Manifest: store.Manifest{Targets: []store.Target{{ID: "t", GOARCH: "arm64", Chip: chip}}}}
	for _, c := range cells {
		p := store.CellPlan{Target: c.Target, Item: c.Item, Round: c.Round}
		for _, s := range c.Specs {
			p.Specs = append(p.Specs, s.SpecPlan)
		}
		run.Manifest.Cells = append(run.Manifest.Cells, p)
	}
	for _, item := range items {
		run.Manifest.Suites = append(run.Manifest.Suites, run.Manifest.Planned("t", item))
	}
	return run
}

const choice = `
name: p
title: {en: p, zh: 配}
rules:
- {id: abi, level: L1, title: {en: a, zh: 甲}, sli: passed, slo: ">= 100%", items: [abi], provenance: [native], owner: o, verify: {en: v, zh: 验}}
- {id: database, level: L2, title: {en: a, zh: 甲}, sli: passed, slo: ">= 100%", items: [database, crypto], without: [bench], choice: server, provenance: [native], owner: o, verify: {en: v, zh: 验}}
`

// One server of a choice is enough; what was not looked at is said.
func TestChoice(t *testing.T) {
	p, err := Parse("p.yaml", []byte(choice), items)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		database, crypto string
		level            Level
		says, looked     string
	}{
		"one of two":           {"ddLL", "P", L2, "3 of 3 specs in order", "[{dm 2 0}]"},
		"both":                 {"ddkk", "P", L2, "5 of 5 specs in order", "[{dm 2 0} {kingbase 2 0}]"},
		"one that fails":       {"ddlk", "P", L1, "4 of 5 specs in order", "[{dm 2 0} {kingbase 2 0}]"},
		"one by half":          {"dDLL", "P", L1, "2 of 3 specs in order", "[{dm 1 1}]"},
		"none":                 {"DDLL", "P", L1, "no server was looked at", "[]"},
		"nothing of the other": {"ddLL", "OO", L1, "nothing was seen of crypto", "[{dm 2 0}]"},
	} {
		run := whole([]*store.CellRun{cell("abi", 1, record.Native, "P"), cell("database", 1, record.Native, c.database), cell("crypto", 1, record.Native, c.crypto)}, "")
		a := p.Assess(run, "t", nil)
		if a.Level != c.level || !strings.Contains(a.Rules[1].Evidence.En, c.says) || fmt.Sprint(a.Looked.Servers) != c.looked || !a.Looked.Choice {
			t.Errorf("%s: %q, %v, %+v", name, a.Level, a.Rules[1].Evidence, a.Looked)
		}
	}
}

// A part of a suite carries no level, and a run that does not keep the full plan at most L1.
func TestNarrowed(t *testing.T) {
	p, err := Parse("p.yaml", []byte(choice), items)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(m *store.Manifest)
		level  Level
		says   string
	}{
		"whole":        {func(*store.Manifest) {}, L2, ""},
		"not recorded": {func(m *store.Manifest) { m.Suites = nil }, L1, "the full plan is not recorded"},
		"one suite is": {func(m *store.Manifest) { m.Suites = m.Suites[:2] }, L1, "the full plan of database is not recorded"},
		"fewer":        {func(m *store.Manifest) { m.Cells[1].Specs = m.Cells[1].Specs[:1] }, L1, "1 of 2 specs of database were to run"},
		"others":       {func(m *store.Manifest) { m.Cells[1].Specs[0].ID = "x" }, L1, "the specs of database are not those of its full plan"},
		"others' labels": {func(m *store.Manifest) { m.Cells[1].Specs[0].Labels = []string{"bench"} }, L1,
			"the specs of database are not those of its full plan"},
		"called optional": {func(m *store.Manifest) { m.Cells[1].Specs[0].Labels = []string{"optional"} }, L1, "1 of 2 specs of database were to run"},
		"of L1":           {func(m *store.Manifest) { m.Cells[0].Specs = m.Cells[0].Specs[:1] }, None, "1 of 2 specs of abi were to run"},
	} {
		run := whole([]*store.CellRun{cell("abi", 1, record.Native, "PP"), cell("database", 1, record.Native, "dd"), cell("crypto", 1, record.Native, "P")}, "")
		c.change(&run.Manifest)
		a := p.Assess(run, "t", nil)
		if a.Level != c.level || !strings.Contains(a.Rules[0].Evidence.En+"\n"+a.Rules[1].Evidence.En, c.says) {
			t.Errorf("%s: %q, %v", name, a.Level, a.Rules)
		}
	}
}

// Profiles of older versions let a miss pass: they are read, and nothing is certified by them any more.
func TestCertifies(t *testing.T) {
	p, err := Parse("p.yaml", []byte(strings.Replace(choice, "choice: server", "allow: [miss]", 1)), items)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Certifies(); err == nil || !strings.HasPrefix(err.Error(), "p.yaml:6: allow lets a miss pass") {
		t.Error(err)
	}
	for _, name := range Names() {
		if p, err := Find(name, items); err != nil || p.Certifies() != nil || !p.Shipped() {
			t.Errorf("%s: %v", name, err)
		}
	}
	if p.Name = "xinchuang-base"; p.Shipped() {
		t.Error("another profile of that name counts as shipped")
	}
}

func TestAssess(t *testing.T) {
	const n, v, e = record.Native, record.VM, record.Emulated
	for name, c := range map[string]struct {
		cells     []*store.CellRun
		inherited []string
		level     Level
		unmet     string
		says      string
	}{
		"performs":            {[]*store.CellRun{cell("abi", 1, n, "P"), cell("crypto", 1, n, "PPKX", 110, 120), cell("crypto", 2, n, "", 115)}, nil, L3, "", ""},
		"too slow in a round": {[]*store.CellRun{cell("abi", 1, n, "P"), cell("crypto", 1, n, "PP", 110), cell("crypto", 2, n, "", 99)}, nil, L2, "speed", "the worst of 2 rounds; the threshold is the lab"},
		"too noisy":           {[]*store.CellRun{cell("abi", 1, n, "P"), cell("crypto", 1, n, "PP", 110), cell("crypto", 2, n, "", 200)}, nil, L2, "noise", "crypto SM3 MB/s"},
		"rounds that are unfit": {[]*store.CellRun{cell("abi", 1, n, "P"), cell("crypto", 1, n, "PP", 110), loud(cell("crypto", 2, n, "", 110))},
			nil, L2, "rounds noise", "left out as too noisy: 1 rounds, the first because the load was high"},
		"all rounds unfit": {[]*store.CellRun{cell("abi", 1, n, "P"), loud(cell("crypto", 1, n, "PP", 110))}, nil, L2,
			"rounds noise speed", "nothing was measured; left out as too noisy: 1 rounds"},
		"nothing says how quiet it was": {[]*store.CellRun{cell("abi", 1, n, "P"), cell("crypto", 1, n, "PP", 110), unwatched(cell("crypto", 2, n, "", 110))},
			nil, L2, "rounds noise", "1 rounds, the first because nothing says how quiet the machine was"},
		"a process on another machine": {[]*store.CellRun{cell("abi", 1, v, "P"), elsewhere(cell("crypto", 1, v, "PP"))}, nil, None,
			"machine rounds noise speed", `2 of 3 fingerprints fit the declaration; crypto ran on another machine: "kunpeng-920" with "kylin-v11", where others ran on "kunpeng-920" with ""`},
		"nobody knows where": {[]*store.CellRun{cell("abi", 1, v, "P"), without(cell("crypto", 1, v, "PP"))}, nil, None,
			"machine rounds noise speed", "crypto has verdicts and no fingerprint"},
		"figures on both sides of nothing": {[]*store.CellRun{cell("abi", 1, n, "P"), cell("crypto", 1, n, "PP", 110), cell("crypto", 2, n, "", -110)},
			nil, L2, "noise speed", "the noisiest is crypto SM3"},
		"one round":            {[]*store.CellRun{cell("abi", 1, n, "P"), cell("crypto", 1, n, "PP", 110)}, nil, L2, "rounds noise", ""},
		"nothing measured":     {[]*store.CellRun{cell("abi", 1, n, "P"), cell("crypto", 1, n, "PP")}, nil, L2, "rounds noise speed", "nothing was measured"},
		"a virtual machine":    {[]*store.CellRun{cell("abi", 1, v, "P"), cell("crypto", 1, v, "PP", 110), cell("crypto", 2, v, "", 110)}, nil, L2, "rounds noise speed", "L3 takes results that are native; these are vm"},
		"an emulator":          {[]*store.CellRun{cell("abi", 1, e, "P"), cell("crypto", 1, e, "PP", 110), cell("crypto", 2, e, "", 110)}, nil, None, "machine crypto rounds noise speed", "L2 takes results that are native, vm; these are emulated"},
		"a failure in four":    {[]*store.CellRun{cell("abi", 1, v, "P"), cell("crypto", 1, v, "PPPF")}, nil, L2, "rounds noise speed", ""},
		"a failure in three":   {[]*store.CellRun{cell("abi", 1, v, "P"), cell("crypto", 1, v, "PPF")}, nil, L1, "crypto rounds noise speed", "2 of 3 specs in order (1 fail, 2 pass); first of the worst: crypto: c is fail"},
		"optional misses":      {[]*store.CellRun{cell("abi", 1, v, "P"), cell("crypto", 1, v, "PPOOO")}, nil, L2, "rounds noise speed", ""},
		"but not everywhere":   {[]*store.CellRun{cell("abi", 1, v, "PM")}, nil, None, "abi crypto rounds noise speed", "abi: b is miss"},
		"too few":              {[]*store.CellRun{cell("abi", 1, v, "P"), cell("crypto", 1, v, "PO")}, nil, L1, "crypto rounds noise speed", "1 specs counted, 2 are wanted"},
		"a bench that crashes": {[]*store.CellRun{cell("abi", 1, v, "P"), cell("crypto", 1, v, "PPB")}, nil, L2, "rounds noise speed", ""},
		"a bench that crashes, natively": {[]*store.CellRun{cell("abi", 1, n, "P"), cell("crypto", 1, n, "PPB", 110), cell("crypto", 2, n, "", 110)}, nil, L2, "rounds",
			"the benchmark \"c\" of crypto is crash"},
		"does not apply":          {[]*store.CellRun{cell("abi", 1, v, "SS")}, nil, L1, "crypto rounds noise speed", ""},
		"missed, not skipped":     {[]*store.CellRun{cell("abi", 1, v, "SSO")}, nil, None, "abi crypto rounds noise speed", "0 specs counted, 1 are wanted"},
		"a chip, emulated":        {[]*store.CellRun{cell("abi", 1, e, "P")}, nil, None, "machine crypto rounds noise speed", "an emulator is neither that chip nor that system"},
		"no launch line":          {[]*store.CellRun{cell("abi", 1, n, "PN")}, nil, None, "machine abi crypto rounds noise speed", "nobody says how it was run"},
		"run in two ways":         {[]*store.CellRun{cell("abi", 1, n, "P"), cell("crypto", 1, n, "PP"), cell("crypto", 2, e, "PP")}, nil, None, "machine crypto rounds noise speed", "these are emulated"},
		"not so on L2":            {[]*store.CellRun{cell("abi", 1, v, "P"), cell("crypto", 1, v, "SS")}, nil, L1, "crypto rounds noise speed", "none of the 2 specs applies here"},
		"nothing ran":             {nil, nil, None, "machine abi crypto rounds noise speed", "no payload left a fingerprint"},
		"not where it was to run": {[]*store.CellRun{cell("abi", 1, n, "P"), cell("crypto", 1, n, "SS")}, []string{"crypto"}, L1, "crypto rounds noise speed", ""},
		"a second process elsewhere": {[]*store.CellRun{cell("abi", 1, n, "P"), twice(cell("crypto", 1, n, "PP", 110)), cell("crypto", 2, n, "", 110)},
			nil, None, "machine crypto rounds noise speed", "L2 takes results that are native, vm; these are emulated"},
		"another item elsewhere": {[]*store.CellRun{cell("abi", 1, e, "P"), cell("crypto", 1, n, "PP", 110), cell("crypto", 2, n, "", 110)},
			nil, None, "machine rounds noise", ""},
		"inherited":            {[]*store.CellRun{cell("abi", 1, n, "P")}, []string{"crypto", "speed"}, L2, "rounds noise speed", ""},
		"not over own results": {[]*store.CellRun{cell("abi", 1, n, "P"), cell("crypto", 1, n, "FF")}, []string{"crypto"}, L1, "crypto rounds noise speed", ""},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := Parse("p.yaml", []byte(text), items)
			if err != nil {
				t.Fatal(err)
			}
			run := whole(c.cells, "kunpeng-920")
			a := p.Assess(run, "t", c.inherited)
			var unmet, evidence []string
			for _, o := range a.Rules {
				evidence = append(evidence, o.Evidence.En)
				if !o.Met {
					unmet = append(unmet, o.Rule)
				}
				if o.Evidence.Zh == "" {
					t.Errorf("%s has no evidence in Chinese", o.Rule)
				}
			}
			if a.Level != c.level || strings.Join(unmet, " ") != c.unmet || !strings.Contains(strings.Join(evidence, "\n"), c.says) {
				t.Errorf("%q, unmet %v, want %q, %s; evidence:\n%s", a.Level, unmet, c.level, c.unmet, strings.Join(evidence, "\n"))
			}
		})
	}
}

func TestMismatch(t *testing.T) {
	declared := store.Target{ID: "t", GOARCH: "arm64", Chip: "kunpeng-920", System: "kylin-v10-sp3"}
	c := cell("abi", 1, record.Native, "P")
	run := &store.Run{Cells: []*store.CellRun{c, c}, Manifest: store.Manifest{Targets: []store.Target{declared}}}
	if got := Mismatch(run, "t"); len(got) != 1 || got[0].En != "declared system kylin-v10-sp3, found unknown" {
		t.Errorf("%v", got)
	}
	c.Machine.System = "kylin-v10-sp3"
	if got := Mismatch(run, "t"); len(got) != 0 {
		t.Errorf("%v", got)
	}
	c.Machine.Chip = "phytium-d2000"
	if got := Mismatch(run, "t"); len(got) != 1 || got[0].Zh != "声明的芯片为 kunpeng-920，实际为 phytium-d2000" {
		t.Errorf("%v", got)
	}
	c.Launches[0].Provenance = record.Emulated
	if got := Mismatch(run, "t"); len(got) != 0 {
		t.Errorf("the fingerprint under an emulator is not the target's: %v", got)
	}
}

// Of an upper bound the greatest round is the worst.
func TestUpperBound(t *testing.T) {
	p, err := Parse("p.yaml", []byte(strings.Replace(text, ">= 100 MB/s", "<= 115 MB/s", 1)), items)
	if err != nil {
		t.Fatal(err)
	}
	for worst, met := range map[float64]bool{115: true, 120: false} {
		a := p.Assess(whole([]*store.CellRun{cell("crypto", 1, record.Native, "PP", 110), cell("crypto", 2, record.Native, "", worst)}, ""), "t", nil)
		if o := a.Rules[len(a.Rules)-1]; o.Rule != "speed" || o.Met != met || !strings.HasPrefix(o.Value, strconv.FormatFloat(worst, 'f', -1, 64)) {
			t.Errorf("%v MB/s: %+v", worst, o)
		}
	}
}

// A product of which nothing but skip was seen reaches no level, however many of its packages build.
func TestProductOfSkips(t *testing.T) {
	p, err := Find("product-base", nil)
	if err != nil {
		t.Fatal(err)
	}
	for verdicts, want := range map[string]Level{"PP": L2, "PS": L2, "SS": None, "SM": None} {
		c := cell(record.ItemTest, 1, record.Native, "P"+verdicts)
		c.Specs[0].Labels = []string{record.LabelBuild}
		var specs []record.SpecPlan
		for _, s := range c.Specs {
			specs = append(specs, s.SpecPlan)
		}
		run := &store.Run{Cells: []*store.CellRun{c}, Manifest: store.Manifest{Targets: []store.Target{{ID: "t", GOARCH: "arm64"}},
			Cells: []store.CellPlan{{Target: "t", Item: record.ItemTest, Specs: specs}}, Product: &store.Product{Plans: []store.TestPlan{store.TestPlanOf("t", 1, specs)}}}}
		if a := p.Assess(run, "t", nil); a.Level != want {
			t.Errorf("%s: %q, want %q: %+v", verdicts, a.Level, want, a.Rules)
		}
	}
}
