package coverage_test

import (
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/coverage"
)

func TestMerge(t *testing.T) {
	profiles := map[string]coverage.Profile{}
	for target, text := range map[string]string{
		"native":  "mode: set\nm/a.go:1.1,2.2 3 1\nm/a.go:4.1,5.2 1 0\nm/a_amd64.go:1.1,2.2 1 0\n",
		"loong64": "mode: set\nm/a.go:1.1,2.2 3 0\nm/a.go:4.1,5.2 1 1\n\nmode: set\nm/a_loong64.go:1.1,2.2 1 1\n",
	} {
		p := coverage.Profile{}
		if err := p.Read(strings.NewReader(text)); err != nil {
			t.Fatal(err)
		}
		profiles[target] = p
	}
	m := coverage.Merge(profiles, func(target string) string { return map[string]string{"native": "amd64"}[target] + target })
	if m.Targets["native"] != 0.6 || m.Targets["loong64"] != 0.4 || m.Share != 5.0/6 {
		t.Errorf("%+v", m)
	}
	if only := m.Only["amd64native"]; len(only) != 1 || only[0].File != "m/a_amd64.go" || len(m.Only) != 1 {
		t.Errorf("%+v", m.Only)
	}
}

func TestWrongProfiles(t *testing.T) {
	for _, text := range []string{"nonsense\n", "a.go:1.1,2.2 x 1\n", "a.go:1.1,2.2 1 -1\n", "1.1,2.2 1 1\n", "a.go:1.1,2.2 -1 1\n"} {
		if err := (coverage.Profile{}).Read(strings.NewReader(text)); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}
