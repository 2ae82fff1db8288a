package render

import (
	"encoding/xml"
	"fmt"
	"io"

	"github.com/xcmatrix/xcmatrix/results/record"
)

type junitSuites struct {
	XMLName xml.Name     `xml:"testsuites"`
	Name    string       `xml:"name,attr"`
	Suites  []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name       string          `xml:"name,attr"`
	Tests      int             `xml:"tests,attr"`
	Failures   int             `xml:"failures,attr"`
	Errors     int             `xml:"errors,attr"`
	Skipped    int             `xml:"skipped,attr"`
	Time       string          `xml:"time,attr"`
	Properties []junitProperty `xml:"properties>property"`
	Cases      []junitCase     `xml:"testcase"`
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type junitCase struct {
	Class   string     `xml:"classname,attr"`
	Name    string     `xml:"name,attr"`
	Time    string     `xml:"time,attr"`
	Failure *junitText `xml:"failure"`
	Error   *junitText `xml:"error"`
	Skipped *junitText `xml:"skipped"`
}

type junitText struct {
	Type    string `xml:"type,attr,omitempty"`
	Message string `xml:"message,attr"`
	Body    string `xml:",chardata"`
}

// JUnit writes the report as JUnit XML, with one test suite for each cell. Known and miss are not failures: they are
// skipped, with their reason.
func (r Report) JUnit(w io.Writer) error {
	all := junitSuites{Name: r.Run}
	provenance := map[string]TargetRow{}
	for _, t := range r.Targets {
		provenance[t.ID] = t
	}
	at := map[string]int{}
	for _, c := range r.Cells {
		t := provenance[c.Target]
		name := fmt.Sprintf("%s/%s/%d", c.Target, c.Item, c.Round)
		at[name] = len(all.Suites)
		all.Suites = append(all.Suites, junitSuite{Name: name, Properties: []junitProperty{
			{"provenance", string(t.Provenance)}, {"launcher", t.Launcher.Name}, {"launcher.version", t.Launcher.Version},
			{"cpu", t.Launcher.CPU}, {"goarch", t.GOARCH}, {"chip", t.Chip}, {"system", t.System}, {"payload", t.Payload}}})
	}
	seconds := make([]float64, len(all.Suites))
	for _, s := range r.Specs {
		i := at[fmt.Sprintf("%s/%s/%d", s.Target, s.Item, s.Round)]
		all.Suites[i].add(s)
		seconds[i] += s.Seconds
		all.Suites[i].Time = fmt.Sprintf("%.6f", seconds[i])
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", " ")
	if err := enc.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// add adds a spec.
func (j *junitSuite) add(s SpecRow) {
	c := junitCase{Class: s.Item, Name: s.ID, Time: fmt.Sprintf("%.6f", s.Seconds)}
	said := &junitText{Type: string(s.Verdict), Message: s.Detail, Body: s.Stack}
	j.Tests++
	switch s.Verdict {
	case record.Pass, record.Fixed:
	case record.Skip, record.Known, record.Miss:
		c.Skipped = said
		j.Skipped++
	case record.Error:
		c.Error = said
		j.Errors++
	default:
		c.Failure = said
		j.Failures++
	}
	j.Cases = append(j.Cases, c)
}
