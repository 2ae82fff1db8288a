// Package claim is what a certificate says: a function of a run's journal, a profile and the waivers, so that whoever
// has these can make it again and compare.
package claim

import (
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/emmansun/gmsm/sm3"

	"github.com/xcmatrix/xcmatrix/results/certify/profile"
	"github.com/xcmatrix/xcmatrix/results/pattern"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
	"github.com/xcmatrix/xcmatrix/results/triage/waiver"
)

// Claim is the signed body of a certificate. Fields that came with version 2 are left out where they are empty, so that
// a claim of version 1 is spelt as its own program spelt it.
type Claim struct {
	V          int                    `json:"v"`
	Run        string                 `json:"run"`
	Created    time.Time              `json:"created"` // when the run began
	Issued     time.Time              `json:"issued"`
	Signer     string                 `json:"signer"`
	Program    string                 `json:"program,omitempty"` // version of the program that issued it
	Target     store.Target           `json:"target"`
	Provenance record.Provenance      `json:"provenance"` // the weakest
	Launcher   record.Launcher        `json:"launcher"`
	Payloads   []string               `json:"payloads"` // "sha256:…" of each file that was started
	Machine    *record.Machine        `json:"machine"`
	Profile    Source                 `json:"profile"`
	Waivers    Source                 `json:"waivers"`
	Widened    int                    `json:"widened,omitempty"` // waivers that the shipped ones do not cover
	Level      profile.Level          `json:"level"`
	Rules      []profile.Outcome      `json:"rules"`
	Plan       *Plan                  `json:"plan,omitempty"` // nil where the run does not keep the full plan
	Looked     *profile.Looked        `json:"looked,omitempty"`
	Verdicts   map[record.Verdict]int `json:"verdicts"`
	Journal    Journal                `json:"journal"`
	Inherits   *Inheritance           `json:"inherits,omitempty"`
	Pages      Pages                  `json:"pages"`
}

// Version of the claim's format. Whoever changes a field of a version that was released keeps that version's types as
// they were, beside claim1.go, and raises this.
const Version = 2

// Source is a file that decided.
type Source struct {
	Name    string `json:"name"`
	SM3     string `json:"sm3"`
	Shipped bool   `json:"shipped,omitempty"` // it is the one that Program ships under that name
}

// SourceOf names a file by its content.
func SourceOf(name string, text []byte) Source {
	sum := sm3.Sum(text)
	return Source{Name: name, SM3: hex.EncodeToString(sum[:])}
}

// Pages is what it takes, beside the evidence, to make again what people read of a certificate.
type Pages struct {
	Version int    `json:"version"` // of the templates
	Lang    string `json:"lang"`    // of what is in one language
	Go      string `json:"go"`      // that compiled the program that wrote them: "go1.26.0 linux/amd64"
	Font    string `json:"font"`    // "sha256:…" of the PDF's; "" where there is no PDF
}

// Plan says how much was to be checked of what there is in the suites that the profile asks for.
type Plan struct {
	Version string `json:"version"` // of the program that made the run
	Specs   int    `json:"specs"`   // that were planned for the target
	Full    int    `json:"full"`    // that there are

	Here int `json:"-"` // that the program which verifies has, where it is another and has not as many; else 0
}

// Journal ties the claim to a run's hash chain.
type Journal struct {
	Entries int    `json:"entries"`
	Head    string `json:"head"`
}

// Inheritance says that rules which this run says nothing about are carried by the certificate of a like machine: the
// same architecture, chip generation and system. It never covers speed.
type Inheritance struct {
	Run    string   `json:"run"`
	Target string   `json:"target"`
	Claim  string   `json:"claim"` // "sm3:…", the digest of the other claim
	Chip   string   `json:"chip"`
	System string   `json:"system"`
	Rules  []string `json:"rules"`
}

// Program is what certificates are issued and verified with.
type Program struct {
	Version string
	Commit  string // of its source; "" where that is not known
	Waivers []byte // that it ships

	// FullPlan is what the program has for an item with the servers that a run named; false where it has no such suite.
	FullPlan func(item string, s store.Selection) (store.FullPlan, bool)
}

// release is a version that was released: every program that names it is the same.
var release = pattern.Of(`^v[0-9]+\.[0-9]+\.[0-9]+(-[a-z]+\.[0-9]+)?$`)

// Is reports whether this is the program of a version, and where versions do not tell, as in development, of a commit.
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

// Context is what a claim takes beside the run.
type Context struct {
	Program  Program
	Profile  *profile.Profile
	Waivers  []byte // the file that was applied
	Issued   time.Time
	Signer   string
	Inherits *Inheritance
	Pages    Pages
}

// Make says what a run, to which triage has been applied, shows of a target.
func Make(run *store.Run, target string, x Context) Claim {
	declared, _ := run.Target(target)
	c := Claim{V: Version, Run: run.Manifest.Run, Created: run.Manifest.Created.UTC(), Issued: x.Issued.UTC().Truncate(time.Second),
		Signer: x.Signer, Program: x.Program.Version, Target: declared, Payloads: []string{}, Profile: SourceOf(x.Profile.Name, x.Profile.Text),
		Waivers: SourceOf("waivers", x.Waivers), Verdicts: map[record.Verdict]int{},
		Journal: Journal{Entries: run.Entries, Head: run.Head}, Inherits: x.Inherits, Pages: x.Pages}
	c.Profile.Shipped = x.Profile.Shipped()
	c.Waivers.Shipped = string(x.Waivers) == string(x.Program.Waivers)
	c.Widened = waiver.Widened(x.Waivers, x.Program.Waivers)
	for _, cell := range run.Cells {
		if cell.Target == target {
			c.take(cell)
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

// planOf counts the specs of the profile's items; nil where the run does not keep how many there are.
func planOf(run *store.Run, target string, p *profile.Profile) *Plan {
	if len(run.Manifest.Suites) == 0 {
		return nil
	}
	plan := &Plan{Version: run.Manifest.Tool}
	for _, item := range p.Items() {
		planned := run.Manifest.Planned(target, item).Specs
		full, ok := run.Manifest.FullPlan(item)
		if !ok && planned > 0 {
			return nil
		}
		plan.Specs, plan.Full = plan.Specs+planned, plan.Full+full.Specs
	}
	return plan
}

// Count notes how many specs a program has for the profile's items, where they are not those that the manifest tells of.
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

// take keeps the first fingerprint, the last launch and the weakest provenance, and counts verdicts.
func (c *Claim) take(cell *store.CellRun) {
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

// JSON is the claim's one spelling.
func (c Claim) JSON() ([]byte, error) { return json.Marshal(c) }

// Digest is "sm3:" and the SM3 of the claim's spelling: what the QR code on paper holds. (The digest of the statement
// cannot stand in a file whose digest the statement holds.)
func (c Claim) Digest() (string, error) {
	raw, err := c.JSON()
	if err != nil {
		return "", err
	}
	sum := sm3.Sum(raw)
	return "sm3:" + hex.EncodeToString(sum[:]), nil
}

// Result is the claim as in-toto's test-result says it.
func (c Claim) Result() string {
	switch {
	case c.Level == profile.None:
		return "FAILED"
	case slices.ContainsFunc(c.Rules, func(o profile.Outcome) bool { return !o.Met }):
		return "WARNED"
	}
	return "PASSED"
}
