package certify

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"go/format"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/results/certify/claim"
	"github.com/xcmatrix/xcmatrix/results/certify/document"
	"github.com/xcmatrix/xcmatrix/results/certify/identity"
	"github.com/xcmatrix/xcmatrix/results/certify/profile"
	"github.com/xcmatrix/xcmatrix/results/certify/statement"
	"github.com/xcmatrix/xcmatrix/results/internal/trial"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/triage/waiver"
)

// A statement has the version of the claim in it: the index is out of range where the two differ.
var _ = [1]struct{}{}[claim.Version-statement.Version]

// TestOlderVersions: a folder of each version that ever was is read for good. Its pages are not made again where their
// version is another's, which is said, with what counts instead.
func TestOlderVersions(t *testing.T) {
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "absent")) // to verify takes no room there
	for version := 1; version < claim.Version; version++ {
		dir := filepath.Join("testdata", fmt.Sprintf("version%d", version))
		text, err := os.ReadFile(filepath.Join(dir, chainFile))
		if err != nil {
			t.Fatal(err)
		}
		chain, err := identity.ParseChain(chainFile, text)
		if err != nil {
			t.Fatal(err)
		}
		v, err := Verify(dir, Reader{Root: chain.Root, At: now.AddDate(0, 1, 0)})
		if err != nil || !v.OK() || v.Claim == nil || v.Claim.V != version {
			t.Fatalf("version %d: %v %+v", version, err, v)
		}
		said := fmt.Sprint(v.Proved, v.Unproved)
		for _, want := range []string{"the journal is whole: 401 entries", "pages not proved: written by an older version", `chip "unknown"; 1 miss, 65 pass`, "L2 works by the rules of its time (claims of version 1)"} {
			if !strings.Contains(said, want) {
				t.Errorf("version %d: %q is not said in %s", version, want, said)
			}
		}
		c, err := ReadClaim(dir)
		if err != nil || c.V != version || c.Level != profile.L2 {
			t.Errorf("version %d: %v %+v", version, err, c)
		}
		for name, how := range spellings {
			raw, err := c.JSON()
			if err != nil {
				t.Fatal(err)
			}
			raw = bytes.Replace(raw, []byte(`,"pages":{"version":0,"lang":"","go":"","font":""}`), nil, 1)
			if _, err := claim.Parse(raw); err != nil {
				t.Fatal(err)
			}
			if _, err := claim.Parse(how(raw)); err == nil || strings.Contains(err.Error(), "\n") {
				t.Errorf("version %d, %s: %v", version, name, err)
			}
		}
	}
}

// spellings are changes to a claim after which encoding/json reads what it read before, or what others do not.
var spellings = map[string]func([]byte) []byte{
	"a key twice": func(b []byte) []byte {
		return bytes.Replace(b, []byte(`"level":"L2"`), []byte(`"level":"L3","level":"L2"`), 1)
	},
	"other letters": func(b []byte) []byte {
		return bytes.Replace(b, []byte(`"level":"L2"`), []byte(`"Level":"L3","level":"L2"`), 1)
	},
	"a foreign key": func(b []byte) []byte {
		return bytes.Replace(b, []byte(`"level":"L2"`), []byte(`"level":"L2","grade":"L3"`), 1)
	},
	"a key inside": func(b []byte) []byte {
		return bytes.Replace(b, []byte(`"goos":`), []byte(`"note":"kunpeng-920","goos":`), 1)
	},
	"white space": func(b []byte) []byte { return append([]byte(" "), b...) },
	"no UTF-8":    func(b []byte) []byte { return bytes.Replace(b, []byte(`"signer":"`), []byte("\"signer\":\"\xff"), 1) },
	"newer":       func(b []byte) []byte { return bytes.Replace(b, []byte(`"v":1,`), []byte(`"v":99,`), 1) },
	"no version":  func(b []byte) []byte { return bytes.Replace(b, []byte(`"v":1,`), []byte(`"v":0,`), 1) },
}

// TestClaimIsWrittenDown: whoever changes what a claim holds sees here that this is a new version. Where the version was
// released: keep its types beside claim/claim1.go, record a folder of it in testdata, raise claim.Version.
func TestClaimIsWrittenDown(t *testing.T) {
	heldAgainst(t, fmt.Sprintf("claim%d.txt", claim.Version), shape("claim", reflect.TypeFor[claim.Claim]()),
		"the claim is not as it is written down there (XCMATRIX_UPDATE=1 writes it, for a version that was never released)")
}

// TestPagesAreWrittenDown: whoever changes what a page says sees here that this is a new version of the pages: raise
// document.Version, so that no program accuses a certificate of another version of having been edited.
func TestPagesAreWrittenDown(t *testing.T) {
	text := fmt.Sprintf("version %d\n", document.Version)
	for _, lang := range []string{"en", "zh"} {
		run := trial.Load(t, trial.Dir(t, trial.Shape{Targets: trial.Base, Items: trial.Items, Specs: 12, Rounds: 5, Odd: "<=|长\x1b"}))
		p, err := profile.Parse("p.yaml", []byte(fixedProfile), nil)
		if err != nil {
			t.Fatal(err)
		}
		run.Head = "fixed"
		judged := judge(run, waiver.List{}, now, lang, func(item string) record.Sentence { return record.Say(item, "项目 "+item) })
		for _, target := range []string{"native", "loong64"} {
			c := claim.Make(run, target, claim.Context{Profile: p, Waivers: noWaivers, Issued: now, Signer: "Lab", Pages: claim.Pages{Version: document.Version, Lang: lang, Go: "go"}})
			c.Rules, c.Level = []profile.Outcome{{Rule: "runs", Level: profile.L1, Met: true, Value: "100 %", Objective: ">= 100 %", Evidence: record.Say("all", "全部")}}, profile.L1
			made, err := makePages(judged, c, p, signer(t).Chain, nil)
			if err != nil {
				t.Fatal(err)
			}
			made.doc.Digest, made.doc.Key, made.doc.Root, made.doc.KeyUntil = "sm3:0", "sm3:1", "Root", now
			writers := made.writers()
			for _, name := range slices.Sorted(maps.Keys(writers)) {
				sum := sha256.New()
				if err := writers[name](sum); err != nil {
					t.Fatal(err)
				}
				text += fmt.Sprintf("%s %s %s %x\n", lang, target, name, sum.Sum(nil))
			}
		}
	}
	text += printedOnPaper(t)
	heldAgainst(t, "pages.txt", text, "what pages say has changed: raise document.Version, then XCMATRIX_UPDATE=1 writes this file")
}

// printedOnPaper stands for the PDF, which takes a font that not every machine has: the code that writes it, without its
// comments, and the versions of its libraries.
func printedOnPaper(t *testing.T) string {
	t.Helper()
	text := ""
	for _, name := range []string{"pdf.go", "front.go", "wrap.go"} {
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join("pdf", name), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.New()
		if err := format.Node(sum, token.NewFileSet(), file); err != nil {
			t.Fatal(err)
		}
		text += fmt.Sprintf("%s %x\n", name, sum.Sum(nil))
	}
	mod, err := os.ReadFile(filepath.Join("..", "..", "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(mod)) {
		if strings.Contains(line, "/fpdf ") || strings.Contains(line, "/go-qrcode ") {
			text += strings.TrimSpace(line) + "\n"
		}
	}
	return text
}

const fixedProfile = `name: fixed
title: {en: Fixed, zh: 固定}
rules:
- id: runs
  level: L1
  title: {en: it runs, zh: 可运行}
  owner: nobody
  verify: {en: read, zh: 阅读}
  sli: passed
  slo: ">= 100%"
  items: [abi]
  provenance: [native, vm, emulated]
`

func heldAgainst(t *testing.T, name, got, why string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("XCMATRIX_UPDATE") != "" {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(path); err != nil || string(want) != got {
		t.Errorf("%s: %v: %s:\n%s", path, err, why, got)
	}
}

// shape lists the fields of a type as JSON has them.
func shape(at string, t reflect.Type) string {
	switch t.Kind() {
	case reflect.Pointer:
		return shape(at, t.Elem())
	case reflect.Slice:
		return shape(at+"[]", t.Elem())
	case reflect.Struct:
		if t == reflect.TypeFor[time.Time]() {
			break
		}
		var all strings.Builder
		for i := range t.NumField() {
			if tag := t.Field(i).Tag.Get("json"); tag != "-" {
				all.WriteString(shape(at+"."+tag, t.Field(i).Type))
			}
		}
		return all.String()
	}
	return fmt.Sprintf("%s %s\n", at, t.Kind())
}
