package itself

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
)

func start(t *testing.T, path string) {
	cmd := exec.Command(path, "-test.run=^TestChild$", "-test.v")
	cmd.Env = append(os.Environ(), "HARD_CHILD=1")
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "child of "+runtime.GOARCH) {
		t.Fatalf("%v: %s", err, out)
	}
}

func TestChild(t *testing.T) {
	if os.Getenv("HARD_CHILD") != "" {
		t.Log("child of " + runtime.GOARCH)
	}
}

func TestByArgs(t *testing.T) { start(t, os.Args[0]) }

func TestByExecutable(t *testing.T) {
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	start(t, path)
}
