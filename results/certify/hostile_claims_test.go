package certify_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/certify"
	"github.com/xcmatrix/xcmatrix/results/certify/claim"
	"github.com/xcmatrix/xcmatrix/results/certify/profile"
	"github.com/xcmatrix/xcmatrix/results/internal/trial"
	"github.com/xcmatrix/xcmatrix/results/publish"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// picked is a run of which only some specs were to run, as `run --spec` makes it.
func picked(l *laboratory, items ...string) evidence {
	kept := func(id string) bool { return strings.HasPrefix(id, "group 0 / spec 0") }
	e := l.run(whole).edit(l, func(m *store.Manifest) {
		for i := range m.Cells {
			if slices.Contains(items, m.Cells[i].Item) {
				m.Cells[i].Specs = slices.DeleteFunc(m.Cells[i].Specs, func(s record.SpecPlan) bool { return !kept(s.ID) })
			}
		}
		m.Cells = slices.DeleteFunc(m.Cells, func(c store.CellPlan) bool { return len(c.Specs) == 0 })
		m.Selection.Specs = []string{"group 0 / spec 0"}
	})
	return e.each(func(body string) string {
		for _, item := range items {
			in := strings.Contains(body, `"item":"`+item+`"`)
			if in && (strings.Contains(body, `"spec":`) && !strings.Contains(body, "spec 0") || !strings.Contains(body, `"round":1,`)) {
				return ""
			}
		}
		return body
	})
}

// alone is a run of one item, of which a record of the suite is kept and none of the others.
func alone(l *laboratory, item, version string) evidence {
	s := whole
	s.Items = []string{item}
	return l.run(s).edit(l, func(m *store.Manifest) {
		m.Tool = version
		m.Suites = slices.DeleteFunc(m.Suites, func(f store.FullPlan) bool { return f.Item != item })
	})
}

// recount makes the record of the suites fit what was to run.
func recount(m *store.Manifest) {
	for i, s := range m.Suites {
		m.Suites[i] = m.Planned(m.Targets[0].ID, s.Item)
	}
}

// failing is a run in which specs of an item fail.
func failing(l *laboratory, item, spec string) evidence {
	return l.run(whole).each(func(body string) string {
		if strings.Contains(body, `"item":"`+item+`"`) && strings.Contains(body, spec) {
			return strings.ReplaceAll(body, `"verdict":"pass"`, `"verdict":"fail","detail":{"en":"it fails"}`)
		}
		return body
	})
}

var everything = []string{"crypto", "abi", "database", "disk", "gc"}

var planForgeries = []forgery{
	{name: "five specs picked by hand", level: "no level", says: []string{"5 of 25 specs of version v1.2.3 were to run"}, forge: func(l *laboratory) seen {
		return l.verified(l.certify(picked(l, everything...), rules{}))
	}},
	{name: "one suite narrowed", level: "L1 runs", says: []string{"21 of 25 specs of version v1.2.3 were to run"}, forge: func(l *laboratory) seen {
		return l.verified(l.certify(picked(l, "crypto"), rules{}))
	}},
	{name: "specs picked, and the record made to fit", refused: "the full plan of version v1.2.3 has 5 specs, this is another one of 1", forge: func(l *laboratory) seen {
		return l.verified(l.certify(picked(l, everything...).edit(l, recount), rules{}))
	}},
	{name: "specs picked, as if by another version", level: "L2 works", says: []string{
		"5 of 5 specs of version v9.9.9 were to run, by the laboratory's own count: this program has 25",
		"that version v9.9.9 has 5 specs in all: this program is version v1.2.3, which has 25"}, forge: func(l *laboratory) seen {
		return l.verified(l.certify(picked(l, everything...).edit(l, func(m *store.Manifest) { recount(m); m.Tool = "v9.9.9" }), rules{}))
	}},
	{name: "specs picked, and no record", level: "L1 runs", says: []string{"the full plan is not recorded"}, forge: func(l *laboratory) seen {
		return l.verified(l.certify(picked(l, everything...).edit(l, func(m *store.Manifest) { m.Selection, m.Suites = nil, nil }), rules{}))
	}},
	{name: "specs picked, and a record of some suites", refused: "crypto is left out: version v1.2.3 has 5 specs of it", forge: func(l *laboratory) seen {
		return l.verified(l.certify(picked(l, "crypto").edit(l, func(m *store.Manifest) {
			m.Suites = slices.DeleteFunc(m.Suites, func(f store.FullPlan) bool { return f.Item == "crypto" })
		}), rules{}))
	}},
	{name: "specs picked, and a record of some suites, as if by another version", level: "L1 runs", says: []string{"the full plan is not recorded"}, forge: func(l *laboratory) seen {
		return l.verified(l.certify(picked(l, "crypto").edit(l, func(m *store.Manifest) {
			m.Tool = "v9.9.9"
			m.Suites = slices.DeleteFunc(m.Suites, func(f store.FullPlan) bool { return f.Item == "crypto" })
		}), rules{}))
	}},
	{name: "one suite run, and no record of the others", refused: "crypto is left out: version v1.2.3 has 5 specs of it", forge: func(l *laboratory) seen {
		return l.verified(l.certify(alone(l, "abi", trial.Version), rules{}))
	}},
	{name: "one suite run, and no record of the others, as if by another version", level: "L1 runs",
		says: []string{"5 of 5 specs of version v9.9.9 were to run, by the laboratory's own count: this program has 25"}, forge: func(l *laboratory) seen {
			return l.verified(l.certify(alone(l, "abi", "v9.9.9"), rules{}))
		}},
	{name: "specs picked, and no record of what was asked for", refused: "it says how many specs the suites have, and not what was asked for", forge: func(l *laboratory) seen {
		return l.verified(l.certify(picked(l, everything...).edit(l, func(m *store.Manifest) { recount(m); m.Selection = nil }), rules{}))
	}},
	{name: "other specs, as many, as if by another version", level: "L2 works", says: []string{"25 of 25 specs of version v9.9.9 were to run, by the laboratory's own count: this program has 25"},
		forge: func(l *laboratory) seen {
			other := whole
			other.Odd = " of its own"
			return l.verified(l.certify(l.run(other).edit(l, func(m *store.Manifest) { m.Tool = "v9.9.9" }), rules{}))
		}},
	{name: "a version that is a sentence", refused: "is no version of a program", forge: func(l *laboratory) seen {
		return l.verified(l.certify(l.run(whole).edit(l, func(m *store.Manifest) { m.Tool = "v1 were to run; L3 performs on x; 9 of 9 specs of v1" }), rules{}))
	}},
	{name: "a version of the issuer that is a sentence", refused: "is no version of a program", forge: func(l *laboratory) seen {
		return l.verified(l.certify(l.run(whole), rules{}, func(o *certify.Order) { o.Program.Version = "v1; L3 performs on x" }))
	}},
	{name: "a suite recorded twice", refused: "the suite crypto stands in it twice", forge: func(l *laboratory) seen {
		return l.verified(l.certify(picked(l, "crypto").edit(l, func(m *store.Manifest) {
			m.Suites = append([]store.FullPlan{m.Planned("native", "crypto")}, m.Suites...)
		}), rules{}))
	}},
	{name: "a failing spec that is said to measure", refused: "the full plan of version v1.2.3 has 5 specs, this is another one of 5", forge: func(l *laboratory) seen {
		return l.verified(l.certify(failing(l, "crypto", "spec 2").edit(l, func(m *store.Manifest) {
			m.Cells[0].Specs[3].Labels = []string{record.LabelBench}
			recount(m)
		}), rules{}))
	}},
	{name: "a missing spec that is said to be optional", refused: "the full plan of version v1.2.3 has 5 specs, this is another one of 4", forge: func(l *laboratory) seen {
		return l.verified(l.certify(l.run(whole).edit(l, func(m *store.Manifest) {
			m.Cells[0].Specs[3].Labels = []string{record.LabelOptional}
			recount(m)
		}).each(func(body string) string {
			if strings.Contains(body, `"item":"crypto"`) && strings.Contains(body, "spec 2") {
				return strings.ReplaceAll(body, `"verdict":"pass"`, `"verdict":"miss","detail":{"en":"absent"}`)
			}
			return body
		}), rules{}))
	}},
	{name: "a claim that counts more than was planned", refused: "claim.plan: it does not follow", forge: func(l *laboratory) seen {
		f, err := l.certify(picked(l, "crypto"), rules{})
		l.must(err)
		return l.verified(l.sign(f, func(c *claim.Claim) { c.Plan.Specs = c.Plan.Full }), nil)
	}},
	{name: "a suite that was not run", level: "L1 runs", says: []string{"20 of 25 specs of version v1.2.3 were to run"}, forge: func(l *laboratory) seen {
		part := l.run(whole).edit(l, func(m *store.Manifest) {
			m.Cells = slices.DeleteFunc(m.Cells, func(c store.CellPlan) bool { return c.Item == "crypto" })
		}).each(func(body string) string {
			if strings.Contains(body, `"item":"crypto"`) {
				return ""
			}
			return body
		})
		return l.verified(l.certify(part, rules{}))
	}},
	{name: "no database, said to be a choice", level: "L1 runs", says: []string{"databases were NOT looked at"}, forge: func(l *laboratory) seen {
		return l.verified(l.certify(l.run(whole).each(func(body string) string {
			if strings.Contains(body, `"item":"database"`) && strings.Contains(body, "group 0") {
				return strings.ReplaceAll(body, `"verdict":"pass"`, `"verdict":"miss","detail":{"en":"no server"}`)
			}
			return body
		}), rules{}))
	}},
}

// weak is the shipped profile with an objective that everything meets.
func weak(l *laboratory) string {
	p, err := profile.Find("xinchuang-base", nil)
	l.must(err)
	return strings.ReplaceAll(string(p.Text), ">= 100%", ">= 1%")
}

// wide waives what fails by a glob.
func wide(finding string) string {
	return "waivers:\n  - {finding: " + finding + ", owner: o, reason: {en: r, zh: 由}, link: https://example.org/1, expires: 2027-12-31}\n"
}

var ruleForgeries = []forgery{
	{name: "a weaker profile of the same name", level: "L2 works on target \"native\" (native; its chip was not recognised), by rules of the laboratory's own, NOT a profile as shipped", forge: func(l *laboratory) seen {
		f, err := l.certify(failing(l, "crypto", "spec 2"), rules{profile: weak(l)})
		l.must(err)
		for name, content := range f {
			if strings.HasSuffix(name, ".html") || strings.HasSuffix(name, ".md") || strings.HasSuffix(name, ".csv") {
				if text := string(content); strings.Contains(text, "xinchuang-base") || strings.Contains(text, "Xinchuang base") || !strings.Contains(text, "NOT a profile as shipped") {
					l.t.Errorf("%s names a profile that it is not by", name)
				}
			}
		}
		return l.verified(f, nil)
	}},
	{name: "a weaker profile that a claim calls shipped", refused: "claim.profile: it does not follow", forge: func(l *laboratory) seen {
		f, err := l.certify(failing(l, "crypto", "spec 2"), rules{profile: weak(l)})
		l.must(err)
		return l.verified(l.sign(f, func(c *claim.Claim) { c.Profile.Shipped = true }), nil)
	}},
	{name: "a weaker profile that another version is said to ship", level: "L2 works on target \"native\" (native; its chip was not recognised), by rules of the laboratory's own, NOT a profile as shipped",
		says: []string{"that profile and waivers are those shipped with version v9.9.9: this program is version v1.2.3"}, forge: func(l *laboratory) seen {
			f, err := l.certify(failing(l, "crypto", "spec 2"), rules{profile: weak(l)}, func(o *certify.Order) { o.Program.Version = "v9.9.9" })
			l.must(err)
			_, c := l.claimed(f)
			c.Profile.Shipped, c.Pages.Version = true, 99
			return l.verified(l.remade(f, c), nil)
		}},
	{name: "a profile with a name like a shipped one", level: "L2 works on target \"native\" (native; its chip was not recognised), by rules of the laboratory's own, NOT a profile as shipped", forge: func(l *laboratory) seen {
		return l.verified(l.certify(failing(l, "crypto", "spec 2"), rules{profile: strings.Replace(weak(l), "name: xinchuang-base", "name: xinchuang-base-official", 1)}))
	}},
	{name: "a profile that lets a miss pass", refused: "allow lets a miss pass", forge: func(l *laboratory) seen {
		return l.verified(l.certify(l.run(whole), rules{profile: strings.ReplaceAll(weak(l), "choice: server", "allow: [miss]")}))
	}},
	{name: "a profile that lets a miss pass, put in by hand", refused: "profile.yaml: ", forge: func(l *laboratory) seen {
		f := l.honest(l.run(whole))
		text := strings.ReplaceAll(string(f[certify.ProfileFile]), "choice: server", "allow: [miss]")
		return l.verified(l.sign(f.with(certify.ProfileFile, []byte(text)), func(c *claim.Claim) {
			c.Profile = claim.SourceOf(c.Profile.Name, []byte(text))
		}), nil)
	}},
	{name: "a waiver of a whole item", refused: "the waiver of \"crypto/*\" is too wide to certify with", forge: func(l *laboratory) seen {
		return l.verified(l.certify(failing(l, "crypto", "spec 2"), rules{waivers: wide("crypto/*")}))
	}},
	{name: "a waiver of a whole item by other words", refused: "too wide to certify with", forge: func(l *laboratory) seen {
		return l.verified(l.certify(failing(l, "crypto", "spec 2"), rules{waivers: wide("crypto/g*")}))
	}},
	{name: "a waiver of a whole item, put in by hand", refused: "waivers.yaml: ", forge: func(l *laboratory) seen {
		text := []byte(wide("crypto/*"))
		return l.verified(l.sign(l.honest(failing(l, "crypto", "spec 2")).with(certify.WaiversFile, text), func(c *claim.Claim) {
			c.Waivers, c.Level = claim.SourceOf("waivers", text), "L2"
		}), nil)
	}},
	{name: "a waiver of what fails", level: "L2 works", says: []string{"1 known, NOT the shipped waivers: 1 widened"}, forge: func(l *laboratory) seen {
		return l.verified(l.certify(failing(l, "crypto", "spec 2"), rules{waivers: wide("crypto/group-0/spec-2")}))
	}},
	{name: "a waiver that a claim calls shipped", refused: "claim.waivers: it does not follow", forge: func(l *laboratory) seen {
		f, err := l.certify(failing(l, "crypto", "spec 2"), rules{waivers: wide("crypto/group-0/spec-2")})
		l.must(err)
		return l.verified(l.sign(f, func(c *claim.Claim) { c.Waivers.Shipped = true }), nil)
	}},
	{name: "a widened waiver that a claim does not count", refused: "claim.widened: it does not follow", forge: func(l *laboratory) seen {
		f, err := l.certify(failing(l, "crypto", "spec 2"), rules{waivers: wide("crypto/group-0/spec-2")})
		l.must(err)
		return l.verified(l.sign(f, func(c *claim.Claim) { c.Widened = 0 }), nil)
	}},
}

// in changes the entries of an item.
func in(item string, change func(string) string) func(string) string {
	return func(body string) string {
		if item == "" || strings.Contains(body, `"item":"`+item+`"`) {
			return change(body)
		}
		return body
	}
}

func without(kind string) func(string) string {
	return func(body string) string {
		if strings.Contains(body, `"event":"`+kind+`"`) {
			return ""
		}
		return body
	}
}

func swapped(old, by string) func(string) string {
	return func(body string) string { return strings.ReplaceAll(body, old, by) }
}

// likeLab is a run of a native machine with chip and system, of some items.
func likeLab(l *laboratory, chip, system string, items ...string) evidence {
	s := trial.Shape{Targets: []trial.Target{{Provenance: record.Native, Target: store.Target{ID: "lab", GOOS: "linux", GOARCH: "arm64",
		Chip: chip, System: system, BuildKey: "k", Launcher: "native"}}}, Items: items, Specs: 4, Rounds: 1}
	return l.run(s)
}

// heir is a certificate of one item that is said to inherit the others.
func heir(l *laboratory, change func(i *claim.Inheritance)) (folder, error) {
	i := &claim.Inheritance{Run: "20261120-080000-none", Target: "lab", Claim: "sm3:" + strings.Repeat("0", 64), Chip: "kunpeng-920", System: "kylin-v10-sp3",
		Rules: []string{"crypto-works", "database-works", "disk-works", "gc-works"}}
	change(i)
	return l.certify(likeLab(l, "kunpeng-920", "kylin-v10-sp3", "abi"), rules{}, func(o *certify.Order) { o.Inherits = i })
}

var provenanceForgeries = []forgery{
	{name: "a better level than the rules give", refused: "claim.level: it does not follow", forge: func(l *laboratory) seen {
		return l.verified(l.sign(l.honest(l.run(whole)), func(c *claim.Claim) { c.Level = profile.L3 }), nil)
	}},
	{name: "a provenance of its own", refused: "unknown provenance \"hardware\"", forge: func(l *laboratory) seen {
		return l.verified(l.sign(l.honest(l.run(whole)).holding(l, l.run(whole).each(swapped(`"provenance":"native"`, `"provenance":"hardware"`))), nil), nil)
	}},
	{name: "a provenance in other letters", refused: "unknown provenance \"Native\"", forge: func(l *laboratory) seen {
		return l.verified(l.certify(l.run(whole).each(swapped(`"provenance":"native"`, `"provenance":"Native"`)), rules{}))
	}},
	{name: "no launch lines", refused: "it was never run", forge: func(l *laboratory) seen {
		return l.verified(l.certify(l.run(whole).each(without("launch")), rules{}))
	}},
	{name: "no launch line in one cell", level: "no level", forge: func(l *laboratory) seen {
		return l.verified(l.certify(l.run(whole).each(in("crypto", without("launch"))), rules{}))
	}},
	{name: "a verdict from a process without a launch line", level: "no level", forge: func(l *laboratory) seen {
		return l.verified(l.certify(l.run(whole).each(in("crypto", func(body string) string {
			if strings.Contains(body, "spec 2") {
				return strings.Replace(body, `"attempt":1`, `"attempt":2`, 1)
			}
			return body
		})), rules{}))
	}},
	{name: "one cell emulated", level: "L1 runs on target \"native\" (emulated; on no real chip)", forge: func(l *laboratory) seen {
		return l.verified(l.certify(l.run(whole).each(in("crypto", swapped(`"provenance":"native"`, `"provenance":"emulated"`))), rules{}))
	}},
	{name: "emulated first, native last", level: "L1 runs on target \"native\" (emulated; on no real chip)", forge: func(l *laboratory) seen {
		e := l.run(whole)
		var out [][]byte
		for _, body := range e.journal {
			if strings.Contains(string(body), `"event":"launch"`) && strings.Contains(string(body), `"item":"crypto"`) {
				out = append(out, []byte(strings.Replace(string(body), `"provenance":"native"`, `"provenance":"emulated"`, 1)))
			}
			out = append(out, body)
		}
		e.journal = out
		return l.verified(l.certify(e, rules{}))
	}},
	{name: "emulated in part, claimed as native", refused: "claim.provenance: it does not follow", forge: func(l *laboratory) seen {
		f, err := l.certify(l.run(whole).each(in("crypto", swapped(`"provenance":"native"`, `"provenance":"emulated"`))), rules{})
		l.must(err)
		return l.verified(l.sign(f, func(c *claim.Claim) { c.Provenance = record.Native }), nil)
	}},
	{name: "a failure that the journal calls known", refused: "\"known\" is given by triage alone", forge: func(l *laboratory) seen {
		return l.verified(l.certify(failing(l, "crypto", "spec 2").each(swapped(`"verdict":"fail"`, `"verdict":"known"`)), rules{}))
	}},
	{name: "a failure that the journal calls fixed", refused: "\"fixed\" is given by triage alone", forge: func(l *laboratory) seen {
		return l.verified(l.sign(l.honest(l.run(whole)).holding(l, failing(l, "crypto", "spec 2").each(swapped(`"verdict":"fail"`, `"verdict":"fixed"`))), nil), nil)
	}},
	{name: "an emulated chip that was declared", level: "no level on target \"arm64\" (emulated; on no real chip)", forge: func(l *laboratory) seen {
		s := whole
		s.Targets = []trial.Target{trial.Base[1]}
		s.Targets[0].Chip = "kunpeng-920"
		return l.verified(l.certify(l.run(s), rules{}))
	}},
	{name: "issued before the run ended", refused: "claim.issued: it was issued on 2026-11-21T08:00:00Z, before the run ended", forge: func(l *laboratory) seen {
		return l.verified(l.sign(l.honest(l.run(whole)), func(c *claim.Claim) { c.Issued = trial.Began }), nil)
	}},
	{name: "certified by a clock that is behind", refused: "the run ended on 2026-11-21T08:01:00Z, which is yet to come", forge: func(l *laboratory) seen {
		return l.verified(l.certify(l.run(whole), rules{}, func(o *certify.Order) { o.Now = trial.Began }))
	}},
	{name: "a signature under another key's name", refused: "the signature names another key", forge: func(l *laboratory) seen {
		f := l.honest(l.run(whole))
		var envelope map[string]any
		l.must(json.Unmarshal(f[certify.StatementFile], &envelope))
		id, err := l.by.KeyID()
		l.must(err)
		other := strings.Replace(string(f[certify.StatementFile]), id, "sm3:"+strings.Repeat("ab", 32), 1)
		return l.verified(f.with(certify.StatementFile, []byte(other)), nil)
	}},
	{name: "a signature under no key's name", refused: "the signature names another key", forge: func(l *laboratory) seen {
		f := l.honest(l.run(whole))
		id, err := l.by.KeyID()
		l.must(err)
		return l.verified(f.with(certify.StatementFile, []byte(strings.Replace(string(f[certify.StatementFile]), id, "", 1))), nil)
	}},
	{name: "suites run on another machine", level: "no level", says: []string{"25 of 25 specs"}, forge: func(l *laboratory) seen {
		return l.verified(l.certify(l.run(whole).each(in("crypto", swapped(`"chip":""`, `"chip":"kunpeng-920"`))), rules{}))
	}},
	{name: "a suite of which nothing says where it ran", level: "no level", forge: func(l *laboratory) seen {
		return l.verified(l.certify(l.run(whole).each(in("crypto", without("machine"))), rules{}))
	}},
	{name: "rounds of which nothing says how quiet the machine was", level: "L2 works", forge: func(l *laboratory) seen {
		return l.verified(l.certify(l.run(whole).each(func(body string) string {
			if strings.Contains(body, `"event":"sample"`) && !strings.Contains(body, `"item":"crypto"`) {
				return ""
			}
			return body
		}), rules{}))
	}},
	{name: "inherited from one whose waivers were widened", refused: "it was held against waivers that let more be than the shipped ones (1)", forge: func(l *laboratory) seen {
		source, err := l.certify(likeLab(l, "kunpeng-920", "kylin-v10-sp3", everything...).each(in("crypto", func(body string) string {
			if strings.Contains(body, "spec 2") {
				return strings.ReplaceAll(body, `"verdict":"pass"`, `"verdict":"fail","detail":{"en":"it fails"}`)
			}
			return body
		})), rules{waivers: wide("crypto/group-0/spec-2")})
		l.must(err)
		_, c := l.claimed(source)
		digest, err := c.Digest()
		l.must(err)
		f, err := heir(l, func(i *claim.Inheritance) { i.Run, i.Claim = c.Run, digest })
		l.must(err)
		return l.seenWith(f, source)
	}},
	{name: "inherited from nowhere", level: "L1 runs", says: []string{"the level with what it inherits, which --inherited DIR would check",
		"inherited, not shown by this run: crypto-works, database-works, disk-works, gc-works (from run 20261120-080000-none"}, forge: func(l *laboratory) seen {
		return l.verified(heir(l, func(*claim.Inheritance) {}))
	}},
	{name: "inherited from another chip", refused: "it cannot inherit from \"loongson-3a6000\"", forge: func(l *laboratory) seen {
		return l.verified(heir(l, func(i *claim.Inheritance) { i.Chip = "loongson-3a6000" }))
	}},
	{name: "inherited from another system", refused: "it cannot inherit from \"kunpeng-920\", \"uos-20\"", forge: func(l *laboratory) seen {
		return l.verified(heir(l, func(i *claim.Inheritance) { i.System = "uos-20" }))
	}},
	{name: "inherited from another certificate than is shown", refused: "the folder holds another certificate than the one inherited from", forge: func(l *laboratory) seen {
		f, err := heir(l, func(*claim.Inheritance) {})
		l.must(err)
		return l.seenWith(f, l.honest(likeLab(l, "kunpeng-920", "kylin-v10-sp3", everything...)))
	}},
	{name: "rules inherited that the source does not carry", refused: "rule \"gc-works\" is not met there by that machine's own results", forge: func(l *laboratory) seen {
		source := l.honest(likeLab(l, "kunpeng-920", "kylin-v10-sp3", "crypto", "abi", "database", "disk"))
		_, c := l.claimed(source)
		digest, err := c.Digest()
		l.must(err)
		f, err := heir(l, func(i *claim.Inheritance) { i.Run, i.Claim = c.Run, digest })
		l.must(err)
		return l.seenWith(f, source)
	}},
}

// remade is a folder whose pages and statement follow from a claim of the laboratory's own making.
func (l *laboratory) remade(f folder, c claim.Claim) folder {
	l.t.Helper()
	return l.sign(f, func(to *claim.Claim) { *to = c })
}

// seenWith is what somebody sees who has the certificate that another inherits from.
func (l *laboratory) seenWith(f, source folder) seen {
	l.t.Helper()
	by := l.reader()
	by.Program.FullPlan = nil // the shapes of both runs differ
	by.Inherited = l.write(source, filepath.Join(l.t.TempDir(), "source"))
	return l.seenBy(by, f)
}

// listed is what a repository's list says after it was made anew, with what it leaves out.
func (l *laboratory) listed(repository string, by certify.Reader) seen {
	l.t.Helper()
	left, err := publish.Index(repository, by)
	l.must(err)
	var s seen
	for _, f := range left {
		s.refused = append(s.refused, f.Path+": "+f.Why.En)
	}
	text, err := os.ReadFile(filepath.Join(repository, "README.md"))
	l.must(err)
	s.said = strings.Split(string(text), "\n")
	for _, f := range left {
		if strings.Contains(string(text), "("+f.Path) {
			l.t.Errorf("%s has a row all the same", f.Path)
		}
	}
	return s
}

// dropped puts a folder into a repository by hand.
func (l *laboratory) dropped(f folder, at string) string {
	l.t.Helper()
	repository := filepath.Join(l.t.TempDir(), "repository")
	l.write(f, filepath.Join(repository, filepath.FromSlash(at)))
	return repository
}

// place is where the folder of the run whole belongs.
const place = "unknown/unknown-amd64/2026-11-22"

var repositoryForgeries = []forgery{
	{name: "published without a root", says: []string{"not proved by whom"}, forge: func(l *laboratory) seen {
		by := l.reader()
		by.Root = nil
		repository := filepath.Join(l.t.TempDir(), "repository")
		_, v, err := publish.Put(repository, l.write(l.honest(l.run(whole)), filepath.Join(l.t.TempDir(), "folder")), "", by)
		l.must(err)
		s := l.listed(repository, by)
		if !v.OK() || strings.Contains(strings.Join(s.said, "\n"), "Hostile laboratory") {
			l.t.Errorf("a signer is named that nobody proved: %v", s.said)
		}
		return s
	}},
	{name: "dropped in by hand under another root", says: []string{"not proved by whom"}, forge: func(l *laboratory) seen {
		other := newLaboratory(l.t)
		return l.listed(l.dropped(other.honest(other.run(whole)), place), l.reader())
	}},
	{name: "dropped in by hand with a level that does not follow", refused: "does not follow from the journal", forge: func(l *laboratory) seen {
		return l.listed(l.dropped(l.sign(l.honest(l.run(whole)), func(c *claim.Claim) { c.Level = profile.L3 }), place), l.reader())
	}},
	{name: "dropped in by hand without its journal", refused: "it is missing", forge: func(l *laboratory) seen {
		f := l.honest(l.run(whole))
		delete(f, certify.JournalFile)
		return l.listed(l.dropped(f, place), l.reader())
	}},
	{name: "dropped in under another chip", refused: "it is of unknown/unknown-amd64 and lies elsewhere", forge: func(l *laboratory) seen {
		return l.listed(l.dropped(l.honest(l.run(whole)), "kylin-v10-sp3/kunpeng-920/2026-11-22"), l.reader())
	}},
	{name: "an emulated machine that declares a chip", says: []string{"emulated-arm64-max", " — |"}, forge: func(l *laboratory) seen {
		s := whole
		s.Targets = []trial.Target{trial.Base[1]}
		s.Targets[0].Chip, s.Targets[0].System = "kunpeng-920", "kylin-v10-sp3"
		repository := filepath.Join(l.t.TempDir(), "repository")
		_, _, err := publish.Put(repository, l.write(l.honest(l.run(s)), filepath.Join(l.t.TempDir(), "folder")), "", l.reader())
		l.must(err)
		if _, err := os.Stat(filepath.Join(repository, "chips", "kunpeng-920.md")); err == nil {
			l.t.Error("it has a page of the chip")
		}
		return l.listed(repository, l.reader())
	}},
	{name: "a weaker profile under a shipped name", says: []string{"NOT a profile as shipped"}, forge: func(l *laboratory) seen {
		f, err := l.certify(failing(l, "crypto", "spec 2"), rules{profile: weak(l)})
		l.must(err)
		s := l.listed(l.dropped(f, place), l.reader())
		if strings.Contains(strings.Join(s.said, "\n"), "xinchuang-base") {
			l.t.Error("the list names a profile that it is not by")
		}
		return s
	}},
}
