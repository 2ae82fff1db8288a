package matrix

import (
	"errors"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// Launchers are the launchers that a target may run by, the preferred one first. In the file it is one name, or a list.
type Launchers []string

// PassedOver is a launcher that a target may run by and does not, because something that it needs is not here.
type PassedOver struct {
	Launcher string
	Why      record.Missing
}

// UnmarshalYAML reads one name, or a list of names.
func (l *Launchers) UnmarshalYAML(decode func(any) error) error {
	var one string
	if decode(&one) == nil {
		*l = Launchers{one}
		return nil
	}
	return decode((*[]string)(l))
}

// Choose settles what targets run by that may run by several launchers: by the first that ready finds in order, else by
// the last, which then says what is absent. What is wrong, and not merely absent, is an error.
func (m *Matrix) Choose(ready func(Target) error) error {
	for i := range m.Targets {
		t := &m.Targets[i]
		if len(t.Launchers) < 2 {
			continue
		}
		for at, name := range t.Launchers {
			t.Run = name
			err := ready(*t)
			if err == nil {
				break
			}
			var missing *record.Missing
			if !errors.As(err, &missing) {
				return err
			}
			if at < len(t.Launchers)-1 {
				t.PassedOver = append(t.PassedOver, PassedOver{name, *missing})
			}
		}
		if t.Run != "vm" {
			t.Guest = nil
		}
	}
	return nil
}
