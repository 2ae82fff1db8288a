// Package claim has the signed content of a certificate. A claim is a function of a run's journal, a profile and the
// waivers, so that everybody who has these can make it again and compare.
package claim

import (
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/emmansun/gmsm/sm3"

	"github.com/xcmatrix/xcmatrix/results/certify/product"
	"github.com/xcmatrix/xcmatrix/results/certify/profile"
	"github.com/xcmatrix/xcmatrix/results/pattern"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
	"github.com/xcmatrix/xcmatrix/results/triage/waiver"
)

// Claim is the signed content of a certificate. Fields of version 2 are left out if they are empty, so that a claim of
// version 1 is encoded as its own program encoded it.
type Claim struct {
	V          int                    `json:"v"`
	Run        string                 `json:"run"`
	Created    time.Time              `json:"created"` // when the run began
	Issued     time.Time              `json:"issued"`
	Signer     string                 `json:"signer"`
	Program    string                 `json:"program,omitempty"` // version of the program that issued it
	Target     store.Target           `json:"target"`
	Provenance record.Provenance      `json:"provenance"` // the weakest of all cells
	Launcher   record.Launcher        `json:"launcher"`
	Payloads   []string               `json:"payloads"` // "sha256:…" of each file that was started
	Machine    *record.Machine        `json:"machine"`
	Profile    Source                 `json:"profile"`
	Waivers    Source                 `json:"waivers"`
	Widened    int                    `json:"widened,omitempty"` // waivers that the shipped ones do not cover
	Level      profile.Level          `json:"level"`
	Rules      []profile.Outcome      `json:"rules"`
	Plan       *Plan                  `json:"plan,omitempty"` // nil if the run does not record the full plan
	Looked     *profile.Looked        `json:"looked,omitempty"`
	Verdicts   map[record.Verdict]int `json:"verdicts"`
	Journal    Journal                `json:"journal"`
	Inherits   *Inheritance           `json:"inherits,omitempty"`
	Pages      Pages                  `json:"pages"`

	Ended      time.Time           `json:"ended,omitzero"`       // when the run ended
	Number     string              `json:"number,omitempty"`     // the laboratory's; see Claim.No
	Product    *product.Product    `json:"product,omitempty"`    // what is certified; nil: the machine that the target is
	Laboratory *product.Laboratory `json:"laboratory,omitempty"` // in its own words
	Tested     *store.Product      `json:"tested,omitempty"`     // the module whose tests the run has, without the plans of targets
	Packages   *Packages           `json:"packages,omitempty"`   // of Tested
	Coverage   *Coverage           `json:"coverage,omitempty"`   // of Tested; nil where it was not measured
}

// Packages counts a module's packages.
type Packages struct {
	Planned int `json:"planned"`
	Built   int `json:"built"`
	Run     int `json:"run"` // with a test that came to a verdict other than skip and miss
}

// Coverage counts the statements that the tests have run on the target.
type Coverage struct {
	Statements int `json:"statements"`
	Covered    int `json:"covered"`
}

// Version of the claim's format. To change a field of a released version, keep that version's types as they were, beside
// claim1.go, and raise Version.
const Version = 2

// Source names a file by which the run was judged, with its digest.
type Source struct {
	Name    string `json:"name"`
	SM3     string `json:"sm3"`
	Shipped bool   `json:"shipped,omitempty"` // it is the file that Program ships under that name
}

// SourceOf returns the Source of a file with this name and content.
func SourceOf(name string, text []byte) Source {
	sum := sm3.Sum(text)
	return Source{Name: name, SM3: hex.EncodeToString(sum[:])}
}

// Pages says how the pages were made; with the evidence, that is enough to make them again.
type Pages struct {
	Version int    `json:"version"` // of the templates
	Lang    string `json:"lang"`    // of the files that have one language
	Go      string `json:"go"`      // that compiled the program that wrote them: "go1.26.0 linux/amd64"
	Font    string `json:"font"`    // "sha256:…" of the PDF's; "" where there is no PDF
}

// Plan has the number of specs that were planned, and the number of all specs of the suites that the profile asks for.
type Plan struct {
	Version string `json:"version"`          // of the program that made the run, or of the module
	Module  string `json:"module,omitempty"` // whose tests they are; "" for the program's suites
	Specs   int    `json:"specs"`            // that were planned for the target
	Full    int    `json:"full"`             // of the suites in full

	Here int `json:"-"` // of the suites in full by the verifying program, if it is another program with another number; else 0
}

// Journal names a journal by its number of entries and its last hash.
type Journal struct {
	Entries int    `json:"entries"`
	Head    string `json:"head"`
}

// Inheritance names rules that this run has no results for, and the certificate of a like machine (same architecture,
// chip generation and system) that met them. It never contains rules about speed.
type Inheritance struct {
	Run    string   `json:"run"`
	Target string   `json:"target"`
	Claim  string   `json:"claim"` // "sm3:…", the digest of the other claim
	Chip   string   `json:"chip"`
	System string   `json:"system"`
	Rules  []string `json:"rules"`
}

// Program is the program that issues and verifies certificates.
type Program struct {
	Version string
	Commit  string // of its source; "" if unknown
	Waivers []byte // text of the file that it ships

	// FullPlan returns the full plan that the program has for an item with the servers that a run named; false if it has
	// no such suite.
	FullPlan func(item string, s store.Selection) (store.FullPlan, bool)
}

// release matches the versions of releases. All programs with the same such version are equal.
var release = pattern.Of(`^v[0-9]+\.[0-9]+\.[0-9]+(-[a-z]+\.[0-9]+)?$`)

// Is reports whether this is the program of a version. Versions under development do not identify a program; the commit
// does then.
func (p Program) Is(version, commit string) bool {
	if version != p.Version {
		return false
	}
	return release().MatchString(version) || commit != "" && commit == p.Commit && !strings.HasSuffix(commit, "dirty")
}

// How times stand in a claim: whole seconds.
const (
	Second = time.Second
	Stamp  = time.RFC3339
)

// Beijing is the time zone of the dates on pages.
var Beijing = time.FixedZone("UTC+8", 8*60*60)

// Context is what Make needs beside the run.
type Context struct {
	Program  Program
	Profile  *profile.Profile
	Waivers  []byte // text of the file that was applied
	Issued   time.Time
	Signer   string
	Inherits *Inheritance
	Pages    Pages

	Number     string
	Product    *product.Product
	Laboratory *product.Laboratory
	Coverage   *Coverage
}

// Make returns the claim for a target of a run to which triage has been applied.
func Make(run *store.Run, target string, x Context) Claim {
	declared, _ := run.Target(target)
	c := Claim{V: Version, Run: run.Manifest.Run, Created: run.Manifest.Created.UTC(), Issued: x.Issued.UTC().Truncate(time.Second),
		Signer: x.Signer, Program: x.Program.Version, Target: declared, Payloads: []string{}, Profile: SourceOf(x.Profile.Name, x.Profile.Text),
		Waivers: SourceOf("waivers", x.Waivers), Verdicts: map[record.Verdict]int{},
		Journal: Journal{Entries: run.Entries, Head: run.Head}, Inherits: x.Inherits, Pages: x.Pages,
		Number: x.Number, Product: x.Product, Laboratory: x.Laboratory, Coverage: x.Coverage}
	if run.Seal != nil {
		c.Ended = run.Seal.At.UTC().Truncate(time.Second)
	}
	c.tests(run, target)
	c.Profile.Shipped = x.Profile.Shipped()
	c.Waivers.Shipped = string(x.Waivers) == string(x.Program.Waivers)
	c.Widened = waiver.Widened(x.Waivers, x.Program.Waivers)
	for _, cell := range run.Cells {
		if cell.Target == target {
			c.add(cell)
		}
	}
	slices.Sort(c.Payloads)
	c.Plan = planOf(run, target, x.Profile)
	var inherited []string
	if x.Inherits != nil {
		inherited = x.Inherits.Rules
	}
	a := x.Profile.Assess(run, target, inherited)
	c.Level, c.Rules, c.Looked = a.Level, a.Rules, &a.Looked
	return c
}

// planOf counts the specs of the profile's items; nil if the run does not record the full plan.
func planOf(run *store.Run, target string, p *profile.Profile) *Plan {
	if len(run.Manifest.Suites) == 0 && run.Manifest.Product == nil {
		return nil
	}
	plan := &Plan{Version: run.Manifest.Tool}
	for _, item := range p.Items() {
		if tested := run.Manifest.Product; item == record.ItemTest && tested != nil {
			plan.tests(run.Manifest, target, len(p.Items()) == 1)
			continue
		}
		planned := run.Manifest.Planned(target, item).Specs
		full, ok := run.Manifest.FullPlan(item)
		if !ok && planned > 0 {
			return nil
		}
		plan.Specs, plan.Full = plan.Specs+planned, plan.Full+full.Specs
	}
	return plan
}

// Count sets Here to the number of specs that a program has for the profile's items, if it differs from the manifest's.
func (p *Plan) Count(m store.Manifest, by *profile.Profile, program Program) {
	if p == nil || m.Selection == nil || program.FullPlan == nil {
		return
	}
	here, equal := 0, true
	for _, item := range by.Items() {
		kept, _ := m.FullPlan(item)
		if own, ok := program.FullPlan(item, *m.Selection); ok {
			here, equal = here+own.Specs, equal && own == kept
		}
	}
	if !equal {
		p.Here = here
	}
}

// add adds a cell to the claim: it keeps the first fingerprint, the last launch and the weakest provenance, and counts
// verdicts.
func (c *Claim) add(cell *store.CellRun) {
	if c.Machine == nil {
		c.Machine = cell.Machine
	}
	for _, l := range cell.Launches {
		c.Provenance, c.Launcher = c.Provenance.Weaker(l.Provenance), l.Launcher
		if l.Payload != "" && !slices.Contains(c.Payloads, l.Payload) {
			c.Payloads = append(c.Payloads, l.Payload)
		}
	}
	for v, n := range cell.Count() {
		c.Verdicts[v] += n
	}
}

// JSON returns the one encoding of the claim.
func (c Claim) JSON() ([]byte, error) { return json.Marshal(c) }

// Digest returns "sm3:" and the SM3 hash of the claim's JSON, which the QR code has. (The digest of the statement cannot
// be in a file whose digest is in the statement.)
func (c Claim) Digest() (string, error) {
	raw, err := c.JSON()
	if err != nil {
		return "", err
	}
	sum := sm3.Sum(raw)
	return "sm3:" + hex.EncodeToString(sum[:]), nil
}

// Result returns the result of the claim in the words of in-toto's test-result: PASSED, WARNED or FAILED.
func (c Claim) Result() string {
	switch {
	case c.Level == profile.None:
		return "FAILED"
	case slices.ContainsFunc(c.Rules, func(o profile.Outcome) bool { return !o.Met }):
		return "WARNED"
	}
	return "PASSED"
}
