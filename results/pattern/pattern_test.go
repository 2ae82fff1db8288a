package pattern

import "testing"

// Of compiles once, at the first call; what is no regular expression panics there and not before.
func TestOf(t *testing.T) {
	digits := Of(`^\d+$`)
	first, second := digits(), digits()
	if !first.MatchString("42") || first.MatchString("4x") || first != second {
		t.Error("a pattern of digits is compiled wrongly, or twice")
	}
	broken := Of(`(`)
	defer func() {
		if recover() == nil {
			t.Error("a broken pattern did not panic at its first use")
		}
	}()
	broken()
}
