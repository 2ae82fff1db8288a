package record

import "fmt"

// Problem is an error that a person can mend. It says in one sentence what is wrong, where, and how to mend it. Commands
// end with exit status 2 for one.
type Problem struct {
	Place string // "file:line", "file" or a flag; "" for none
	Sentence
	Cause error
}

// Wrongf returns a Problem at a place; both formats take the same arguments.
func Wrongf(place, en, zh string, args ...any) *Problem {
	return &Problem{Place: place, Sentence: Sayf(en, zh, args...)}
}

func (p *Problem) Error() string { return p.In("en") }
func (p *Problem) Unwrap() error { return p.Cause }

// In returns the whole sentence in a language, with the place first.
func (p *Problem) In(lang string) string {
	if p.Place == "" {
		return p.Sentence.In(lang)
	}
	return fmt.Sprintf("%s: %s", p.Place, p.Sentence.In(lang))
}
