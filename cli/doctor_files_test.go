package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Files that the user names are looked at; one that is no Dockerfile, or no digest, is refused with its place.
func TestDoctorLooksAtFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	wrong := write("wrong", "FROM scratch\nRUNN x\n")
	for _, c := range []struct {
		args  []string
		code  int
		words string
	}{
		{[]string{"--dockerfile", write("Dockerfile", "FROM golang:1.26.8\nRUN go build -o /x .\n")}, exitPass, "✗ it says whether cgo is used: "},
		{[]string{"--dockerfile", wrong}, exitUsage, wrong + ":2: "},
		{[]string{"--dockerfile", dir}, exitUsage, "a directory"},
		{[]string{"--archive", wrong, "--sha256", strings.Repeat("0", 64)}, exitPass, "✗ the archive of Go has the digest that was given: "},
		{[]string{"--archive", wrong, "--sha256", "12"}, exitUsage, "--sha256"},
	} {
		s := call(append([]string{"doctor", "--target", "native", "--suite", "abi", "--lang", "en"}, c.args...)...)
		if s.code != c.code || !strings.Contains(s.out+s.err, c.words) || c.code == exitUsage && strings.Count(s.out+s.err, "\n") != 1 {
			t.Errorf("%q: exit status %d: %s%s", c.args, s.code, s.out, s.err)
		}
	}
}
