package ssh

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/matrix/catalog"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// The ABI world of a LoongArch machine is told by its signal sets, then by /bin/sh, and never by the kernel's release. It
// decides which payload is sent.
func TestWorldDecidesThePayload(t *testing.T) {
	lsx, none := []string{"cpucfg", "lam", "ual", "fpu", "lsx", "lasx", "crc32"}, []string{"cpucfg", "ual", "fpu"}
	const newLinker, oldLinker = "/lib64/ld-linux-loongarch-lp64d.so.1", "/lib64/ld.so.1"
	for name, c := range map[string]struct {
		look  Look
		world string
		key   string
	}{
		"new":                        {Look{Machine: "loongarch64", Signals: 16, Linker: newLinker, Kernel: "6.6.0"}, catalog.NewWorld, "linux-loong64"},
		"old":                        {Look{Machine: "loongarch64", Signals: 32, Linker: oldLinker, Kernel: "4.19.190"}, catalog.OldWorld, "linux-loong64-both"},
		"old with a newer kernel":    {Look{Machine: "loongarch64", Signals: 32, Kernel: "5.10.0"}, catalog.OldWorld, "linux-loong64-both"},
		"new by the signals":         {Look{Machine: "loongarch64", Signals: 16, Linker: oldLinker}, catalog.NewWorld, "linux-loong64"},
		"old by the interpreter":     {Look{Machine: "loongarch64", Linker: oldLinker}, catalog.OldWorld, "linux-loong64-both"},
		"new by the interpreter":     {Look{Machine: "loongarch64", Linker: newLinker}, catalog.NewWorld, "linux-loong64"},
		"nothing tells":              {Look{Machine: "loongarch64"}, "", "linux-loong64"},
		"LSX":                        {Look{Machine: "loongarch64", Signals: 16, Features: lsx}, catalog.NewWorld, "linux-loong64"},
		"no LSX":                     {Look{Machine: "loongarch64", Signals: 16, Features: none}, catalog.NewWorld, "linux-loong64-purego"},
		"no LSX in the old world":    {Look{Machine: "loongarch64", Signals: 32, Features: none}, catalog.OldWorld, "linux-loong64-purego-both"},
		"another architecture's set": {Look{Machine: "aarch64", Signals: 32}, "", "linux-loong64"},
	} {
		if got := c.look.World(); got != c.world {
			t.Errorf("%s: world %q, want %q", name, got, c.world)
		}
		got := c.look.Key(build.Key{GOOS: "linux", GOARCH: "loong64"}).String()
		if got != c.key {
			t.Errorf("%s: key %s, want %s", name, got, c.key)
		}
	}
}

// What stops a payload is a sentence in both languages, with the remedy.
func TestCheck(t *testing.T) {
	good := Look{System: "Linux", Machine: "loongarch64", Kernel: "6.6.0", Signals: 16, Base: "/home/lab/.cache", Free: 1 << 20, Sum: "sha256sum"}
	change := func(f func(*Look)) Look {
		l := good
		f(&l)
		return l
	}
	for name, c := range map[string]struct {
		look     Look
		declared string
		say      string
		wrong    bool // a mistake of the user's, not something that the machine lacks
	}{
		"good":                   {look: good},
		"declared new":           {look: good, declared: catalog.NewWorld},
		"declared both":          {look: good, declared: build.BothWorlds},
		"declared old":           {good, catalog.OldWorld, "is of LoongArch's new ABI world, and old is declared", true},
		"another architecture":   {change(func(l *Look) { l.Machine = "x86_64" }), "", "linux/loong64 is declared", true},
		"another system":         {change(func(l *Look) { l.System = "FreeBSD" }), "", "machine is FreeBSD/loongarch64", true},
		"old kernel":             {change(func(l *Look) { l.Kernel = "5.10.0-60.el8" }), "", "its kernel is 5.10.0-60.el8, and Go programs for loong64 need 5.19 or newer", false},
		"old world, its kernel":  {look: change(func(l *Look) { l.Kernel, l.Signals = "4.19.190", 32 })},
		"no directory":           {change(func(l *Look) { l.Base, l.Refused = "", []string{"/home/lab/.cache:noexec", "/tmp/x:unwritable"} }), "", "/home/lab/.cache: mounted noexec", false},
		"full":                   {change(func(l *Look) { l.Base, l.Refused = "", []string{"/home/lab/.cache:space 2048"} }), "", "the disk of machine is full (/home/lab/.cache: 2 MiB free, 160 are needed)", true},
		"nothing to verify with": {change(func(l *Look) { l.Sum = noSum }), "", "could not be verified", false},
		"an answer without sum":  {change(func(l *Look) { l.Sum = "" }), "", "could not be verified", false},
		"a directory that lies":  {change(func(l *Look) { l.Base = "x y" }), "", "names a cache directory that is none", true},
	} {
		m := &Machine{Host: Host{Target: "m", Place: "lab.yaml:3", Name: "machine"}, Look: c.look}
		err := m.Check("linux", "loong64", c.declared)
		var problem *record.Problem
		var missing *record.Missing
		switch {
		case c.say == "":
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		case err == nil || !strings.Contains(err.Error(), c.say):
			t.Errorf("%s: %v, want %q", name, err, c.say)
		case c.wrong && (!errors.As(err, &problem) || problem.Zh == "" || problem.Place == ""):
			t.Errorf("%s: %v is no mistake of the user's", name, err)
		case !c.wrong && (!errors.As(err, &missing) || missing.Reason.Zh == "" || missing.Remedy.Zh == ""):
			t.Errorf("%s: %v is nothing that is missing", name, err)
		}
	}
}

// A processor without LSX gets a payload without assembly, and is told so; where the target declares assembly, that is missing.
func TestNoLSX(t *testing.T) {
	m := &Machine{Host: Host{Target: "m", Name: "machine"}, Look: Look{Machine: "loongarch64", Features: []string{"cpucfg", "fpu"}}}
	var missing *record.Missing
	if err := m.CheckCode("assembly"); !errors.As(err, &missing) || !strings.Contains(missing.Reason.En, "has no LSX") || !strings.Contains(missing.Remedy.Zh, "code: assembly") {
		t.Error(err)
	}
	for _, declared := range []string{"", "purego"} {
		if err := m.CheckCode(declared); err != nil {
			t.Errorf("%q: %v", declared, err)
		}
	}
	if notes := m.Notes(); len(notes) != 1 || !strings.Contains(notes[0].En, "without assembly") {
		t.Errorf("%v", notes)
	}
	m.Features = append(m.Features, "lsx")
	if err := m.CheckCode("assembly"); err != nil || len(m.Notes()) > 0 {
		t.Errorf("%v, %v", err, m.Notes())
	}
	m.Features = nil // nothing tells
	if err := m.CheckCode("assembly"); err != nil || len(m.Notes()) > 0 {
		t.Errorf("%v, %v", err, m.Notes())
	}
}

func TestValidName(t *testing.T) {
	for name, want := range map[string]bool{
		"lab@kunpeng-1": true, "kunpeng": true, "10.0.0.7": true, "lab@10.0.0.7": true, "fe80::1%eth0": true, "lab@fe80::1": true, "a_b.example": true,
		"": false, "-oProxyCommand=id": false, "lab@-oProxyCommand=id": false, "a b": false, "a;id": false, "a$(id)": false, "a\nb": false, "ssh://a": false,
		strings.Repeat("a", 256): false,
	} {
		if ValidName(name) != want {
			t.Errorf("%q: %t", name, !want)
		}
	}
}

func TestClockDifference(t *testing.T) {
	before := time.Unix(1000, 5e8)
	after := before.Add(2 * time.Second)
	for unix, want := range map[int64]time.Duration{0: 0, 1000: 0, 1001: 0, 1002: 0, 1003: 5e8, 1602: 5995e8, 999: -5e8, 400: -5995e8} {
		if got := clockDifference(unix, before, after); got != want {
			t.Errorf("%d: %v, want %v", unix, got, want)
		}
	}
}
