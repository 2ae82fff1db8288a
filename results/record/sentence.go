package record

import "fmt"

// Sentence is something said to people, in both of the project's languages, so that a result made by an English
// user reads well in a Chinese report and the other way round. The Chinese may be missing, the English never is.
type Sentence struct {
	En string `json:"en"`
	Zh string `json:"zh,omitempty"`
}

// Say makes a sentence.
func Say(en, zh string) Sentence { return Sentence{En: en, Zh: zh} }

// Sayf makes a sentence from two formats that take the same arguments; an argument that is itself a Sentence is put
// into each in its own language.
func Sayf(en, zh string, args ...any) Sentence {
	return Sentence{En: fmt.Sprintf(en, in("en", args)...), Zh: fmt.Sprintf(zh, in("zh", args)...)}
}

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

// In is the sentence in a language ("zh" or "en"), in English where it has not been said in that one.
func (s Sentence) In(lang string) string {
	if lang == "zh" && s.Zh != "" {
		return s.Zh
	}
	return s.En
}

func (s Sentence) String() string { return s.En }
