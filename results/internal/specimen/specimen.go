// Package specimen makes documents of made-up runs, for tests of the packages that show them.
package specimen

import (
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/results/certify/claim"
	"github.com/xcmatrix/xcmatrix/results/certify/document"
	"github.com/xcmatrix/xcmatrix/results/certify/profile"
	"github.com/xcmatrix/xcmatrix/results/certify/statement"
	"github.com/xcmatrix/xcmatrix/results/internal/trial"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/render"
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
