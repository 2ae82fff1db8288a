//go:build !linux || !loong64

package oldworld

import (
	"fmt"
	"io"
)

// Main prints that the simulator runs only on loong64, and returns 2, the exit code for wrong usage.
func Main(_ []string, errOut io.Writer) int {
	fmt.Fprintln(errOut, "xcmatrix: the old world is simulated on linux/loong64 alone")
	return 2
}
