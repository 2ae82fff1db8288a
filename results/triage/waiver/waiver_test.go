package waiver

import (
	"strings"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

const tail = ", owner: o, reason: r, link: 'https://example.org/1', expires: 2027-06-30}]"

func TestParseComplaints(t *testing.T) {
	for text, want := range map[string]string{
		"waivers: [{finding: '*'" + tail:                                         "w.yaml:1: finding \"*\" is neither",
		"waivers: [{finding: ''" + tail:                                          "w.yaml:1: finding \"\" is neither",
		"waivers: [{finding: x/y, extra: 1" + tail:                               "w.yaml:1: there is no field \"extra\"",
		"waivers: x/y\n":                                                         "w.yaml:1: waivers is a list: each entry",
		"waivers:\n- finding：x/y\n":                                              "w.yaml:2: waivers, entry 1, holds fields, such as finding: …, not \"finding：x/y\"; the character ： (U+FF1A)",
		"waivers:\n- finding: x/y\n  owner: o\n  reason: [r]\n":                  "w.yaml:4: reason cannot be a list",
		"waivers:\n- finding: x／y\n":                                             "w.yaml:2: finding \"x／y\" is neither an id nor a glob: it begins with an item, as in crypto/tjfoc/*; the character ／ (U+FF0F)",
		"waivers:\n- finding: \xd6\xd0\n":                                        "w.yaml:2: the line is not UTF-8; the file looks like GBK",
		"waivers:\n- finding: x/y\n  owner: ' '\n":                               "w.yaml:3: owner is missing",
		"waivers:\n- finding: x/y\n  owner: o\n":                                 "w.yaml:2: reason is missing",
		"waivers:\n- finding: x/y\n  owner: o\n  reason: r\n  link: ftp://x/y\n": "w.yaml:5: link \"ftp://x/y\" is no web address",
		"waivers:\n- finding: x/y\n  owner: o\n  reason: r\n  link: https://x/y\n  expires: 30.6.2027\n":                     "w.yaml:6: expires \"30.6.2027\" is no date",
		"waivers:\n- finding: x/y\n  owner: o\n  reason: r\n  link: https://x/y\n  expires: 2027-06-30\n  targets: ['']\n":   "w.yaml:7: targets holds an empty name",
		"waivers:\n- finding: x/y\n  owner: o\n  reason: {de: r}\n  link: https://x/y\n  expires: 2027-06-30\n  targets: []": "w.yaml:",
	} {
		_, err := Parse("w.yaml", []byte(text))
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, want %s…", text, err, want)
		}
	}
}

func TestGlob(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"crypto/a", "crypto/a", true}, {"crypto/a", "crypto/ab", false},
		{"crypto/*", "crypto/a/b/c", true}, {"crypto/*", "crypt", false},
		{"crypto/*/off-curve", "crypto/tjfoc/sm2/off-curve", true}, {"crypto/*/off-curve", "crypto/off-curve", false},
		{"a*b*c", "a-c-b-c", true}, {"a*b*c", "acb", false}, {"ab*ba", "aba", false}, {"*", "", true},
	} {
		if got := glob(c.pattern, c.text); got != c.want {
			t.Errorf("%s on %s: %v", c.pattern, c.text, got)
		}
	}
}

// spec is a spec of the run under test, with the findings reported under it.
type spec struct {
	target  string
	verdict record.Verdict
	label   string
	reports []string
	want    record.Verdict
}

func runOf(specs []spec) *store.Run {
	run := &store.Run{}
	cells := map[string]*store.CellRun{}
	for i, s := range specs {
		cell := cells[s.target]
		if cell == nil {
			cell = &store.CellRun{Target: s.target, Item: "x"}
			cells[s.target] = cell
			run.Cells = append(run.Cells, cell)
		}
		id := string(rune('a' + i))
		plan := record.SpecPlan{ID: id}
		if s.label != "" {
			plan.Labels = []string{labelFinding + s.label}
		}
		cell.Specs = append(cell.Specs, &store.Spec{SpecPlan: plan, SpecEnd: record.SpecEnd{Verdict: s.verdict}})
		for _, f := range s.reports {
			cell.Findings = append(cell.Findings, store.Finding{Spec: id, Finding: record.Finding{ID: f}})
		}
	}
	return run
}

var now = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func list(t *testing.T) List {
	t.Helper()
	l, err := Parse("w.yaml", []byte(`
waivers:
- {finding: x/known, owner: o, reason: {en: slow vendor, zh: 厂商未修复}, link: "https://example.org/1", expires: 2026-11-21}
- {finding: x/late, owner: o, reason: r, link: "https://example.org/2", expires: 2026-11-20}
- {finding: x/loong/*, owner: o, reason: r, link: "https://example.org/3", expires: 2027-01-01, targets: ["loong64*"]}
- {finding: x/b, owner: o, reason: r, link: "https://example.org/4", expires: 2027-01-01}
`))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestApply(t *testing.T) {
	for name, specs := range map[string][]spec{
		"a live waiver excuses":           {{"amd64", record.Fail, "", []string{"x/known"}, record.Known}},
		"an expired one does not":         {{"amd64", record.Fail, "", []string{"x/late"}, record.Fail}},
		"each finding needs one":          {{"amd64", record.Fail, "", []string{"x/known", "x/new"}, record.Fail}},
		"a failure without a finding":     {{"amd64", record.Fail, "x/known", nil, record.Fail}},
		"a crash speaks by its label":     {{"amd64", record.Crash, "x/known", nil, record.Known}},
		"so does a timeout":               {{"amd64", record.Timeout, "x/known", nil, record.Known}},
		"a crash without a label":         {{"amd64", record.Crash, "", nil, record.Crash}},
		"a failure waived by itself":      {{"amd64", record.Fail, "", nil, record.Fail}, {"amd64", record.Fail, "", nil, record.Known}},
		"an error is nobody's finding":    {{"amd64", record.Error, "x/known", []string{"x/known"}, record.Error}},
		"only on its targets":             {{"loong64-la464", record.Fail, "", []string{"x/loong/a"}, record.Known}, {"arm64", record.Fail, "", []string{"x/loong/a"}, record.Fail}},
		"fixed when nothing reports it":   {{"amd64", record.Pass, "x/known", nil, record.Fixed}},
		"not while another spec does":     {{"amd64", record.Pass, "x/known", nil, record.Pass}, {"amd64", record.Fail, "", []string{"x/known"}, record.Known}},
		"not while another one crashes":   {{"amd64", record.Pass, "x/known", nil, record.Pass}, {"amd64", record.Crash, "x/known", nil, record.Known}},
		"another target's does not count": {{"amd64", record.Pass, "x/known", nil, record.Fixed}, {"arm64", record.Fail, "", []string{"x/known"}, record.Known}},
		"a pass under an expired one":     {{"amd64", record.Pass, "x/late", nil, record.Pass}},
		"a pass without the label":        {{"amd64", record.Pass, "", nil, record.Pass}},
	} {
		t.Run(name, func(t *testing.T) {
			run := runOf(specs)
			l := list(t)
			use := l.Apply(run, now)
			again := l.Apply(run, now)
			if len(again.Changes) != 0 {
				t.Errorf("applied again it changed %d more", len(again.Changes))
			}
			want := 0
			for i, s := range specs {
				got := find(run, string(rune('a'+i)))
				if got.Verdict != s.want {
					t.Errorf("spec %d: %s, want %s", i, got.Verdict, s.want)
				}
				if s.want != s.verdict {
					want++
				}
			}
			if len(use.Changes) != want {
				t.Errorf("%d changes told, want %d", len(use.Changes), want)
			}
		})
	}
}

func find(run *store.Run, id string) *store.Spec {
	for _, c := range run.Cells {
		for _, s := range c.Specs {
			if s.ID == id {
				return s
			}
		}
	}
	return nil
}

func TestSpecFinding(t *testing.T) {
	if got := SpecFinding("crypto", "SM2 decrypt / off the curve"); got != "crypto/SM2-decrypt/off-the-curve" || !findingID().MatchString(got) {
		t.Error(got)
	}
}

func TestApplyTells(t *testing.T) {
	run := runOf([]spec{{"amd64", record.Fail, "", []string{"x/known"}, record.Known}})
	use := list(t).Apply(run, now)
	if u := use.Waivers[0]; u.Known != 1 || u.Unused() || u.Expired || u.Place != "w.yaml:3" {
		t.Errorf("the used waiver: %+v", u)
	}
	if u := use.Waivers[1]; !u.Expired || !u.Unused() {
		t.Errorf("the expired waiver: %+v", u)
	}
	if u := use.Waivers[2]; u.Expired || !u.Unused() {
		t.Errorf("the unused waiver: %+v", u)
	}
	detail := run.Cells[0].Specs[0].Detail
	if want := "已知：x/known，至 2026-11-21：厂商未修复"; detail.In("zh") != want {
		t.Errorf("%q, want %q", detail.In("zh"), want)
	}
	if w, ok := list(t).Of("x/loong/a", [][]string{{"loong64"}, {"arm64"}}, now); ok {
		t.Errorf("%+v covers a target it does not name", w)
	}
}

// While a run goes on its failures are called as they will be called in the end.
func TestVerdictWhileTheRunGoesOn(t *testing.T) {
	for _, c := range []struct {
		spec             string
		labels, reported []string
		verdict, want    record.Verdict
	}{
		{"a", nil, []string{"x/known"}, record.Fail, record.Known},
		{"a", nil, []string{"x/known", "x/new"}, record.Fail, record.Fail},
		{"a", nil, []string{"x/late"}, record.Fail, record.Fail}, // expired
		{"a", nil, nil, record.Fail, record.Fail},
		{"b", nil, nil, record.Fail, record.Known}, // by its own id
		{"a", []string{labelFinding + "x/known"}, nil, record.Crash, record.Known},
		{"a", []string{labelFinding + "x/known"}, nil, record.Fail, record.Fail}, // it fails of something else
		{"a", nil, []string{"x/loong/a"}, record.Fail, record.Fail},              // another target's
		{"a", nil, []string{"x/known"}, record.Pass, record.Pass},
		{"a", nil, nil, record.Error, record.Error},
	} {
		if got := list(t).Verdict("x", []string{"amd64"}, c.spec, c.labels, c.reported, c.verdict, now); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
		// Apply says the same in the end.
		run := &store.Run{Cells: []*store.CellRun{{Target: "amd64", Item: "x",
			Specs: []*store.Spec{{SpecPlan: record.SpecPlan{ID: c.spec, Labels: c.labels}, SpecEnd: record.SpecEnd{Verdict: c.verdict}}}}}}
		for _, f := range c.reported {
			run.Cells[0].Findings = append(run.Cells[0].Findings, store.Finding{Spec: c.spec, Finding: record.Finding{ID: f}})
		}
		list(t).Apply(run, now)
		if got := run.Cells[0].Specs[0].Verdict; got != c.want {
			t.Errorf("%+v: Apply says %s", c, got)
		}
	}
}

// A waiver of a difference between targets is used although no spec reports that.
func TestDifferencesUseTheirWaiver(t *testing.T) {
	use := list(t).Apply(runOf(nil), now)
	if u := use.Waivers[3]; !u.Unused() {
		t.Errorf("before: %+v", u)
	}
	use.Cover("x/b", [][]string{{"amd64"}, {"arm64"}})
	use.Cover("x/loong/a", [][]string{{"arm64"}}) // not on its targets
	use.Cover("x/late", [][]string{{"arm64"}})    // expired
	for i, want := range []bool{true, true, true, false} {
		if u := use.Waivers[i]; u.Unused() != want {
			t.Errorf("%s: %+v", u.Finding, u)
		}
	}
	use.Waivers[3].Fixed = 1
	if use.Waivers[3].Needless() {
		t.Error("it is called needless while targets differ")
	}
}

// A waiver counts up to the end of its last day, and not at the midnight that follows.
func TestLastDay(t *testing.T) {
	l := list(t)
	midnight := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	for at, live := range map[time.Time]bool{midnight.Add(-time.Nanosecond): true, midnight: false} {
		if l[0].Live(at) != live {
			t.Errorf("%v: %t", at, !live)
		}
		if w, found := l.Of("x/known", [][]string{{"amd64"}}, at); found != live {
			t.Errorf("%v: %+v", at, w)
		}
	}
}

// A laboratory's machine is called native, or what its owner likes: a waiver of an architecture covers it all the same.
func TestTargetsByArchitecture(t *testing.T) {
	for arch, want := range map[string]record.Verdict{"loong64": record.Known, "arm64": record.Fail} {
		run := runOf([]spec{{"native", record.Fail, "", []string{"x/loong/a"}, want}})
		run.Manifest.Targets = []store.Target{{ID: "native", GOARCH: arch}}
		list(t).Apply(run, now)
		if got := run.Cells[0].Specs[0].Verdict; got != want {
			t.Errorf("native on %s: %s, want %s", arch, got, want)
		}
	}
}
