package run

import (
	"testing"
	"time"
)

// ShortDeadlines makes a payload late soon, for one test.
func ShortDeadlines(t *testing.T, start, grace time.Duration) {
	s, g := startDeadline, graceDeadline
	startDeadline, graceDeadline = start, grace
	t.Cleanup(func() { startDeadline, graceDeadline = s, g })
}
