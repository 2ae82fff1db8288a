package wire

import (
	"fmt"
	"slices"
)

// Checks are what a peer demands of the messages that it is sent. The zero value demands all.
type Checks struct {
	Omit []string // names of checks that are left out: a test has a peer that is wrong on purpose
}

// Omits reports whether a check is left out.
func (c Checks) Omits(check string) bool { return slices.Contains(c.Omit, check) }

// Must returns a Refusal where a check does not hold, unless the check is left out.
func (c Checks) Must(check string, holds bool, alert AlertDescription, format string, args ...any) error {
	if holds || c.Omits(check) {
		return nil
	}
	return &Refusal{check, alert, fmt.Sprintf(format, args...)}
}

// End refuses a body that was too short for its fields, or that is longer.
func (c Checks) End(f *Fields, t MessageType) error {
	if err := c.Must(t.String()+" is whole", !f.broken, DecodeError, "%v ends within a field", t); err != nil {
		return err
	}
	return c.Must(t.String()+" ends", f.broken || len(f.rest) == 0, DecodeError, "%v has %d bytes too many", t, len(f.rest))
}
