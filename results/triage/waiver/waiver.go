// Package waiver has the known findings that somebody accepts until a date, and applies them to a run.
package waiver

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/xcmatrix/xcmatrix/results/pattern"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/yamlfile"
)

// Waiver accepts a known finding until a date.
type Waiver struct {
	Finding  string          // id, or a glob in which * matches any characters
	Owner    string          // who answers for it
	Reason   record.Sentence // why it is accepted
	Severity record.Severity // of the finding; "" if the file has none
	Link     string          // address of the defect's description
	Expires  time.Time       // midnight UTC at the end of the last day on which it is live
	Targets  []string        // globs of target names or architectures; empty for all targets
	Place    string          // "file:line"
}

// List is a file of waivers, in the file's order.
type List []Waiver

// Live reports whether the waiver is live at a time.
func (w Waiver) Live(at time.Time) bool { return at.Before(w.Expires) }

// LastDay returns the last day on which the waiver is live, as in the file.
func (w Waiver) LastDay() string { return w.Expires.Add(-time.Second).Format(time.DateOnly) }

// Covers reports whether the waiver is for a finding on a target with these names (see store.Run.Names): "arm64*" matches
// target arm64-a72, and any target of that architecture.
func (w Waiver) Covers(finding string, names []string) bool {
	if !glob(w.Finding, finding) {
		return false
	}
	for _, t := range w.Targets {
		if slices.ContainsFunc(names, func(name string) bool { return glob(t, name) }) {
			return true
		}
	}
	return len(w.Targets) == 0
}

// glob reports whether text matches a pattern in which * matches any characters, "/" too.
func glob(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == text
	}
	last := parts[len(parts)-1]
	if !strings.HasPrefix(text, parts[0]) || len(text) < len(parts[0])+len(last) || !strings.HasSuffix(text, last) {
		return false
	}
	text = text[len(parts[0]) : len(text)-len(last)]
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(text, part)
		if i < 0 {
			return false
		}
		text = text[i+len(part):]
	}
	return true
}

// entry is the YAML form of a Waiver.
type entry struct {
	Finding  string   `yaml:"finding"`
	Owner    string   `yaml:"owner"`
	Reason   reason   `yaml:"reason"`
	Severity string   `yaml:"severity"`
	Link     string   `yaml:"link"`
	Expires  string   `yaml:"expires"`
	Targets  []string `yaml:"targets"`
}

// reason is a sentence in English and Chinese, or a plain string.
type reason struct{ En, Zh string }

func (r *reason) UnmarshalYAML(decode func(any) error) error {
	if decode(&r.En) == nil {
		return nil
	}
	var both struct {
		En string `yaml:"en"`
		Zh string `yaml:"zh"`
	}
	err := decode(&both)
	r.En, r.Zh = both.En, both.Zh
	return err
}

// Parse reads a file of waivers; name is its name in errors. It returns a *record.Problem with file and line for the
// first mistake.
func Parse(name string, text []byte) (List, error) {
	var content struct {
		Waivers []entry `yaml:"waivers"`
	}
	file, err := yamlfile.Decode(name, text, &content)
	if err != nil {
		return nil, err
	}
	list := List{}
	for i, e := range content.Waivers {
		w, field, err := e.waiver()
		if err != nil {
			err.Place = file.Place("waivers", i, field)
			return nil, file.Mend(err)
		}
		w.Place = file.Place("waivers", i)
		list = append(list, w)
	}
	return list, nil
}

// findingID matches ids that begin with an item, so that no glob waives everything.
var findingID = pattern.Of(`^[a-z][a-z0-9-]*/\S+$`)

// waiver returns the Waiver of an entry, or its first mistake and the field that it is in.
func (e entry) waiver() (Waiver, string, *record.Problem) {
	w := Waiver{Finding: e.Finding, Owner: e.Owner, Reason: record.Say(e.Reason.En, e.Reason.Zh), Link: e.Link, Targets: e.Targets,
		Severity: record.Severity(e.Severity)}
	if !findingID().MatchString(e.Finding) {
		return w, "finding", record.Wrongf("", "finding %q is neither an id nor a glob: it begins with an item, as in crypto/tjfoc/*",
			"finding %q 既不是编号也不是通配模式：须以项名开头，如 crypto/tjfoc/*", e.Finding)
	}
	if strings.TrimSpace(e.Owner) == "" {
		return w, "owner", record.Wrongf("", "owner is missing: a waiver needs somebody who answers for it",
			"缺少 owner：豁免须有责任单位")
	}
	if strings.TrimSpace(e.Reason.En) == "" {
		return w, "reason", record.Wrongf("", "reason is missing (a sentence, or en and zh)", "缺少 reason（一句话，或 en 与 zh）")
	}
	if e.Severity != "" && !slices.Contains(record.Severities, w.Severity) {
		return w, "severity", record.Wrongf("", "severity %q is none of critical, high, medium, low", "severity %q 不是 critical、high、medium、low 之一", e.Severity)
	}
	if u, err := url.Parse(e.Link); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return w, "link", record.Wrongf("", "link %q is no web address: say where the defect is described",
			"link %q 不是网址：请注明描述该缺陷的地址", e.Link)
	}
	day, err := time.Parse(time.DateOnly, e.Expires)
	if err != nil {
		return w, "expires", record.Wrongf("", "expires %q is no date such as 2027-06-30", "expires %q 不是形如 2027-06-30 的日期", e.Expires)
	}
	w.Expires = day.AddDate(0, 0, 1)
	for _, t := range e.Targets {
		if strings.TrimSpace(t) == "" {
			return w, "targets", record.Wrongf("", "targets holds an empty name; leave it out for all targets",
				"targets 中有空名称；若适用于全部目标请省略该字段")
		}
	}
	return w, "", nil
}
