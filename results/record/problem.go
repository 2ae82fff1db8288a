package record

import "fmt"

// Problem is an error that a person can mend: what is wrong, where, and how to mend it, in one sentence. Commands end
// with exit status 2 for one.
type Problem struct {
	Place string // "file:line", "file", a flag; "" where there is none
	Sentence
	Cause error
}

// Wrongf makes a Problem at a place; the two formats take the same arguments.
func Wrongf(place, en, zh string, args ...any) *Problem {
	return &Problem{Place: place, Sentence: Sayf(en, zh, args...)}
}

func (p *Problem) Error() string { return p.In("en") }
func (p *Problem) Unwrap() error { return p.Cause }

// In is the whole sentence in a language, the place first.
func (p *Problem) In(lang string) string {
	if p.Place == "" {
		return p.Sentence.In(lang)
	}
	return fmt.Sprintf("%s: %s", p.Place, p.Sentence.In(lang))
}
