package meter

import (
	"fmt"
	"os"
	"strings"
)

// ForgetPeak resets the kernel's peak of resident memory, and reports whether it could: proc_pid_clear_refs(5).
func ForgetPeak() bool { return os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) == nil }

// Peak returns the peak of resident memory in bytes, VmHWM of /proc/self/status; 0 if it is not there.
func Peak() uint64 { return statusBytes("VmHWM:") }

// Resident returns the resident memory in bytes, VmRSS of /proc/self/status; 0 if it is not there.
func Resident() uint64 { return statusBytes("VmRSS:") }

// statusBytes returns a line of /proc/self/status that is in kilobytes, in bytes; 0 if it is not there.
func statusBytes(name string) uint64 {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if rest, found := strings.CutPrefix(line, name); found {
			var kilobytes uint64
			if _, err := fmt.Sscan(rest, &kilobytes); err != nil {
				return 0
			}
			return kilobytes << 10
		}
	}
	return 0
}
