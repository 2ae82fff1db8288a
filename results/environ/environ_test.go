package environ

import (
	"slices"
	"testing"
)

func TestOwn(t *testing.T) {
	for name, value := range map[string]string{"HOME": "/h", "XCMATRIX_PASSPHRASE": "secret", "GODEBUG": "asyncpreemptoff=1", "XCMATRIX_PLANT": "flaky"} {
		t.Setenv(name, value)
	}
	for _, c := range []struct{ names, with, without []string }{
		{nil, []string{"HOME=/h"}, []string{"XCMATRIX_PASSPHRASE=secret", "GODEBUG=asyncpreemptoff=1", "XCMATRIX_PLANT=flaky"}},
		{[]string{"XCMATRIX_PLANT"}, []string{"HOME=/h", "XCMATRIX_PLANT=flaky"}, []string{"XCMATRIX_PASSPHRASE=secret"}},
	} {
		got := Own(c.names...)
		for _, e := range c.with {
			if !slices.Contains(got, e) {
				t.Errorf("%q: %s is not in %q", c.names, e, got)
			}
		}
		for _, e := range c.without {
			if slices.Contains(got, e) {
				t.Errorf("%q: %s is passed on", c.names, e)
			}
		}
	}
}

func TestNames(t *testing.T) {
	got := Names([]string{"PATH=/bin", "GOGC=50", "XCMATRIX_DSN_POSTGRES=postgres://u:secret@h/d", "GOGC=75", "EMPTY="})
	if want := []string{"EMPTY", "GOGC=75", "PATH", "XCMATRIX_DSN_POSTGRES"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
