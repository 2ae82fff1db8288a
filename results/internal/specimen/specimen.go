// Package specimen makes documents of made-up runs, for tests of the packages that show them.
package specimen

import (
	"strings"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/results/certify/claim"
	"github.com/xcmatrix/xcmatrix/results/certify/document"
	"github.com/xcmatrix/xcmatrix/results/certify/product"
	"github.com/xcmatrix/xcmatrix/results/certify/profile"
	"github.com/xcmatrix/xcmatrix/results/certify/statement"
	"github.com/xcmatrix/xcmatrix/results/internal/trial"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/render"
	"github.com/xcmatrix/xcmatrix/results/store"
	"github.com/xcmatrix/xcmatrix/results/triage"
)

// Run returns a made-up run with its report and findings.
func Run(t testing.TB, s trial.Shape) document.Run {
	t.Helper()
	run := trial.Load(t, trial.Dir(t, s))
	found := triage.Apply(run, nil, trial.Began)
	return document.Run{Run: run, Triage: found, Report: render.New(run, found.Findings, "en"),
		Names: func(item string) record.Sentence { return record.Say(item, "检查项目 "+item) }}
}

// Document returns the document of one of a run's targets.
func Document(t testing.TB, run document.Run, target string) document.Document {
	t.Helper()
	p, err := profile.Find("xinchuang-base", nil)
	if err != nil {
		t.Fatal(err)
	}
	c := claim.Make(run.Run, target, claim.Context{Program: claim.Program{Version: trial.Version, Waivers: []byte("waivers: []\n")}, Profile: p, Waivers: []byte("waivers: []\n"), Issued: trial.Began.Add(time.Hour), Signer: "Lab 实验室"})
	d := document.Make(run, c, p)
	if d.Digest, err = c.Digest(); err != nil {
		t.Fatal(err)
	}
	d.Key, d.Root, d.KeyUntil, d.Openssl = d.Digest, "Lab 实验室 root", trial.Began.AddDate(2, 0, 0), statement.OpenSSL
	return d
}

// Product makes of a document one of a product; long gives it the longest texts that the files of a product and of a
// laboratory may have.
func Product(t testing.TB, d document.Document, long bool) document.Document {
	t.Helper()
	name := func(en, zh string, limit int) record.Sentence {
		if long {
			return record.Say(strings.Repeat(en+" ", limit)[:limit-1]+"x", strings.Repeat(zh, limit))
		}
		return record.Say(en, zh)
	}
	c := &d.Claim
	c.Product = &product.Product{Name: name("Shop", "商", 60), Version: "v1.2.0", Vendor: name("Vendor", "厂", 120), Applicant: name("Applicant", "申", 120),
		Module: "example.com/shop", Licence: "Apache-2.0"}
	c.Tested = &store.Product{Module: "example.com/shop", Version: "v1.2.0", VCS: "git", Revision: strings.Repeat("a1", 20), Go: "go1.26.0", Tree: "sm3:" + strings.Repeat("0", 64),
		Committed: true}
	c.Laboratory = &product.Laboratory{Name: name("Laboratory", "室", 120), Address: name("Address", "址", 120), Accreditation: "CNAS L00000",
		Basis: []string{"GB/T 25000.51-2016"}, Months: 12, Link: "https://lab.example/certificates/"}
	for _, err := range []error{c.Product.Check(), c.Laboratory.Check()} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return d
}
