package dameng

import (
	"errors"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/drivers/dialect"
)

const dsn = "dm://SYSDBA:p@ss?w/rd@10.0.0.1:5236/S?language=cn"

func TestAddresses(t *testing.T) {
	if network, address, err := Address(dsn); network != "tcp" || address != "10.0.0.1:5236" || err != nil {
		t.Errorf("Address = %s %s, %v", network, address, err)
	}
	if got, err := Via(dsn, "127.0.0.1:1"); got != "dm://SYSDBA:p@ss?w/rd@127.0.0.1:1/S?language=cn" || err != nil {
		t.Errorf("Via = %s, %v", got, err)
	}
	if got, err := As(dsn, "U", "x@y"); got != "dm://U:x@y@10.0.0.1:5236/S?language=cn" || err != nil {
		t.Errorf("As = %s, %v", got, err)
	}
	for _, bad := range []string{"dm://SYSDBA:p@host", "postgres://u:p@h:1", "dm://h:1"} {
		if _, _, err := Address(bad); err == nil {
			t.Errorf("Address(%q) is taken", bad)
		} else if strings.Contains(err.Error(), "SYSDBA:p") {
			t.Errorf("Address(%q): the error shows the password", bad)
		}
	}
	if shown := dialect.Redact(dsn); strings.Contains(shown, "w/rd") {
		t.Errorf("Redact = %s", shown)
	}
}

func TestNotLinked(t *testing.T) {
	if Linked() {
		t.Skip("does not apply: the driver is linked in")
	}
	_, err := Open(dsn)
	if !errors.Is(err, ErrNotLinked) {
		t.Fatalf("Open = %v", err)
	}
	if reason, remedy := Refused(dsn, err); !strings.Contains(remedy.En, "make dm") || reason.Zh == "" || remedy.Zh == "" {
		t.Errorf("Refused = %v; %v", reason, remedy)
	}
}

func TestCode(t *testing.T) {
	defer Link(number, Dialect.StandIn)
	Link(func(err error) (int32, bool) { return -6602, err != nil && err.Error() == "unique" }, nil)
	for want, err := range map[string]error{"": nil, "-6602": errors.New("unique"), "client": errors.New("other")} {
		if got := Code(err); got != want {
			t.Errorf("Code(%v) = %q, want %q", err, got, want)
		}
	}
}

// A question mark in a password does not begin the parameters.
func TestOpenKeepsThePassword(t *testing.T) {
	for dsn, want := range map[string]string{
		"dm://U:p?w=1@h:1":            "dm://U:p?w=1@h:1",
		"dm://U:p?w=1@h:1?language=c": "dm://U:p?w=1@h:1",
		"dm://U:p@h:1/S":              "dm://U:p@h:1/S",
	} {
		if got, _ := split(dsn); got != want {
			t.Errorf("%s is split to %s", dsn, got)
		}
	}
}
