package gotest

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix/build"
)

// TestDigestOfAPayload: the name of the file that carries tests is its digest, whether the program in it was read before or not,
// and also when the program is replaced or what the cache keeps is damaged.
func TestDigestOfAPayload(t *testing.T) {
	dir := t.TempDir()
	p := &Product{Cache: filepath.Join(dir, "cache")}
	program := filepath.Join(dir, "program")
	put := func(text string) {
		t.Helper()
		if err := os.WriteFile(program, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
		old := time.Now().Add(-time.Hour)
		if err := os.Chtimes(program, old, old); err != nil {
			t.Fatal(err)
		}
	}
	assembled := func() build.Payload {
		t.Helper()
		payload, err := p.assemble(&built{}, program)
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(payload.Path)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(text)
		if payload.Digest != "sha256:"+hex.EncodeToString(sum[:]) || filepath.Base(payload.Path) != "sha256-"+hex.EncodeToString(sum[:]) {
			t.Fatalf("%s is not the digest of %s", payload.Digest, payload.Path)
		}
		return payload
	}
	kept := func() []string {
		t.Helper()
		all, err := filepath.Glob(filepath.Join(p.Cache, "sums", "*"))
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	put("one program")
	first := assembled()
	if len(kept()) != 1 || assembled() != first {
		t.Errorf("the second time: %v", kept())
	}
	put("two program") // of the same size and time
	if assembled() == first {
		t.Error("another program has the same digest")
	}
	for _, path := range kept() {
		if err := os.WriteFile(path, []byte("damaged"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	assembled()
	if err := os.WriteFile(program, []byte("new program"), 0o755); err != nil {
		t.Fatal(err)
	}
	before := len(kept())
	if assembled(); len(kept()) != before {
		t.Error("what came of a file that was just written is kept")
	}
}
