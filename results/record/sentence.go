package record

import "fmt"

// Sentence is a text for people in both of the project's languages, so that the result of an English user reads well in a
// Chinese report, and the other way round. The Chinese may be absent, the English is not.
type Sentence struct {
	En string `json:"en"`
	Zh string `json:"zh,omitempty"`
}

// Say returns a sentence.
func Say(en, zh string) Sentence { return Sentence{En: en, Zh: zh} }

// Sayf returns a sentence from two formats that take the same arguments. An argument that is a Sentence is inserted in
// the language of each format.
func Sayf(en, zh string, args ...any) Sentence {
	return Sentence{En: fmt.Sprintf(en, in("en", args)...), Zh: fmt.Sprintf(zh, in("zh", args)...)}
}

// in returns args with each Sentence replaced by its text in a language.
func in(lang string, args []any) []any {
	out := make([]any, len(args))
	for i, a := range args {
		if s, ok := a.(Sentence); ok {
			a = s.In(lang)
		}
		out[i] = a
	}
	return out
}

// In returns the sentence in a language ("zh" or "en"); the English if it has no other.
func (s Sentence) In(lang string) string {
	if lang == "zh" && s.Zh != "" {
		return s.Zh
	}
	return s.En
}

func (s Sentence) String() string { return s.En }
