package triage

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
	"github.com/xcmatrix/xcmatrix/results/triage/waiver"
)

var (
	now  = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	amd  = store.Target{ID: "native", GOARCH: "amd64"}
	kun  = store.Target{ID: "kunpeng", GOARCH: "arm64", Chip: "kunpeng920"}
	fei  = store.Target{ID: "feiteng", GOARCH: "arm64", Chip: "ft2000"}
	arm  = store.Target{ID: "arm64", GOARCH: "arm64", CPU: "max"}
	l464 = store.Target{ID: "loong64", GOARCH: "loong64", CPU: "la464"}
	l132 = store.Target{ID: "loong64-la132", GOARCH: "loong64", CPU: "la132"}
	fem  = store.Target{ID: "feiteng-emulated", GOARCH: "arm64", Chip: "ft2000"}
	lvm  = store.Target{ID: "loong64-vm", GOARCH: "loong64", CPU: "la464"}
)

var provenance = map[string]record.Provenance{"native": record.Native, "kunpeng": record.Native, "feiteng": record.Native,
	"arm64": record.Emulated, "feiteng-emulated": record.Emulated, "loong64": record.Emulated, "loong64-la132": record.Emulated, "loong64-vm": record.VM}

var verdicts = map[rune]record.Verdict{'P': record.Pass, 'F': record.Fail, 'C': record.Crash, 'T': record.Timeout,
	'M': record.Miss, 'E': record.Error, 'S': record.Skip}

// result is what one spec came to on one target, a letter a round.
type result struct {
	target store.Target
	rounds string
}

// runOf is a run of one spec, which has a label for the finding where there is one and reports it where it fails.
func runOf(finding string, results ...result) *store.Run {
	run := &store.Run{Manifest: store.Manifest{Seed: 7}}
	for _, s := range results {
		run.Manifest.Targets = append(run.Manifest.Targets, s.target)
		for i, letter := range s.rounds {
			spec := &store.Spec{SpecPlan: record.SpecPlan{ID: "group / spec"}, Provenance: provenance[s.target.ID]}
			spec.Verdict = verdicts[letter]
			cell := &store.CellRun{Target: s.target.ID, Item: "x", Round: i + 1, Specs: []*store.Spec{spec},
				Launches: []record.Launch{{Provenance: provenance[s.target.ID]}}}
			if finding != "" {
				spec.Labels = []string{"finding=" + finding}
				if letter == 'F' {
					cell.Findings = []store.Finding{{Spec: spec.ID, Finding: record.Finding{ID: finding, Subject: "lib", Severity: record.High}}}
				}
			}
			run.Cells = append(run.Cells, cell)
		}
	}
	return run
}

var cases = map[string]struct {
	results []result
	class   Class
	why     string
}{
	"fails everywhere":                {[]result{{amd, "F"}, {arm, "F"}, {l464, "F"}}, Library, "fails on native, arm64 (emulated), loong64 (emulated): it fails everywhere"},
	"one target alone":                {[]result{{amd, "F"}}, Library, "no other target tells"},
	"nobody else decides":             {[]result{{amd, "F"}, {arm, "M"}, {l464, "S"}}, Library, "no other target tells"},
	"two loongs, natives elsewhere":   {[]result{{amd, "P"}, {arm, "P"}, {l464, "C"}, {l132, "C"}}, Platform, "fails on loong64 (emulated), loong64-la132 (emulated), passes on native, arm64 (emulated): what fails has the architecture loong64 in common; emulators alone show it"},
	"one CPU model":                   {[]result{{amd, "P"}, {arm, "P"}, {l464, "P"}, {l132, "C"}}, Platform, "the CPU model la132 in common"},
	"one chip of two":                 {[]result{{kun, "P"}, {fei, "F"}}, Platform, "the chip ft2000 in common"},
	"a native fails, the rest passes": {[]result{{amd, "F"}, {arm, "P"}}, Platform, "the architecture amd64 in common"},
	"a virtual machine is real":       {[]result{{amd, "P"}, {lvm, "F"}}, Platform, "the architecture loong64 in common"},
	"no property in common":           {[]result{{amd, "F"}, {fei, "F"}, {kun, "P"}}, Platform, "no single property"},
	"all emulated ones":               {[]result{{amd, "P"}, {arm, "F"}, {l464, "F"}}, Emulator, "it fails only when emulated"},
	"a real twin passes":              {[]result{{amd, "P"}, {arm, "P"}, {lvm, "P"}, {l464, "C"}}, Emulator, "a real machine of the same architecture passes"},
	"a twin of another chip is none":  {[]result{{kun, "P"}, {fem, "F"}}, Emulator, "it fails only when emulated; a real machine of the architecture would settle it"},
	"a twin of no known chip is one":  {[]result{{kun, "P"}, {arm, "F"}}, Emulator, "a real machine of the same architecture passes"},
	"a miss in the first round":       {[]result{{amd, "MFF"}, {arm, "P"}}, Platform, "the architecture amd64"},
	"rounds differ":                   {[]result{{amd, "PFP"}}, Flaky, "differs between rounds on native"},
	"rounds differ on one of two":     {[]result{{amd, "FFF"}, {arm, "PTP"}}, Flaky, "fails on native, differs between rounds on arm64 (emulated)"},
	"a miss between is no difference": {[]result{{amd, "FMF"}, {arm, "P"}}, Platform, "the architecture amd64"},
}

func TestClasses(t *testing.T) {
	for name, c := range cases {
		for _, finding := range []string{"x/lib/defect", ""} {
			t.Run(name+" "+finding, func(t *testing.T) {
				run := runOf(finding, c.results...)
				r := Apply(run, nil, now)
				i := slices.IndexFunc(r.Findings, func(f Finding) bool { return f.Class != Environment })
				if i < 0 {
					t.Fatalf("no finding: %+v", r)
				}
				f := r.Findings[i]
				if f.Class != c.class || !strings.Contains(f.Why.En, c.why) {
					t.Errorf("%s, %q; want %s, %q", f.Class, f.Why.En, c.class, c.why)
				}
				if f.Why.Zh == "" || f.Why.Zh == f.Why.En || strings.Contains(f.Why.Zh, "(emulated)") || strings.Contains(f.Why.Zh, "(vm)") {
					t.Error("the reason is not in Chinese:", f.Why.Zh)
				}
			})
		}
	}
}

func TestMarks(t *testing.T) {
	run := runOf("", result{amd, "P"}, result{arm, "P"}, result{l132, "C"}, result{l464, "M"})
	r := Apply(run, nil, now)
	crashed, missed := run.Cells[2], run.Cells[3]
	if got := crashed.Specs[0].Class; got != "platform" {
		t.Errorf("the crashed spec: %q", got)
	}
	if got := missed.Specs[0].Class; got != "environment" {
		t.Errorf("the missing spec: %q", got)
	}
	want := "xcmatrix run --target loong64-la132 --suite x --spec 'group / spec' --seed 7"
	if got := r.Findings[0].Command(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if r.New() != 1 {
		t.Errorf("%d new findings", r.New())
	}
}

func TestWaived(t *testing.T) {
	list, err := waiver.Parse("w.yaml", []byte(`waivers: [{finding: "x/lib/*", owner: o, reason: r, link: "https://example.org", expires: 2027-01-01, targets: [native, arm64]}]`))
	if err != nil {
		t.Fatal(err)
	}
	run := runOf("x/lib/defect", result{amd, "F"}, result{arm, "C"}, result{l464, "P"})
	r := Apply(run, list, now)
	if f := r.Findings[0]; f.Waiver != "x/lib/*" || f.Class != Platform || r.New() != 0 {
		t.Errorf("%+v", f)
	}
	if c := run.Cells[0]; c.Specs[0].Verdict != record.Known || c.Specs[0].Class != "platform" {
		t.Errorf("%+v", c.Specs[0])
	}
	run = runOf("x/lib/defect", result{amd, "F"}, result{l464, "F"})
	if r := Apply(run, list, now); r.Findings[0].Waiver != "" || r.New() != 1 {
		t.Errorf("a waiver of other targets covers: %+v", r.Findings[0])
	}
}

// observed is a run in which every spec passes; values are what each target observed, round by round.
func observed(values map[string][]string, differs *record.Sentence) *store.Run {
	var results []result
	for _, target := range []store.Target{arm, amd, l464} { // natives first is triage's own doing
		results = append(results, result{target, strings.Repeat("P", len(values[target.ID]))})
	}
	run := runOf("", results...)
	for _, c := range run.Cells {
		c.Observations = []store.Observation{{Spec: "group / spec", Observation: record.Observation{Name: "bits",
			Value: json.RawMessage(values[c.Target][c.Round-1]), Differs: differs}}}
	}
	return run
}

func TestObservations(t *testing.T) {
	// A difference shows only where all the targets concerned run again.
	again := map[string]string{"one differs": "native,loong64", "native is right": "native,arm64,loong64", "between rounds": "native"}
	why := record.Say("may differ", "可以不同")
	for name, c := range map[string]struct {
		values  map[string][]string
		differs *record.Sentence
		class   Class
		targets string
	}{
		"equal":            {map[string][]string{"native": {`{"a":1}`}, "arm64": {`{ "a": 1 }`}, "loong64": {`{"a":1}`}}, nil, "", ""},
		"one differs":      {map[string][]string{"native": {`1`}, "arm64": {`1`}, "loong64": {`2`}}, nil, Platform, "loong64"},
		"native is right":  {map[string][]string{"native": {`1`}, "arm64": {`2`}, "loong64": {`2`}}, nil, Platform, "arm64 loong64"},
		"documented":       {map[string][]string{"native": {`1`}, "arm64": {`2`}}, &why, "", ""},
		"between rounds":   {map[string][]string{"native": {`1`, `2`}, "arm64": {`1`}}, nil, Flaky, "native"},
		"seen by one only": {map[string][]string{"native": {`1`}}, nil, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			run := observed(c.values, c.differs)
			r := Apply(run, nil, now)
			if c.class == "" {
				if len(r.Findings) > 0 {
					t.Fatalf("%+v", r.Findings)
				}
				return
			}
			if len(r.Findings) != 1 || r.Findings[0].Class != c.class || strings.Join(r.Findings[0].Targets, " ") != c.targets {
				t.Fatalf("%+v", r.Findings)
			}
			if got := r.Findings[0].Command(); got != "xcmatrix run --target "+again[name]+" --suite x --spec 'group / spec' --seed 7" {
				t.Errorf("again: %s", got)
			}
			if r.Findings[0].ID != "x/group/spec/differs/bits" {
				t.Error(r.Findings[0].ID)
			}
		})
	}
}

func TestShortfallsAreOneForEachReason(t *testing.T) {
	run := runOf("", result{amd, "MME"}, result{arm, "M"})
	r := Apply(run, nil, now)
	if len(r.Findings) != 2 || r.New() != 0 {
		t.Fatalf("%+v", r.Findings)
	}
	for _, f := range r.Findings {
		if f.Class != Environment {
			t.Errorf("%+v", f)
		}
	}
}

// A manifest that does not name its cells' targets is not what a run writes; it must not bring triage down.
func TestUndeclaredTargets(t *testing.T) {
	run := runOf("x/lib/defect", result{amd, "F"})
	run.Manifest.Targets = nil
	run.Cells[0].Observations = []store.Observation{{Observation: record.Observation{Name: "n", Value: json.RawMessage(`1`)}}}
	if r := Apply(run, nil, now); len(r.Findings) != 1 {
		t.Errorf("%+v", r.Findings)
	}
}

// The one new finding stands before everything that is known or could not be checked, however severe that is.
func TestNewFindingsComeFirst(t *testing.T) {
	list, err := waiver.Parse("w.yaml", []byte("waivers: [{finding: x/lib/*, owner: o, reason: r, link: 'https://example.org/1', expires: 2999-01-01}]"))
	if err != nil {
		t.Fatal(err)
	}
	run := runOf("x/lib/defect", result{amd, "F"})
	other := runOf("", result{arm, "F"}, result{l464, "M"})
	for _, c := range other.Cells {
		c.Item, c.Specs[0].ID = "y", c.Target
	}
	run.Cells, run.Manifest.Targets = append(run.Cells, other.Cells...), append(run.Manifest.Targets, other.Manifest.Targets...)
	r := Apply(run, list, now)
	var got []string
	for _, f := range r.Findings {
		got = append(got, f.ID)
	}
	if len(got) != 3 || got[0] != "y/arm64" || !strings.HasPrefix(got[1], "y/miss/") || got[2] != "x/lib/defect" || r.Findings[2].Severity != record.High {
		t.Errorf("%q", got)
	}
}

// A waiver that covers a difference between targets is used.
func TestWaiverOfADifferenceIsUsed(t *testing.T) {
	list, err := waiver.Parse("w.yaml", []byte("waivers: [{finding: 'x/*/differs/*', owner: o, reason: r, link: 'https://example.org/1', expires: 2999-01-01}]"))
	if err != nil {
		t.Fatal(err)
	}
	run := runOf("", result{amd, "P"}, result{arm, "P"})
	for i, c := range run.Cells {
		c.Observations = []store.Observation{{Spec: "group / spec", Observation: record.Observation{Name: "bits", Value: json.RawMessage(strconv.Itoa(i))}}}
	}
	r := Apply(run, list, now)
	if len(r.Findings) != 1 || r.Findings[0].Waiver == "" || r.Waivers.Waivers[0].Unused() {
		t.Errorf("%+v %+v", r.Findings, r.Waivers.Waivers)
	}
}

// A target fails where one of the specs that report the finding fails there, whatever the others come to.
func TestOneOfManySpecsFails(t *testing.T) {
	for range 30 { // specs come in any order
		run := &store.Run{Manifest: store.Manifest{Targets: []store.Target{amd, arm}}}
		for _, target := range run.Manifest.Targets {
			cell := &store.CellRun{Target: target.ID, Item: "x", Round: 1, Launches: []record.Launch{{Provenance: provenance[target.ID]}}}
			for _, id := range []string{"a", "b", "c", "d", "e"} {
				s := &store.Spec{SpecPlan: record.SpecPlan{ID: id}, Provenance: provenance[target.ID]}
				s.Verdict = record.Pass
				if (id == "a") == (target.ID == amd.ID) {
					s.Verdict = record.Fail
					cell.Findings = append(cell.Findings, store.Finding{Spec: id, Finding: record.Finding{ID: "x/lib/defect"}})
				}
				cell.Specs = append(cell.Specs, s)
			}
			run.Cells = append(run.Cells, cell)
		}
		if f := Apply(run, nil, now).Findings[0]; f.Class != Library || len(f.Targets) != 2 {
			t.Fatalf("%+v", f)
		}
	}
}

// A spec that passes although it is waived passes: the platform that it fails on is told by it.
func TestFixedIsAPass(t *testing.T) {
	list, err := waiver.Parse("w.yaml", []byte(`waivers: [{finding: "x/lib/*", owner: o, reason: r, link: "https://example.org", expires: 2027-01-01, targets: [native]}]`))
	if err != nil {
		t.Fatal(err)
	}
	run := runOf("x/lib/defect", result{amd, "P"}, result{fei, "F"})
	for range 2 { // the second time it is fixed from the beginning
		r := Apply(run, list, now)
		if v := run.Cells[0].Specs[0].Verdict; v != record.Fixed {
			t.Fatal(v)
		}
		if f := r.Findings[0]; f.Class != Platform {
			t.Errorf("%s: %s", f.Class, f.Why.En)
		}
	}
}

// What a finding is reproduced with is a real machine where one shows it.
func TestReproducedNatively(t *testing.T) {
	r := Apply(runOf("x/lib/defect", result{arm, "F"}, result{amd, "F"}, result{l464, "F"}), nil, now)
	if got := r.Findings[0].Command(); !strings.HasPrefix(got, "xcmatrix run --target native ") {
		t.Error(got)
	}
}

func TestErrorsAreTheEnvironments(t *testing.T) {
	run := runOf("", result{amd, "E"}, result{arm, "P"})
	Apply(run, nil, now)
	if got := run.Cells[0].Specs[0].Class; got != string(Environment) {
		t.Errorf("%q", got)
	}
}

// An observation may differ where one target says that it may, whether it speaks first or last.
func TestOneTargetSaysThatItMayDiffer(t *testing.T) {
	why := record.Say("may differ", "可以不同")
	for i := range 2 {
		run := observed(map[string][]string{"native": {`1`}, "arm64": {`2`}}, nil)
		run.Cells[i].Observations[0].Differs = &why
		if r := Apply(run, nil, now); len(r.Findings) > 0 {
			t.Errorf("cell %d: %+v", i, r.Findings)
		}
	}
}

// TestConfirmed is about what a real kernel said of what an emulator fails or skips.
func TestConfirmed(t *testing.T) {
	for name, c := range map[string]struct {
		rounds  string // on loong64
		finding record.Finding
		class   Class
		why     string
		isNew   int
	}{
		"passes there": {"F", record.Finding{ID: "test/m/TestA", Cause: record.CauseKernel}, Emulator, "a real kernel of the architecture, in a virtual machine, passes it", 1},
		"fails there too": {"F", record.Finding{ID: "test/m/TestA", Evidence: "on a real kernel, in loong64-vm, it is fail too"}, Platform,
			"what fails has the architecture loong64 in common", 1},
		"skips on one emulated target alone": {"S", record.Finding{}, Platform, "coverage is lost: what skips has the architecture loong64 in common", 0},
		"is not skipped there":               {"S", record.Finding{ID: "test/m/TestA" + record.SkippedSuffix, Cause: record.CauseSkipped}, Emulator, "coverage is lost where it is emulated", 0},
	} {
		run := runOf("", result{amd, "P"}, result{arm, "P"}, result{l464, c.rounds})
		for _, cell := range run.Cells {
			cell.Item, cell.Specs[0].ID = record.ItemTest, "test/m/TestA"
			if cell.Target == l464.ID && c.finding.ID != "" {
				cell.Findings = []store.Finding{{Spec: "test/m/TestA", Finding: c.finding}}
			}
		}
		got := Apply(run, waiver.List{}, now)
		if len(got.Findings) != 1 || got.Findings[0].Class != c.class || !strings.Contains(got.Findings[0].Why.En, c.why) || got.New() != c.isNew {
			t.Errorf("%s: %+v, %d new", name, got.Findings, got.New())
		}
	}
}
