package claim

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/emmansun/gmsm/sm3"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// tests says of which module a target's tests are, and counts its packages.
func (c *Claim) tests(run *store.Run, target string) {
	if run.Manifest.Product == nil {
		return
	}
	tested := *run.Manifest.Product
	tested.Plans = nil
	c.Tested, c.Packages = &tested, packagesOf(run, target)
}

// packagesOf counts the packages of a target's tests, each once however many rounds there were.
func packagesOf(run *store.Run, target string) *Packages {
	planned, built, ran := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, cell := range run.Cells {
		if cell.Target != target || cell.Item != record.ItemTest {
			continue
		}
		for _, s := range cell.Specs {
			at := s.ID[:max(strings.LastIndexByte(s.ID, '/'), 0)]
			switch {
			case store.IsPackage(s.SpecPlan):
				planned[at] = true
				if s.Verdict == record.Pass {
					built[at] = true
				}
			case slices.Contains(s.Labels, record.LabelBuild) || s.Verdict == record.Skip || s.Verdict == record.Miss || !s.Ended:
			default:
				ran[at] = true
			}
		}
	}
	return &Packages{Planned: len(planned), Built: len(built), Run: len(ran)}
}

// tests adds a module's tests to a plan. Alone they are counted by the module's version.
func (p *Plan) tests(m store.Manifest, target string, alone bool) {
	planned := m.PlannedTests(target)
	full, _ := m.Product.Plan(target)
	p.Specs, p.Full = p.Specs+planned.Tests.Specs, p.Full+full.Tests.Specs
	if alone {
		p.Module, p.Version = m.Product.Module, revision(m.Product)
	}
}

// No is the certificate's number: the laboratory's, else one that follows from the run, the target and the time of issue.
func (c Claim) No() string {
	if c.Number != "" {
		return c.Number
	}
	sum := sm3.Sum([]byte(fmt.Sprintf("%s\x00%s\x00%s\x00%s", c.Journal.Head, c.Target.ID, c.Signer, c.Issued.UTC().Format(Stamp))))
	return "XC" + c.Issued.In(Beijing).Format("20060102") + "-" + strings.ToUpper(hex.EncodeToString(sum[:4]))
}

// revision is the tested module's version, else its revision; "" where the build has none.
func revision(p *store.Product) string { return cmp.Or(p.Version, p.Revision) }
