package record

import "strings"

// Request is what a coordinator sends to a payload: the part of a cell that one process runs. It is one JSON object, on
// the payload's standard input or in a file.
type Request struct {
	Item      string   `json:"item"`
	Round     int      `json:"round"`
	Seed      uint64   `json:"seed"`
	Specs     []string `json:"specs"`             // ids of the specs to run
	Without   []string `json:"without,omitempty"` // labels that none of them has, so that the payload can leave out others early
	Stretch   float64  `json:"stretch"`
	Launch    Launch   `json:"launch"`
	ReportDir string   `json:"report_dir,omitempty"` // directory for Ginkgo's reports

	// Files are the user's files for the suite, by name, because the payload may run on another machine.
	Files map[string][]byte `json:"files,omitempty"`
}

// Missing is the error for something absent that a person can provide. Specs with this error are a miss and do not fail.
type Missing struct {
	Reason Sentence `json:"reason"`
	Remedy Sentence `json:"remedy"`
}

func (m *Missing) Error() string { return m.Reason.En + ": " + m.Remedy.En }

// In returns the whole sentence in a language.
func (m *Missing) In(lang string) string { return m.Reason.In(lang) + ": " + m.Remedy.In(lang) }

// MissingEnv returns the name of the environment variable that has the reason why a service was not started: a Missing,
// as JSON.
func MissingEnv(service string) string { return "XCMATRIX_MISSING_" + strings.ToUpper(service) }
