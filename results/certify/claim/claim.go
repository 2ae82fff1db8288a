// Package claim is what a certificate says: a function of a run's journal, a profile and the waivers, so that whoever
// has these can make it again and compare.
package claim

import (
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"

	"github.com/emmansun/gmsm/sm3"

	"github.com/xcmatrix/xcmatrix/results/certify/profile"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// Claim is the signed body of a certificate.
type Claim struct {
	V          int                    `json:"v"`
	Run        string                 `json:"run"`
	Created    time.Time              `json:"created"` // when the run began
	Issued     time.Time              `json:"issued"`
	Signer     string                 `json:"signer"`
	Target     store.Target           `json:"target"`
	Provenance record.Provenance      `json:"provenance"`
	Launcher   record.Launcher        `json:"launcher"`
	Payloads   []string               `json:"payloads"` // "sha256:…" of each file that was started
	Machine    *record.Machine        `json:"machine"`
	Profile    Source                 `json:"profile"`
	Waivers    Source                 `json:"waivers"`
	Level      profile.Level          `json:"level"`
	Rules      []profile.Outcome      `json:"rules"`
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
	Name string `json:"name"`
	SM3  string `json:"sm3"`
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

// Context is what a claim takes beside the run.
type Context struct {
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
		Signer: x.Signer, Target: declared, Payloads: []string{}, Profile: SourceOf(x.Profile.Name, x.Profile.Text),
		Waivers: SourceOf("waivers", x.Waivers), Verdicts: map[record.Verdict]int{},
		Journal: Journal{Entries: run.Entries, Head: run.Head}, Inherits: x.Inherits, Pages: x.Pages}
	for _, cell := range run.Cells {
		if cell.Target == target {
			c.take(cell)
		}
	}
	slices.Sort(c.Payloads)
	var inherited []string
	if x.Inherits != nil {
		inherited = x.Inherits.Rules
	}
	a := x.Profile.Assess(run, target, inherited)
	c.Level, c.Rules = a.Level, a.Rules
	return c
}

// take keeps the first fingerprint, the last launch, and counts verdicts.
func (c *Claim) take(cell *store.CellRun) {
	if c.Machine == nil {
		c.Machine = cell.Machine
	}
	for _, l := range cell.Launches {
		c.Provenance, c.Launcher = l.Provenance, l.Launcher
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
