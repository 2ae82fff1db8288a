package record

import "strings"

// Request is what a coordinator asks of a payload: one process's share of one cell. It travels as one JSON object, on
// the payload's standard input or in a file.
type Request struct {
	Item      string   `json:"item"`
	Round     int      `json:"round"`
	Seed      uint64   `json:"seed"`
	Specs     []string `json:"specs"`             // ids of the specs to run; the others of the item are left alone
	Without   []string `json:"without,omitempty"` // labels that none of them has: what has one is left alone at less cost
	Stretch   float64  `json:"stretch"`
	Launch    Launch   `json:"launch"`
	ReportDir string   `json:"report_dir,omitempty"` // where Ginkgo's own reports go

	// Files are what the user gives the suite, by name: the payload may run where the user's disk is not.
	Files map[string][]byte `json:"files,omitempty"`
}

// Missing is the error for something absent that a person can provide: it makes specs miss, not fail.
type Missing struct {
	Reason Sentence `json:"reason"`
	Remedy Sentence `json:"remedy"`
}

func (m *Missing) Error() string { return m.Reason.En + ": " + m.Remedy.En }

// In is the whole sentence in a language.
func (m *Missing) In(lang string) string { return m.Reason.In(lang) + ": " + m.Remedy.In(lang) }

// MissingEnv names the environment variable that tells a payload why a service is not there: a Missing, as JSON.
func MissingEnv(service string) string { return "XCMATRIX_MISSING_" + strings.ToUpper(service) }
