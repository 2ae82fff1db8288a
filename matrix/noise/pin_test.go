package noise

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/needs"
)

func TestPin(t *testing.T) {
	undo, err := Pin()
	if err != nil {
		t.Fatal(err)
	}
	nproc := func() string {
		out, err := exec.Command("nproc").Output()
		if err != nil {
			needs.Absent(t, needs.Tools, "nproc is not installed")
		}
		return strings.TrimSpace(string(out))
	}
	for range 20 {
		if got := nproc(); got != "1" {
			t.Fatalf("a child has %s processors, want 1", got)
		}
	}
	if err := undo(); err != nil {
		t.Fatal(err)
	}
	if undone, err := Pin(); err != nil || undone() != nil {
		t.Fatal("a second time:", err)
	}
}
