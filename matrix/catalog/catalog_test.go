package catalog

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// sample is one text under testdata. Its first lines say where it comes from ("# source:") and what is expected of
// it. "composed" marks texts put together from documented fields where no recording is public. Kernel releases are
// examples of a system's line, not part of the recording.
type sample struct {
	name, text string
	expect     map[string]string
}

var expectation = regexp.MustCompile(`(\w+): (\S+)`)

func samples(t *testing.T, dir string) []sample {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", dir, "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no texts under testdata/%s: %v", dir, err)
	}
	var all []sample
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		s := sample{name: filepath.Base(file), text: string(raw), expect: map[string]string{}}
		for line := range strings.Lines(s.text) {
			if !strings.HasPrefix(line, "#") {
				break
			}
			for _, m := range expectation.FindAllStringSubmatch(line, -1) {
				s.expect[m[1]] = m[2]
			}
		}
		if s.expect["source"] == "" {
			t.Errorf("%s: no source", file)
		}
		all = append(all, s)
	}
	return all
}

func features(fields map[string]string, goarch string) []string {
	if goarch == "amd64" {
		return strings.Fields(fields["flags"])
	}
	return strings.Fields(fields["features"])
}

func TestChipsAreRecognised(t *testing.T) {
	for _, s := range samples(t, "cpuinfo") {
		want, ok := FindChip(s.expect["chip"])
		if !ok {
			t.Errorf("%s expects the unknown chip %q", s.name, s.expect["chip"])
			continue
		}
		if got, _ := RecogniseChip(s.text, want.GOARCH); got.ID != want.ID {
			t.Errorf("%s: recognised as %q, is %q", s.name, got.ID, want.ID)
		}
		if got := Level(want.GOARCH, features(Fields(s.text), want.GOARCH)); got != s.expect["level"] {
			t.Errorf("%s: level %q, is %q", s.name, got, s.expect["level"])
		}
		for _, other := range []string{"amd64", "arm64", "loong64"} {
			if c, ok := RecogniseChip(s.text, other); ok && other != want.GOARCH {
				t.Errorf("%s: on %s it is taken for %s", s.name, other, c.ID)
			}
		}
	}
}

func TestSystemsAreRecognised(t *testing.T) {
	for _, s := range samples(t, "os-release") {
		got, ok := RecogniseSystem(s.text, s.expect["kernel"], "amd64")
		if want := s.expect["system"]; want != "none" && got.ID != want || ok != (want != "none") {
			t.Errorf("%s: recognised as %q, is %q", s.name, got.ID, want)
		}
		if got.ABIWorld != "" {
			t.Errorf("%s: an ABI world %q on amd64", s.name, got.ABIWorld)
		}
	}
}

// Each text is of one entry at most, and each rule is of use: some text fulfils it.
func TestRulesAreExclusiveAndUsed(t *testing.T) {
	type entry struct {
		id, goarch string
		generic    bool
		rules      []Rule
	}
	var chipEntries, systemEntries []entry
	for _, c := range Chips() {
		chipEntries = append(chipEntries, entry{c.ID, c.GOARCH, c.Kind == Generic, c.Recognise})
	}
	for _, s := range Systems() {
		systemEntries = append(systemEntries, entry{id: s.ID, rules: s.Recognise})
	}
	for dir, entries := range map[string][]entry{"cpuinfo": chipEntries, "os-release": systemEntries} {
		used := map[string]bool{}
		for _, s := range samples(t, dir) {
			fields := Fields(s.text)
			fields["kernel"] = s.expect["kernel"]
			var of []string
			for _, e := range entries {
				for i, r := range e.rules {
					if r.matches(fields) {
						used[e.id+string(rune('0'+i))] = true
						if !e.generic && !slices.Contains(of, e.id) {
							of = append(of, e.id)
						}
					}
				}
			}
			if len(of) > 1 {
				t.Errorf("%s/%s is of several: %v", dir, s.name, of)
			}
		}
		for _, e := range entries {
			for i, r := range e.rules {
				if err := r.check(); err != nil {
					t.Errorf("%s: %v", e.id, err)
				}
				if !used[e.id+string(rune('0'+i))] {
					t.Errorf("%s: no text fulfils rule %d: %v", e.id, i+1, r)
				}
			}
		}
	}
}

func TestEntriesAreComplete(t *testing.T) {
	ids := map[string]bool{}
	unique := func(kind, id string) {
		if id == "" || ids[kind+id] {
			t.Errorf("%s id %q is empty or not unique", kind, id)
		}
		ids[kind+id] = true
	}
	levels := regexp.MustCompile(`^(amd64 v[1-4]|arm64 v(8\.[0-9]|9\.[0-5])|loong64 )$`)
	for _, c := range Chips() {
		unique("chip", c.ID)
		if c.Source == "" || c.Name.En == "" || c.Name.Zh == "" || c.Vendor == "" || len(c.PageSizes) == 0 || len(c.Recognise) == 0 {
			t.Errorf("chip %s is incomplete: %+v", c.ID, c)
		}
		if !slices.Contains([]Kind{Real, Generic, Model}, c.Kind) || (c.Kind == Model) != (c.Vendor == "QEMU") {
			t.Errorf("chip %s: kind %q of vendor %q", c.ID, c.Kind, c.Vendor)
		}
		if !RunnablePlatform("linux", c.GOARCH) || !levels.MatchString(c.GOARCH+" "+c.Level) {
			t.Errorf("chip %s: %s has no level %q", c.ID, c.GOARCH, c.Level)
		}
		if !slices.ContainsFunc(chipsFor(c.GOARCH), func(k Chip) bool { return k.ID == c.ID }) {
			t.Errorf("chip %s of %s stands in another architecture's file", c.ID, c.GOARCH)
		}
		if e, ok := FindChip(c.Emulates); c.Emulates != "" && (!ok || e.Kind != Real || c.Kind != Model) {
			t.Errorf("chip %s: emulates %q", c.ID, c.Emulates)
		}
	}
	for _, s := range Systems() {
		unique("system", s.ID)
		if s.Source == "" || s.Name.En == "" || s.Name.Zh == "" || !slices.Contains([]string{"", NewWorld, OldWorld}, s.ABIWorld) {
			t.Errorf("system %s is incomplete: %+v", s.ID, s)
		}
	}
	var shown []string
	for _, it := range Items() {
		unique("item", it.ID)
		if it.Name.En == "" || it.Name.Zh == "" || it.About.En == "" || it.About.Zh == "" {
			t.Errorf("item %s is incomplete: %+v", it.ID, it)
		}
		if !it.Hidden {
			shown = append(shown, it.ID)
		}
	}
	for _, id := range strings.Fields("toolchain abi elf kernel sched gc crypto tls http database disk etcd") {
		if !slices.Contains(shown, id) {
			t.Errorf("item %s is certified, and the catalogue does not show it", id)
		}
	}

	if it, ok := FindItem("selftest"); !ok || !it.Hidden {
		t.Error("selftest is not the hidden item")
	}
	if s, ok := FindSystem("uos-25"); !ok || s.ABIWorld != NewWorld {
		t.Error("uos-25 is not of the new world")
	}
}

func TestCandidatesShareAnIdentity(t *testing.T) {
	for _, s := range samples(t, "cpuinfo") {
		var ids []string
		for _, c := range Candidates(s.text, "arm64") {
			ids = append(ids, c.ID)
		}
		want := map[string]string{
			"phytium-ft2000-4.txt": "phytium-ft2000-4 phytium-d2000 phytium-s2500",
			"phytium-d3000.txt":    "phytium-s5000c phytium-d3000",
			"kunpeng-920.txt":      "",
		}
		if w, ok := want[s.name]; ok && strings.Join(ids, " ") != w {
			t.Errorf("%s: candidates %v, are %q", s.name, ids, w)
		}
	}
}

func TestABIWorld(t *testing.T) {
	for _, c := range []struct{ osRelease, kernel, want string }{
		{"ID=kylin\nVERSION=\"V10 (Lance)\"\n", "4.19.90", OldWorld},
		{"ID=openEuler\nVERSION_ID=22.03\n", "6.1.0", ""},
		{"ID=openEuler\nVERSION_ID=22.03\n", "4.19.90", ""},
	} {
		if s, _ := RecogniseSystem(c.osRelease, c.kernel, "loong64"); s.ABIWorld != c.want {
			t.Errorf("%q on %s: world %q, is %q", c.osRelease, c.kernel, s.ABIWorld, c.want)
		}
	}
}

func TestPlatforms(t *testing.T) {
	for pair, want := range map[string][2]bool{
		"linux/amd64": {true, true}, "linux/loong64": {true, true}, "linux/riscv64": {true, false},
		"darwin/arm64": {true, false}, "windows/loong64": {false, false}, "linux/loongarch64": {false, false}, "/": {false, false},
	} {
		goos, goarch, _ := strings.Cut(pair, "/")
		if got := [2]bool{KnownPlatform(goos, goarch), RunnablePlatform(goos, goarch)}; got != want {
			t.Errorf("%s: known, runnable %v, is %v", pair, got, want)
		}
	}
}

func TestNeedsPurego(t *testing.T) {
	la464, _ := FindChip("qemu-la464")
	la132, _ := FindChip("qemu-la132")
	if NeedsPurego("loong64", la464.Vectors) || !NeedsPurego("loong64", la132.Vectors) || NeedsPurego("arm64", nil) {
		t.Error("purego is for loong64 without LSX alone")
	}
}

// Level must name what a binary of that level needs, no more: one feature less is one level less.
func TestLevelFallsWithItsFeatures(t *testing.T) {
	v2 := amd64Steps[0].needs
	v3 := append(slices.Clone(v2), amd64Steps[1].needs...)
	v4 := append(slices.Clone(v3), amd64Steps[2].needs...)
	for i, c := range []struct {
		features []string
		want     string
	}{{nil, "v1"}, {v2, "v2"}, {v2[1:], "v1"}, {v3, "v3"}, {v3[1:], "v1"}, {v4, "v4"}, {v4[:len(v4)-1], "v3"}} {
		if got := Level("amd64", c.features); got != c.want {
			t.Errorf("case %d: %s, is %s", i, got, c.want)
		}
	}
	if got := Level("loong64", []string{"lsx"}); got != "" {
		t.Errorf("loong64 has level %q", got)
	}
}

func FuzzRecognise(f *testing.F) {
	f.Add("vendor_id : HygonGenuine\nmodel name: Hygon C86 7285 \n", "6.1")
	f.Add("ID=\"uos\"\nVERSION_ID='20'\n", "4.19")
	f.Add("= : =\x00\xff", "999999999999999999999.1")
	f.Fuzz(func(t *testing.T, text, kernel string) {
		for _, arch := range []string{"amd64", "arm64", "loong64", ""} {
			RecogniseChip(text, arch)
			Candidates(text, arch)
			RecogniseSystem(text, kernel, arch)
		}
	})
}
