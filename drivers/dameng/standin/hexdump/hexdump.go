// Package hexdump reads the messages in tests of the protocol: bytes in hexadecimal digits with comments.
package hexdump

import (
	"encoding/hex"
	"strings"
	"testing"
)

// Bytes returns the bytes of hexadecimal digits. A comment begins with //.
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
