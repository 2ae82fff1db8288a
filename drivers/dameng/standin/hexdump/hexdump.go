// Package hexdump reads what tests of the protocol hold as text: bytes in hexadecimal, with the reason for each beside
// it.
package hexdump

import (
	"encoding/hex"
	"strings"
	"testing"
)

// Bytes reads hexadecimal digits; what stands behind // is the reason.
func Bytes(t testing.TB, lines string) []byte {
	t.Helper()
	var digits strings.Builder
	for line := range strings.Lines(lines) {
		line, _, _ = strings.Cut(line, "//")
		digits.WriteString(strings.Join(strings.Fields(line), ""))
	}
	b, err := hex.DecodeString(digits.String())
	if err != nil {
		t.Fatal(err)
	}
	return b
}
