package matrix

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/record"
)

func TestChoose(t *testing.T) {
	const text = `version: 1
targets:
- {id: either, goarch: arm64, run: [vm, emulated], cpu: max, vm: {kernel: arm64-16k}}
- {id: one, goarch: arm64, run: vm, cpu: max, vm: {kernel: arm64-16k}}
suites: [abi]
`
	absent := &record.Missing{Reason: record.Say("no kernel", "没有内核")}
	for name, c := range map[string]struct {
		complaints map[string]error // by launcher
		want       string
		guest      bool
	}{
		"the first is here":  {nil, "vm", true},
		"only the second is": {map[string]error{"vm": absent}, "emulated", false},
		"none is":            {map[string]error{"vm": absent, "emulated": absent}, "emulated", false},
		"one is wrong":       {map[string]error{"vm": errors.New("digest")}, "", false},
	} {
		m, err := Parse("m.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		err = m.ChooseLaunchers(func(t Target) error { return c.complaints[t.Run] })
		if (err == nil) != (c.want != "") {
			t.Errorf("%s: %v", name, err)
		}
		if got := m.Targets[0]; c.want != "" && (got.Run != c.want || (got.Guest != nil) != c.guest) {
			t.Errorf("%s: %s, guest %v", name, got.Run, got.Guest)
		}
		passed := []PassedOver{}
		if c.want == "emulated" {
			passed = append(passed, PassedOver{"vm", *absent})
		}
		if got := m.Targets[0].PassedOver; c.want != "" && !slices.Equal(got, passed) {
			t.Errorf("%s: passed over %+v, want %+v", name, got, passed)
		}
		if got := m.Targets[1].Run; got != "vm" {
			t.Errorf("%s: a target with one launcher runs by %s", name, got)
		}
	}
}

// What is asked of a virtual machine is checked where it stands.
func TestWrongGuestsAreFoundAtTheirLine(t *testing.T) {
	const before = "version: 1\nsuites: [disk]\ntargets:\n- id: a\n  goarch: arm64\n  run: vm\n  cpu: max\n  vm:\n    kernel: arm64-4k\n"
	for guest, want := range map[string]string{
		"    cores: 2\n    memory: 100\n": "m.yaml:11: target a: 100 MiB are too few",
		"    cores: 3\n    nodes: 2\n":    "m.yaml:11: target a: 3 cores cannot be shared",
		"    sha256: '12'\n":              "m.yaml:10: target a: a SHA-256 has 64",
		"    disks:\n    - {bus: nvme, size: 1}\n    - {bus: ide, size: 1}\n":   "m.yaml:12: target a: there is no disk bus \"ide\"",
		"    disks:\n    - {bus: sd, size: 9}\n    - {bus: nvme, size: 4090}\n": "m.yaml:12: target a: disks have 1 MiB or more each, and 4096 in all",
	} {
		_, err := Parse("m.yaml", []byte(before+guest))
		if problem := (*record.Problem)(nil); !errors.As(err, &problem) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
