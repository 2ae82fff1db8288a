package cli

import (
	"errors"
	"testing"

	"github.com/xcmatrix/xcmatrix/matrix"
	"github.com/xcmatrix/xcmatrix/results/record"
)

func TestConfirmers(t *testing.T) {
	m, err := matrix.Default()
	if err != nil {
		t.Fatal(err)
	}
	of, err := confirmers("vm", m)
	if err != nil {
		t.Fatal(err)
	}
	for goarch, want := range map[string]string{"arm64": "phytium-vm", "loong64": "loong64-vm", "riscv64": ""} {
		first := ""
		for i, v := range of(goarch) {
			if v.Launcher != "vm" || v.GOARCH != goarch || v.ID == "loong64-oldworld" {
				t.Errorf("%s: %+v", goarch, v)
			}
			if i == 0 {
				first = v.ID
			}
		}
		if first != want {
			t.Errorf("%s: %q is asked first, want %q", goarch, first, want)
		}
	}
	if of, err := confirmers("", m); of != nil || err != nil {
		t.Errorf("nothing is to be confirmed: %v", err)
	}
	var problem *record.Problem
	if _, err := confirmers("ssh", m); !errors.As(err, &problem) {
		t.Errorf("--confirm ssh: %v", err)
	}
}
