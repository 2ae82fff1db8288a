package database

import (
	"testing"

	"github.com/xcmatrix/xcmatrix/suites/database/servers"
)

// TestCasesHaveASource fails for a case that does not name the document with its requirement.
func TestCasesHaveASource(t *testing.T) {
	for _, d := range servers.All() {
		for _, c := range allCases(d) {
			if c.Source == "" {
				t.Errorf("%s: %s (%s) has no source", d.Name, c.Text, c.Key)
			}
		}
	}
}
