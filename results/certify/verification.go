package certify

import (
	"errors"

	"github.com/xcmatrix/xcmatrix/results/certify/claim"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Verification is the result of Verify: what a folder proves, what it does not prove, and what is wrong with it.
type Verification struct {
	Claim    *claim.Claim // as it was signed; nil if no signature is valid
	Result   *claim.Claim // what the evidence shows by this program's own knowledge; nil if a check before that failed
	Proved   []record.Sentence
	Unproved []record.Sentence
	Problems []Problem
}

// OK reports whether there are no problems.
func (v *Verification) OK() bool { return len(v.Problems) == 0 }

// Problem is something that is wrong with a file of a folder, or with the folder.
type Problem struct {
	File  string
	Place string // within the file: "line 12", "subject 3"; "" for the whole file
	What  record.Sentence
}

// wrong adds a problem. It always returns false, for callers that return at once.
func (v *Verification) wrong(file, place, en, zh string, args ...any) bool {
	v.Problems = append(v.Problems, Problem{File: file, Place: place, What: record.Sayf(en, zh, args...)})
	return false
}

// because adds the sentence of err as a problem, in both languages if it has them. It always returns false.
func (v *Verification) because(file string, err error) bool {
	var p *record.Problem
	if !errors.As(err, &p) {
		return v.wrong(file, "", "%v", "%v", err)
	}
	v.Problems = append(v.Problems, Problem{File: file, Place: p.Place, What: p.Sentence})
	return false
}

// proved adds a sentence to Proved.
func (v *Verification) proved(en, zh string, args ...any) {
	v.Proved = append(v.Proved, record.Sayf(en, zh, args...))
}

// unproved adds a sentence to Unproved.
func (v *Verification) unproved(en, zh string, args ...any) {
	v.Unproved = append(v.Unproved, record.Sayf(en, zh, args...))
}
