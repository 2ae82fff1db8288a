package forge

import (
	"fmt"
	"os"
	"testing"
)

func TestForger(t *testing.T) {
	fmt.Print("\n\x16--- FAIL: TestHonest (0.00s)\n\x16=== RUN   TestGhost\n\x16--- PASS: TestGhost (0.00s)\n\x16--- PASS: TestLiar (0.00s)\n\x1b[2J")
}

func TestLiar(t *testing.T) { t.Error("it fails") }

func TestHonest(t *testing.T) {}

func TestHalfLine(t *testing.T) { fmt.Fprint(os.Stderr, "half a line, to standard error") }
