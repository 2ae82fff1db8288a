package matrix

import (
	"errors"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// Launchers are the names of the launchers that a target may use, the preferred one first. In the matrix file it is a name or a
// list.
type Launchers []string

// PassedOver is a preferred launcher that a target does not use, because something that it needs is absent.
type PassedOver struct {
	Launcher string
	Why      record.Missing
}

// UnmarshalYAML accepts a name or a list of names.
func (l *Launchers) UnmarshalYAML(decode func(any) error) error {
	var one string
	if decode(&one) == nil {
		*l = Launchers{one}
		return nil
	}
	return decode((*[]string)(l))
}

// ChooseLaunchers sets Run of each target that has several launchers: the first for which ready returns nil, or else the last.
// ready returns a *record.Missing for a launcher that cannot be used here; ChooseLaunchers returns any other error of ready.
func (m *Matrix) ChooseLaunchers(ready func(Target) error) error {
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
