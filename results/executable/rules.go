package executable

import (
	"fmt"
	"slices"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// Rule is one thing that must hold of a file.
type Rule struct {
	ID    string
	Topic string // "header", "segment", "dynamic", "section", "symbol", "note", "debugging", "Go" or "code"
	Holds string // what holds where nothing is wrong, for the texts of specs
	Hint  bool   // what it finds keeps no file from working on every machine
	find  func(*Facts) []record.Sentence
}

// Find returns a sentence for each place where the rule does not hold.
func (r Rule) Find(f *Facts) []record.Sentence { return r.find(f) }

// Fault is something wrong in a file.
type Fault struct {
	Rule string          `json:"rule"`
	Hint bool            `json:"hint,omitempty"`
	What record.Sentence `json:"what"`
}

// Judge returns what is wrong in a file, by all rules.
func Judge(f *Facts) []Fault {
	faults := []Fault{}
	for _, r := range Rules() {
		for _, what := range r.find(f) {
			faults = append(faults, Fault{r.ID, r.Hint, what})
		}
	}
	return faults
}

// Rules returns all rules.
func Rules() []Rule {
	return slices.Concat(headerRules(), segmentRules(), dynamicRules(), sectionRules(), symbolRules(), noteRules(), goRules(), codeRules())
}

// rule returns a rule with one sentence for the whole file: what is "" where it holds.
func rule(topic, id, holds string, find func(f *Facts) (en, zh string)) Rule {
	return Rule{ID: id, Topic: topic, Holds: holds, find: func(f *Facts) []record.Sentence {
		if en, zh := find(f); en != "" {
			return []record.Sentence{record.Say(en, zh)}
		}
		return nil
	}}
}

// problemIf returns a problem in English and Chinese, made with fmt.Sprintf; "" for both if nothing is wrong.
func problemIf(wrong bool, en, zh string, args ...any) (string, string) {
	if !wrong {
		return "", ""
	}
	return fmt.Sprintf(en, args...), fmt.Sprintf(zh, args...)
}

// hint returns a rule whose problems keep no file from working.
func hint(r Rule) Rule { r.Hint = true; return r }
