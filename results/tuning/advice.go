package tuning

import (
	"encoding/json"

	"github.com/xcmatrix/xcmatrix/results/compare"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Verdict of an advice.
type Verdict string

const (
	Gain   Verdict = "gain"
	NoGain Verdict = "no gain shown"
)

// Advice is the result of tuning.
type Advice struct {
	Workload  string
	Chip      string // of the machine on which it was measured
	Memory    uint64 // bytes that the program may use
	Objective Objective

	Recommended Setting
	Baseline    Setting // the default; where that takes too much memory, the best setting without a limit that does not
	Excess      uint64  // the memory that the default takes, in bytes, where that is too much; 0 where it is not
	Candidate   Setting // the best one other than the baseline, which was compared with it; the baseline if there was none
	Gain        Ratio   // of the candidate over the baseline, measured anew
	Verdict     Verdict
	Blocks      int // A B B A, of the last comparison

	Points []Point // all that were measured
	Untold []Untold
	Runs   int // processes
}

// Ratio is how many times better something is, with the interval of confidence: 1.2 is a fifth better.
type Ratio struct {
	Ratio compare.Number `json:"ratio"`
	Low   compare.Number `json:"low"`
	High  compare.Number `json:"high"`
}

// Untold is a setting that was not measured, with the reason.
type Untold struct {
	Setting
	Why record.Sentence
}

// Point returns the point of a setting; nil if it was not measured.
func (a *Advice) Point(s Setting) *Point {
	for i := range a.Points {
		if a.Points[i].Setting == s {
			return &a.Points[i]
		}
	}
	return nil
}

// MarshalJSON implements json.Marshaler: the format of `xcmatrix tune gc --json`.
func (a *Advice) MarshalJSON() ([]byte, error) {
	front := Front(a.Points)
	if front == nil {
		front = []Point{}
	}
	return json.Marshal(struct {
		Workload    string    `json:"workload"`
		Memory      uint64    `json:"memory"`
		Objective   Objective `json:"objective"`
		Recommended Setting   `json:"recommended"`
		Baseline    Setting   `json:"baseline"`
		Gain        Ratio     `json:"gain"`
		Pareto      []Point   `json:"pareto"`
		Verdict     Verdict   `json:"verdict"`
	}{a.Workload, a.Memory, a.Objective, a.Recommended, a.Baseline, a.Gain, front, a.Verdict})
}
