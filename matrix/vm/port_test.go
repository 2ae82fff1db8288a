package vm

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// What a process has written comes whole, and at once where it cannot be the begin of the last words.
func TestUntil(t *testing.T) {
	const last = "AABAAC"
	for _, c := range []struct{ said, want string }{
		{last, ""},
		{"event\n" + last, "event\n"},
		{"half a line" + last, "half a line"},
		{"AABAAB" + last, "AABAAB"},
		{"ended without AAB", "ended without AAB"},
		{"", ""},
	} {
		for name, in := range map[string]io.Reader{"at once": strings.NewReader(c.said), "by bytes": iotest.OneByteReader(strings.NewReader(c.said))} {
			got, err := io.ReadAll(&markerReader{in: in, marker: []byte(last)})
			if string(got) != c.want || err != nil {
				t.Errorf("%q %s: %q, %v, want %q", c.said, name, got, err, c.want)
			}
		}
	}
	pr, pw := io.Pipe()
	defer pw.Close()
	go pw.Write([]byte("event\nAA"))
	buf := make([]byte, 100)
	if n, err := (&markerReader{in: pr, marker: []byte(last)}).Read(buf); string(buf[:n]) != "event\n" || err != nil {
		t.Errorf("%q, %v", buf[:n], err)
	}
	broken := &markerReader{in: iotest.ErrReader(errors.New("reset")), marker: []byte(last)}
	if got, err := io.ReadAll(broken); len(got) != 0 || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}
