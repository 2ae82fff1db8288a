package gotest

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/matrix/gotest/image"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// carrying writes a file that carries what is said of tests.
func carrying(t *testing.T, said any, c image.Contents) string {
	t.Helper()
	var err error
	if c.Built, err = json.Marshal(said); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	out.WriteString("program")
	if err := image.Write(&out, int64(out.Len()), c, nil, nil); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "xcmatrix")
	if err := os.WriteFile(path, out.Bytes(), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

var loong = image.Contents{GOOS: "linux", GOARCH: "loong64"}

func TestPrebuilt(t *testing.T) {
	good := Prebuilt{Format: prebuiltFormat, GOOS: "linux", GOARCH: "loong64", Patterns: []string{"./..."}, Specs: []record.SpecPlan{{ID: "test/m/build"}}}
	path := carrying(t, good, loong)
	said, err := ReadPrebuilt(path)
	if err != nil || len(said.Specs) != 1 || said.Name() != "./..." {
		t.Fatal(said, err)
	}
	p, err := FromPrebuilt(said, Config{})
	if err != nil || !p.Prebuilt() {
		t.Fatal(err)
	}
	if _, err := p.Specs(t.Context(), build.Key{GOOS: "linux", GOARCH: "amd64"}); err == nil {
		t.Error("tests of another platform are planned")
	}
	var missing *record.Missing
	if _, err := p.Payload(t.Context(), build.Key{GOOS: "linux", GOARCH: "loong64"}, Guest); !errors.As(err, &missing) {
		t.Errorf("sent elsewhere: %v", err)
	}
	if payload, err := p.Payload(t.Context(), build.Key{GOOS: "linux", GOARCH: "loong64"}, Here); err != nil || payload.Path != path || !strings.HasPrefix(payload.Digest, "sha256:") {
		t.Errorf("%+v %v", payload, err)
	}
}

// TestHostilePrebuilt: a file that carries nothing is no error, and one that is damaged or forged is one sentence.
func TestHostilePrebuilt(t *testing.T) {
	good := Prebuilt{Format: prebuiltFormat, GOOS: "linux", GOARCH: "loong64", Patterns: []string{"./..."}, Specs: []record.SpecPlan{{ID: "test/m/build"}}}
	newer, other, empty, nameless := good, good, good, good
	newer.Format, other.GOARCH, empty.Specs, nameless.Patterns = 99, "arm64", nil, nil
	flipped := carrying(t, good, loong)
	text, err := os.ReadFile(flipped)
	if err != nil {
		t.Fatal(err)
	}
	text[len("program")+60] ^= 0xff // within the table of contents
	if err := os.WriteFile(flipped, text, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{"newer": carrying(t, newer, loong), "of another platform": carrying(t, other, loong), "without specs": carrying(t, empty, loong),
		"without patterns": carrying(t, nameless, loong), "a list": carrying(t, []int{1}, loong), "a deep list": carrying(t, json.RawMessage(strings.Repeat("[", 9000)+strings.Repeat("]", 9000)), loong), "a flipped byte": flipped} {
		said, err := ReadPrebuilt(path)
		var problem *record.Problem
		if said != nil || !errors.As(err, &problem) || problem.In("zh") == problem.In("en") {
			t.Errorf("%s: %+v, %v", name, said, err)
		}
	}
	plain := filepath.Join(t.TempDir(), "plain")
	if err := os.WriteFile(plain, text[:len(text)/2], 0o755); err != nil { // cut short: nothing says any more that it carries tests
		t.Fatal(err)
	}
	if said, err := ReadPrebuilt(plain); said != nil || err != nil {
		t.Errorf("%+v, %v", said, err)
	}
}
