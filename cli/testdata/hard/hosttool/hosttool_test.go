package hosttool

import (
	"os/exec"
	"testing"
)

func TestGo(t *testing.T) {
	if out, err := exec.Command("go", "version").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}
