package crypto

import (
	"errors"
	"testing"

	"github.com/xcmatrix/xcmatrix/suites/crypto/judge"
	"github.com/xcmatrix/xcmatrix/suites/crypto/subject"
)

// Two libraries that agree do not outvote the formulas, and where all differ nobody gets away.
func TestVote(t *testing.T) {
	voters := []subject.Subject{{Name: "one"}, {Name: "two"}, subject.Formulas()}
	refuse, broken := errors.New("no"), &judge.Fault{Err: errors.New("no room")}
	for name, c := range map[string]struct {
		one, two, formulas any // what each says: text, an error, or nil for a panic
		met                bool
	}{
		"all agree":                    {"a", "a", "a", true},
		"one differs":                  {"b", "a", "a", false},
		"the other differs":            {"a", "b", "a", true},
		"both against the formulas":    {"b", "b", "a", false},
		"three answers":                {"b", "c", "a", false},
		"refuses what is right":        {refuse, "a", "a", false},
		"accepts what is wrong":        {"a", refuse, refuse, false},
		"all refuse":                   {refuse, refuse, refuse, true},
		"a panic is no way to refuse":  {nil, refuse, refuse, false},
		"another panics":               {"a", nil, "a", true},
		"another does not have it":     {"a", &judge.Unsupported{What: "x"}, "a", true},
		"another refuses all the same": {"a", refuse, "a", true},
	} {
		says := map[string]any{"one": c.one, "two": c.two, "formulas": c.formulas}
		err := vote(voters[0], voters, func(s subject.Subject) ([]byte, error) {
			switch said := says[s.Name].(type) {
			case string:
				return []byte(said), nil
			case error:
				return nil, said
			}
			panic("x")
		})
		if (err == nil) != c.met {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, answer := range map[string]error{"unsupported": &judge.Unsupported{What: "x"}, "fault": broken} {
		err := vote(voters[0], voters, func(subject.Subject) ([]byte, error) { return nil, answer })
		if !errors.Is(err, answer) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Where the formulas have no answer, nobody is accused.
	err := judge.Recover(func() error {
		return vote(voters[0], voters, func(s subject.Subject) ([]byte, error) {
			if s.Name == "formulas" {
				return nil, &judge.Unsupported{What: "x"}
			}
			return nil, nil
		})
	})
	if _, fault := errors.AsType[*judge.Fault](err); !fault {
		t.Errorf("the formulas have no answer: %v", err)
	}
}
