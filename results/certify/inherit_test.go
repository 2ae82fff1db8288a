package certify

import (
	"slices"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/certify/claim"
	"github.com/xcmatrix/xcmatrix/results/certify/profile"
	"github.com/xcmatrix/xcmatrix/results/certify/statement"
	"github.com/xcmatrix/xcmatrix/results/internal/trial"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// lab is a native target with a chip and a system.
func lab(chip, system string) trial.Target {
	return trial.Target{Provenance: record.Native, Target: store.Target{ID: "lab", GOOS: "linux", GOARCH: "arm64", Chip: chip, System: system, BuildKey: "k", Launcher: "native"}}
}

func TestInherit(t *testing.T) {
	by := signer(t)
	whole := trial.Shape{Targets: []trial.Target{lab("kunpeng-920", "kylin-v10-sp3")}, Items: trial.Items, Specs: 2, Rounds: 5}
	from := issue(t, order(t, trial.Dir(t, whole), by))[0].Dir
	part := whole
	part.Items = []string{"abi"} // the rest was not run on this machine
	mine := order(t, trial.Dir(t, part), by)
	if l := issue(t, mine)[0].Claim.Level; l != profile.L1 {
		t.Fatalf("without inheritance: %q", l)
	}
	i, err := Inherit(from, Reader{Program: own, Root: by.Chain.Root, At: now}, mine.Run, "lab", mine.Profile)
	if err != nil {
		t.Fatal(err)
	}
	if slices.Contains(i.Rules, "noise-gate") || !slices.Contains(i.Rules, "crypto-works") {
		t.Errorf("inherits %v", i.Rules)
	}
	mine.Inherits = i
	got := issue(t, mine)[0]
	if got.Claim.Level != profile.L2 {
		t.Errorf("with inheritance: %q", got.Claim.Level)
	}
	v, err := Verify(got.Dir, Reader{Program: own, Root: by.Chain.Root, At: now})
	if err != nil || !v.OK() || !slices.ContainsFunc(v.Unproved, func(s record.Sentence) bool { return strings.Contains(s.En, "inherited") }) {
		t.Errorf("%v %+v", err, v)
	}
	if v.Result.Level != profile.L1 {
		t.Errorf("what nobody checked counts: %s", v.Result.Sentence())
	}
	v, err = Verify(got.Dir, Reader{Program: own, Root: by.Chain.Root, At: now, Inherited: from})
	if err != nil || !v.OK() || v.Result.Level != profile.L2 || !slices.ContainsFunc(v.Proved, func(s record.Sentence) bool {
		return strings.HasPrefix(s.En, "L2 works") && strings.Contains(s.En, "inherited, not shown by this run: crypto-works")
	}) {
		t.Errorf("with the source at hand: %v %+v", err, v)
	}
	for name, c := range map[string]struct {
		target trial.Target
		want   string
	}{
		"another chip":   {lab("kunpeng-930", "kylin-v10-sp3"), "the chip \"kunpeng-920\", this is \"kunpeng-930\""},
		"another system": {lab("kunpeng-920", "uos-20"), "the system \"kylin-v10-sp3\", this is \"uos-20\""},
		"unknown chip":   {lab("", "kylin-v10-sp3"), "only the same generation"},
		"emulated": {func() trial.Target {
			l := lab("kunpeng-920", "kylin-v10-sp3")
			l.Provenance = record.Emulated
			return l
		}(), "only native results"},
	} {
		part.Targets = []trial.Target{c.target}
		other := order(t, trial.Dir(t, part), by)
		if _, err := Inherit(from, Reader{Program: own, Root: by.Chain.Root, At: now}, other.Run, "lab", other.Profile); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Only what the machine itself met can be inherited, and nothing of speed.
func TestHeritable(t *testing.T) {
	got := heritable(claim.Claim{Rules: []profile.Outcome{
		{Rule: "own", Level: profile.L2, Met: true},
		{Rule: "inherited", Level: profile.L2, Met: true, Inherited: true},
		{Rule: "unmet", Level: profile.L2},
		{Rule: "speed", Level: profile.L3, Met: true},
	}})
	if !slices.Equal(got, []string{"own"}) {
		t.Errorf("%v", got)
	}
}

// Machines are alike where chip and system are known, and profiles where their text is the same.
func TestUnlike(t *testing.T) {
	good := claim.Claim{V: claim.Version, Provenance: record.Native, Target: store.Target{GOARCH: "arm64", Chip: "kunpeng-920", System: "kylin-v11"}}
	good.Profile.Name, good.Profile.SM3 = "xinchuang-base", "a"
	if why := unlike(good, good); why != nil {
		t.Fatal(why)
	}
	for want, change := range map[string]func(*claim.Claim){
		"only the same generation": func(c *claim.Claim) { c.Target.Chip = "" },
		"only the same system":     func(c *claim.Claim) { c.Target.System = "" },
	} {
		c := good
		change(&c)
		if why := unlike(c, c); why == nil || !strings.Contains(why.En, want) {
			t.Errorf("want %q, got %v", want, why)
		}
	}
	other := good
	other.Profile.SM3 = "b"
	if why := unlike(good, other); why == nil || !strings.Contains(why.En, "another profile") {
		t.Errorf("another profile of the same name: %v", why)
	}
}

// A certificate cannot be older than the key that signed it.
func TestIssuedBeforeTheKeyWasValid(t *testing.T) {
	by := signer(t)
	dir := issue(t, order(t, trial.Dir(t, trial.Shape{Targets: trial.Base[:1], Items: trial.Items[:1], Specs: 2}), by))[0].Dir
	f := read(t, dir).signed(t, by, func(_ *statement.Statement, c *claim.Claim) { c.Issued = now.AddDate(0, -1, 0) })
	f.put(t, dir)
	v, err := Verify(dir, Reader{Program: own, Root: by.Chain.Root, At: now})
	if err != nil || v.OK() || v.Problems[0].File != chainFile {
		t.Errorf("%v: %+v", err, v)
	}
}
