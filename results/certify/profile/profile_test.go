package profile

import (
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/schematest"
	"github.com/xcmatrix/xcmatrix/results/store"
)

var items = []string{"toolchain", "abi", "elf", "kernel", "sched", "gc", "crypto", "tls", "http", "database", "disk", "etcd"}

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
- {id: crypto, level: L2, title: {en: a, zh: 甲}, sli: passed, slo: ">= 75%", items: [crypto], without: [bench], allow: [miss], minimum: 2, provenance: [native, vm], owner: o, verify: {en: v, zh: 验}}
- {id: rounds, level: L3, title: {en: a, zh: 甲}, sli: rounds, slo: ">= 2", provenance: [native], owner: o, verify: {en: v, zh: 验}}
- {id: noise, level: L3, title: {en: a, zh: 甲}, sli: noise, slo: "<= 10%", provenance: [native], owner: o, verify: {en: v, zh: 验}}
- {id: speed, level: L3, title: {en: a, zh: 甲}, sli: speed, benchmark: SM3, unit: MB/s, reference: {en: the lab, zh: 实验室}, slo: ">= 100 MB/s", items: [crypto], provenance: [native], owner: o, verify: {en: v, zh: 验}}
`

// cell is one cell of the run under test: verdicts by letter, a sample "SM3" for each value.
func cell(item string, round int, p record.Provenance, verdicts string, samples ...float64) *store.CellRun {
	c := &store.CellRun{Target: "t", Item: item, Round: round, Launches: []record.Launch{{Provenance: p}},
		Machine: &record.Machine{GOARCH: "arm64", Chip: "kunpeng-920"}}
	for i, letter := range verdicts {
		s := &store.Spec{SpecPlan: record.SpecPlan{ID: string(rune('a' + i))}}
		s.Verdict = map[rune]record.Verdict{'P': record.Pass, 'F': record.Fail, 'K': record.Known, 'X': record.Fixed,
			'M': record.Miss, 'S': record.Skip, 'B': record.Crash}[letter]
		if letter == 'B' {
			s.Labels = []string{"bench"}
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
		"one round":            {[]*store.CellRun{cell("abi", 1, n, "P"), cell("crypto", 1, n, "PP", 110)}, nil, L2, "rounds noise", ""},
		"nothing measured":     {[]*store.CellRun{cell("abi", 1, n, "P"), cell("crypto", 1, n, "PP")}, nil, L2, "rounds noise speed", "nothing was measured"},
		"a virtual machine":    {[]*store.CellRun{cell("abi", 1, v, "P"), cell("crypto", 1, v, "PP", 110), cell("crypto", 2, v, "", 110)}, nil, L2, "rounds noise speed", "L3 takes results that are native; these are vm"},
		"an emulator":          {[]*store.CellRun{cell("abi", 1, e, "P"), cell("crypto", 1, e, "PP", 110), cell("crypto", 2, e, "", 110)}, nil, L1, "crypto rounds noise speed", "L2 takes results that are native, vm; these are emulated"},
		"a failure in four":    {[]*store.CellRun{cell("abi", 1, v, "P"), cell("crypto", 1, v, "PPPF")}, nil, L2, "rounds noise speed", ""},
		"a failure in three":   {[]*store.CellRun{cell("abi", 1, v, "P"), cell("crypto", 1, v, "PPF")}, nil, L1, "crypto rounds noise speed", "2 of 3 specs in order (1 fail, 2 pass); first of the worst: crypto: c is fail"},
		"misses are allowed":   {[]*store.CellRun{cell("abi", 1, v, "P"), cell("crypto", 1, v, "PPMMM")}, nil, L2, "rounds noise speed", ""},
		"but not everywhere":   {[]*store.CellRun{cell("abi", 1, v, "PM")}, nil, None, "abi crypto rounds noise speed", "abi: b is miss"},
		"too few":              {[]*store.CellRun{cell("abi", 1, v, "P"), cell("crypto", 1, v, "PM")}, nil, L1, "crypto rounds noise speed", "1 specs counted, 2 are wanted"},
		"a bench that crashes": {[]*store.CellRun{cell("abi", 1, v, "P"), cell("crypto", 1, v, "PPB")}, nil, L2, "rounds noise speed", ""},
		"does not apply":       {[]*store.CellRun{cell("abi", 1, e, "SS")}, nil, L1, "crypto rounds noise speed", ""},
		"not so on L2":         {[]*store.CellRun{cell("abi", 1, v, "P"), cell("crypto", 1, v, "SS")}, nil, L1, "crypto rounds noise speed", "none of the 2 specs applies here"},
		"nothing ran":          {nil, nil, None, "machine abi crypto rounds noise speed", "no payload left a fingerprint"},
		"inherited":            {[]*store.CellRun{cell("abi", 1, n, "P")}, []string{"crypto", "speed"}, L2, "rounds noise speed", ""},
		"not over own results": {[]*store.CellRun{cell("abi", 1, n, "P"), cell("crypto", 1, n, "FF")}, []string{"crypto"}, L1, "crypto rounds noise speed", ""},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := Parse("p.yaml", []byte(text), items)
			if err != nil {
				t.Fatal(err)
			}
			run := &store.Run{Cells: c.cells, Manifest: store.Manifest{Targets: []store.Target{{ID: "t", GOARCH: "arm64", Chip: "kunpeng-920"}}}}
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
