//go:build !linux || !loong64

package oldworld

import (
	"fmt"
	"io"
)

// Main says that the simulator runs on loong64 alone, and returns the exit status for wrong usage.
func Main(_ []string, errOut io.Writer) int {
	fmt.Fprintln(errOut, "xcmatrix: the old world is simulated on linux/loong64 alone")
	return 2
}
