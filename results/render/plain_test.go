package render

import "testing"

// The lines of a reason become one, and what would act on a terminal or a page is replaced.
func TestPlainIsOneLine(t *testing.T) {
	for text, want := range map[string]string{
		"Expected\n    <int>: 2\nto equal\n    <int>: 3\n": "Expected <int>: 2 to equal <int>: 3",
		"a\tb\r\nc":         "a b c",
		"a  b":              "a  b",
		"\x1b[31mred":       "\uFFFD[31mred",
		"a\n\x1b[2J\u202eb": "a \uFFFD[2J\uFFFDb",
	} {
		if got := Plain(text, 100); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if got := Plain("1\n2\n3\n4", 3); got != "1 2…" {
		t.Errorf("cut: %q", got)
	}
}
