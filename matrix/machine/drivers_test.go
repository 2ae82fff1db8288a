package machine

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"slices"
	"testing"
)

type noDriver struct{}

func (noDriver) Open(string) (driver.Conn, error) { return nil, errors.New("none") }

func TestDriversAreTold(t *testing.T) {
	sql.Register("none", noDriver{})
	if got := Detect().Drivers; !slices.Contains(got, "none") {
		t.Errorf("the fingerprint has the drivers %v", got)
	}
}
