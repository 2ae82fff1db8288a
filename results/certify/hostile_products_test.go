package certify_test

import (
	"encoding/json"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/certify"
	"github.com/xcmatrix/xcmatrix/results/certify/claim"
	"github.com/xcmatrix/xcmatrix/results/certify/product"
	"github.com/xcmatrix/xcmatrix/results/certify/profile"
	"github.com/xcmatrix/xcmatrix/results/internal/trial"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

func init() { subjects["what a product is said to be"] = productForgeries }

// shop is a product as its applicant declares it.
var shop = product.Product{Name: record.Say("Example Shop", "示例商城"), Version: "v1.2.0", Vendor: record.Say("Example Software", "示例软件"),
	Applicant: record.Say("Example Software", "示例软件"), Module: "example.com/shop", Licence: "Apache-2.0"}

// tested is a run of the shop's own tests, of which the first stands for a package's build.
func tested(l *laboratory, change ...func(m *store.Manifest)) evidence {
	l.t.Helper()
	e := l.run(trial.Shape{Targets: trial.Base[:1], Items: []string{record.ItemTest}, Specs: 4})
	return e.edit(l, func(m *store.Manifest) {
		m.Cells[0].Specs[1].Labels = []string{record.LabelBuild}
		m.Product = &store.Product{Module: shop.Module, Version: shop.Version, VCS: "git", Revision: strings.Repeat("a1", 20), Go: "go1.26", Tree: "sm3:0", Sums: "sm3:1", Committed: true,
			Plans: []store.TestPlan{store.TestPlanOf("native", 1, m.Cells[0].Specs)}}
		for _, c := range change {
			c(m)
		}
	})
}

// certifyShop certifies a run of the shop's tests as the shop.
func (l *laboratory) certifyShop(e evidence, change ...func(*certify.Order)) (folder, error) {
	l.t.Helper()
	p, err := profile.Find("product-base", nil)
	l.must(err)
	mine := shop
	return l.certify(e, rules{}, append([]func(*certify.Order){func(o *certify.Order) {
		o.Profile, o.Product = p, &mine
		o.Laboratory = &product.Laboratory{Name: record.Say("Hostile laboratory", "敌意实验室"), Months: 6, Link: "https://lab.example/c/"}
	}}, change...)...)
}

// claiming is the shop's folder with a claim that was changed, and pages that follow from it.
func claiming(l *laboratory, change func(c *claim.Claim)) seen {
	l.t.Helper()
	f, err := l.certifyShop(tested(l))
	l.must(err)
	_, c := l.claimed(f)
	raw, err := json.Marshal(c)
	l.must(err)
	var own claim.Claim
	l.must(json.Unmarshal(raw, &own))
	change(&own)
	return l.verified(l.sign(f, func(c *claim.Claim) { *c = own }), nil)
}

var productForgeries = []forgery{
	{name: "nothing but the truth", level: "L2 works", says: []string{"4 of 4 specs of example.com/shop v1.2.0", "version v1.2.0 is the one that the tested build says",
		"names of product, vendor and applicant"}, forge: func(l *laboratory) seen { return l.verified(l.certifyShop(tested(l))) }},
	{name: "another version than was built", refused: "the build that was tested is version v1.1.0, not v1.2.0", forge: func(l *laboratory) seen {
		return l.verified(l.certifyShop(tested(l, func(m *store.Manifest) { m.Product.Version = "v1.1.0" })))
	}},
	{name: "another version, put in by hand", refused: "claim.product: the build that was tested is version v1.2.0, not v9.0.0", forge: func(l *laboratory) seen {
		return claiming(l, func(c *claim.Claim) { c.Product.Version = "v9.0.0" })
	}},
	{name: "a changed checkout", refused: "the build that was tested is version v1.2.0+dirty, not v1.2.0", forge: func(l *laboratory) seen {
		return l.verified(l.certifyShop(tested(l, func(m *store.Manifest) {
			m.Product.Version, m.Product.Modified, m.Product.Committed = "v1.2.0+dirty", true, false
		})))
	}},
	{name: "a build without a version", level: "L2 works", says: []string{"that the product is version v1.2.0: the build carries no version",
		"4 of 4 specs of example.com/shop (no version in the build) were to run"}, forge: func(l *laboratory) seen {
		return l.verified(l.certifyShop(tested(l, func(m *store.Manifest) { m.Product.Version, m.Product.Revision, m.Product.Committed = "", "", false })))
	}},
	{name: "files that are not the commit's", refused: "the tag v1.2.0 (not as committed: shop.go, a.s)", forge: func(l *laboratory) seen {
		return l.verified(l.certifyShop(tested(l, func(m *store.Manifest) {
			m.Product.Version, m.Product.Modified, m.Product.Committed, m.Product.Differs = "v1.2.0+dirty", true, false, []string{"shop.go", "a.s"}
		})))
	}},
	{name: "files that are the commit's, and are not", refused: "are and are not those of a commit", forge: func(l *laboratory) seen {
		return l.verified(l.certifyShop(tested(l, func(m *store.Manifest) { m.Product.Differs = []string{"shop.go"} })))
	}},
	{name: "files that nobody compared", level: "L2 works", says: []string{"that the product is version v1.2.0: its files were not compared with a commit"}, forge: func(l *laboratory) seen {
		return l.verified(l.certifyShop(tested(l, func(m *store.Manifest) { m.Product.Committed = false })))
	}},
	{name: "a dependency from a directory beside it", level: "L2 works", says: []string{"that the product is version v1.2.0: example.com/dep is built from a local directory"}, forge: func(l *laboratory) seen {
		return l.verified(l.certifyShop(tested(l, func(m *store.Manifest) {
			m.Product.Locals = []store.Local{{Module: "example.com/dep", Path: "../dep", Digest: "sm3:2"}}
		})))
	}},
	{name: "a dependency from a directory beside it, left out", refused: "claim.tested: it does not follow", forge: func(l *laboratory) seen {
		f, err := l.certifyShop(tested(l, func(m *store.Manifest) {
			m.Product.Locals = []store.Local{{Module: "example.com/dep", Path: "../dep", Digest: "sm3:2"}}
		}))
		l.must(err)
		_, c := l.claimed(f)
		own := c
		without := *c.Tested
		without.Locals, own.Tested = nil, &without
		return l.verified(l.sign(f, func(c *claim.Claim) { *c = own }), nil)
	}},
	{name: "options of the build, left out", refused: "claim.tested: it does not follow", forge: func(l *laboratory) seen {
		f, err := l.certifyShop(tested(l, func(m *store.Manifest) { m.Product.Options = []string{"-gcflags=-N"} }))
		l.must(err)
		_, c := l.claimed(f)
		own := c
		without := *c.Tested
		without.Options, own.Tested = nil, &without
		return l.verified(l.sign(f, func(c *claim.Claim) { *c = own }), nil)
	}},
	{name: "another module", refused: "claim.product: the run tested the module example.com/shop, not example.com/bank", forge: func(l *laboratory) seen {
		return claiming(l, func(c *claim.Claim) { c.Product.Module = "example.com/bank" })
	}},
	{name: "a product on a run of suites", refused: "the run has no tests of a module", forge: func(l *laboratory) seen {
		return l.verified(l.certifyShop(l.run(whole)))
	}},
	{name: "a product put into a certificate of a platform", refused: "claim.product: the run has no tests of a module", forge: func(l *laboratory) seen {
		mine := shop
		return l.verified(l.sign(l.honest(l.run(whole)), func(c *claim.Claim) { c.Product = &mine }), nil)
	}},
	{name: "an escape in a name", refused: "claim.product: name.en has a character that is not seen", forge: func(l *laboratory) seen {
		return claiming(l, func(c *claim.Claim) { c.Product.Name.En = "Shop\x1b[2J" })
	}},
	{name: "a vendor that is turned round", refused: "claim.product: vendor.zh has a character that is not seen", forge: func(l *laboratory) seen {
		return claiming(l, func(c *claim.Claim) { c.Product.Vendor.Zh = "\u202e示例" })
	}},
	{name: "a name without end", refused: "claim.product: name.zh has 10000 characters", forge: func(l *laboratory) seen {
		return claiming(l, func(c *claim.Claim) { c.Product.Name.Zh = strings.Repeat("长", 10_000) })
	}},
	{name: "a laboratory that is valid for ever", refused: "claim.laboratory: it says that it is valid until", forge: func(l *laboratory) seen {
		return claiming(l, func(c *claim.Claim) { c.Laboratory.Months = 1200 })
	}},
	{name: "valid for longer than the signing certificate", refused: "months 60 would make it valid until", forge: func(l *laboratory) seen {
		return l.verified(l.certifyShop(tested(l), func(o *certify.Order) { o.Laboratory.Months = 60 }))
	}},
	{name: "valid for longer than the signing certificate, put in by hand", refused: "claim.laboratory: it says that it is valid until", forge: func(l *laboratory) seen {
		return claiming(l, func(c *claim.Claim) { c.Laboratory.Months = 60 })
	}},
	{name: "a level among the standards", refused: "claim.laboratory: basis \"L3\" is no standard", forge: func(l *laboratory) seen {
		return claiming(l, func(c *claim.Claim) { c.Laboratory.Basis = []string{"L3"} })
	}},
	{name: "a code that leads elsewhere", refused: "claim.laboratory: link is no address", forge: func(l *laboratory) seen {
		return claiming(l, func(c *claim.Claim) { c.Laboratory.Link = "javascript:alert(1)//" })
	}},
	{name: "a number that is a sentence", refused: "claim.number: ", forge: func(l *laboratory) seen {
		return claiming(l, func(c *claim.Claim) { c.Number = "1\nL3 performs" })
	}},
	{name: "more packages than there are", refused: "claim.packages: it does not follow", forge: func(l *laboratory) seen {
		return claiming(l, func(c *claim.Claim) { c.Packages.Built = 99 })
	}},
	{name: "coverage from nowhere", refused: "claim.coverage: it does not follow", forge: func(l *laboratory) seen {
		return claiming(l, func(c *claim.Claim) { c.Coverage = &claim.Coverage{Statements: 100, Covered: 100} })
	}},
	{name: "another revision", refused: "claim.tested: it does not follow", forge: func(l *laboratory) seen {
		return claiming(l, func(c *claim.Claim) { c.Tested.Revision = strings.Repeat("b2", 20) })
	}},
	{name: "another end of the tests", refused: "claim.ended: it does not follow", forge: func(l *laboratory) seen {
		return claiming(l, func(c *claim.Claim) { c.Ended = c.Ended.AddDate(0, 0, 1) })
	}},
	{name: "another name than the pages have", refused: "certificate.html", forge: func(l *laboratory) seen {
		return claiming(l, func(c *claim.Claim) { c.Product.Name.En = "Another Shop" })
	}},
	{name: "tests picked by hand", level: "no level", says: []string{"4 of 5 specs of example.com/shop v1.2.0"}, forge: func(l *laboratory) seen {
		return l.verified(l.certifyShop(tested(l, func(m *store.Manifest) {
			m.Product.Plans[0] = store.TestPlanOf("native", 1, append(m.Cells[0].Specs, record.SpecPlan{ID: "test/example.com/shop/TestHard"}))
		})))
	}},
	{name: "tests in their short form", level: "no level", forge: func(l *laboratory) seen {
		return l.verified(l.certifyShop(tested(l, func(m *store.Manifest) { m.Product.Flags = []string{"-short"} })))
	}},
	{name: "tests that nobody counted", level: "no level", forge: func(l *laboratory) seen {
		return l.verified(l.certifyShop(tested(l, func(m *store.Manifest) { m.Product.Plans = []store.TestPlan{} })))
	}},
	{name: "tests counted twice", refused: `the tests of target "native" are counted twice`, forge: func(l *laboratory) seen {
		return l.verified(l.certifyShop(tested(l, func(m *store.Manifest) { m.Product.Plans = append(m.Product.Plans, m.Product.Plans[0]) })))
	}},
	{name: "a folder with a coverage that nobody signed", refused: "coverage.txt", forge: func(l *laboratory) seen {
		f, err := l.certifyShop(tested(l))
		l.must(err)
		return l.verified(f.with("coverage.txt", []byte("mode: set\n")), nil)
	}},
	{name: "coverage that is none", refused: "coverage.txt: : this is no coverage profile", forge: func(l *laboratory) seen {
		f, err := l.certifyShop(tested(l))
		l.must(err)
		return l.verified(l.sign(f.with("coverage.txt", []byte("all of it\n")), nil), nil)
	}},
}
