package triage

import (
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/emmansun/gmsm/sm3"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// shortfalls returns the findings on what could not be checked: one for each item, verdict and reason.
func shortfalls(run *store.Run) []Finding {
	type key struct {
		item    string
		verdict record.Verdict
		reason  string
	}
	type group struct {
		Finding
		specs int
		why   record.Sentence
	}
	var order []*group
	groups := map[key]*group{}
	for _, cell := range run.Cells {
		for _, s := range cell.Specs {
			if s.Verdict != record.Miss && s.Verdict != record.Error {
				continue
			}
			reason := record.Say("no reason was given", "未说明原因")
			if s.Detail != nil {
				reason = *s.Detail
			}
			k := key{cell.Item, s.Verdict, reason.En}
			g := groups[k]
			if g == nil {
				g = &group{why: reason, Finding: Finding{ID: shortfallID(k.item, k.verdict, k.reason), Item: k.item, Subject: k.item,
					Severity: record.Low, Class: Environment, Evidence: reason.En,
					Reproduce: reproduce(run, cell.Target, cell.Item, s.ID)}}
				groups[k] = g
				order = append(order, g)
			}
			g.specs++
			if !slices.Contains(g.Targets, cell.Target) {
				g.Targets = append(g.Targets, cell.Target)
			}
		}
	}
	var out []Finding
	for _, g := range order {
		g.Why = record.Say(fmt.Sprintf("%d specs could not be checked: %s", g.specs, g.why.En),
			fmt.Sprintf("%d 个检查项无法检查：%s", g.specs, g.why.In("zh")))
		out = append(out, g.Finding)
	}
	return out
}

// shortfallID returns the id of a finding on what could not be checked. It depends on the reason.
func shortfallID(item string, v record.Verdict, reason string) string {
	sum := sm3.Sum([]byte(reason))
	return fmt.Sprintf("%s/%s/%s", item, v, hex.EncodeToString(sum[:4]))
}
