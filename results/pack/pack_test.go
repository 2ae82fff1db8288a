package pack

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

func source(name, text string) Source {
	return Source{name, func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }}
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.xcr")
	texts := map[string]string{Manifest: "{}\n", SealFile: "{}\n", Journal: strings.Repeat("line\n", 10_000), "attachments/native/abi/1.1.stdout.gz": "\x1f\x8b"}
	var sources []Source
	for _, name := range []string{Manifest, SealFile, Journal, "attachments/native/abi/1.1.stdout.gz"} {
		sources = append(sources, source(name, texts[name]))
	}
	if err := Write(path, sources); err != nil {
		t.Fatal(err)
	}
	p, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for name, want := range texts {
		if got, err := p.Read(name); err != nil || string(got) != want {
			t.Errorf("%s: %q %v", name, got, err)
		}
	}
	if _, err := p.Read("attachments/native/abi/2.1.stdout.gz"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

// TestManyRoundsFit: a manifest that says the same for a hundred rounds is compressed less, not refused.
func TestManyRoundsFit(t *testing.T) {
	var manifest bytes.Buffer
	for round := range 200 {
		fmt.Fprintf(&manifest, "{\"round\": %d, \"specs\": [\n", round)
		for spec := range 1000 {
			fmt.Fprintf(&manifest, "    {\"id\": \"group %d / a spec with a number %x\", \"deadline_s\": 30},\n", spec/10, spec*7919)
		}
	}
	path := filepath.Join(t.TempDir(), "a.xcr")
	if err := Write(path, []Source{source(Manifest, manifest.String()), source(Journal, "")}); err != nil {
		t.Fatal(err)
	}
	p, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if got, err := p.Read(Manifest); err != nil || !bytes.Equal(got, manifest.Bytes()) {
		t.Errorf("%d bytes of %d: %v", len(got), manifest.Len(), err)
	}
	t.Logf("%d bytes to %d", manifest.Len(), p.entries[Manifest].Packed)
}

// TestNothingIsHalfWritten: where a file cannot be read, or has no place in a pack, there is none.
func TestNothingIsHalfWritten(t *testing.T) {
	dir := t.TempDir()
	broken := Source{Journal, func() (io.ReadCloser, error) { return nil, errors.New("broken") }}
	for _, sources := range [][]Source{
		{source(Manifest, "{}"), broken},
		{source(Manifest, "{}")},
		{source(Journal, ""), source(Manifest, "{}")},
		{source(Manifest, "{}"), source(Journal, ""), source("attachments/../x.gz", "")},
		{source(Manifest, "{}"), source(Journal, ""), source("attachments/a/b/2.gz", ""), source("attachments/a/b/1.gz", "")},
		{source(Manifest, "{}"), source(SealFile, strings.Repeat("x", 5000)), source(Journal, "")},
	} {
		if err := Write(filepath.Join(dir, "a.xcr"), sources); err == nil {
			t.Errorf("%v was packed", sources)
		}
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(left) > 0 {
		t.Errorf("%v %v", left, err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, ".*")); err != nil || len(left) > 0 {
		t.Errorf("%v %v", left, err)
	}
}
