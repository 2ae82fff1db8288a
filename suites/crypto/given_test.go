package crypto

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/crypto/subject"
	"github.com/xcmatrix/xcmatrix/suites/crypto/vectors"
)

const givenFile = `{"algorithm":"SM3","schema":"digest_test_schema.json","numberOfTests":2,"notes":{"My Own":{"bugType":"BASIC"}},
"testGroups":[{"tests":[
{"tcId":1,"comment":"abc","flags":[],"result":"valid","msg":"616263","digest":"66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"},
{"tcId":2,"comment":"wrong\u0007","flags":["My Own"],"result":"valid","msg":"616263","digest":"00"}]}]}`

// TestGivenVectors runs a user's vectors, and checks the ids and verdicts of their specs.
func TestGivenVectors(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(EnvVectors, dir)
	if err := os.WriteFile(filepath.Join(dir, "Mine, of 2026.json"), []byte(givenFile), 0o600); err != nil {
		t.Fatal(err)
	}
	plan, err := check.List(Suite, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"given vectors / Mine, of 2026.json / tjfoc / test 1: abc":            "finding=crypto/tjfoc/sm3/given-mine-of-2026",
		"given vectors / Mine, of 2026.json / emmansun / test 2: wrong\uFFFD": "finding=crypto/emmansun/sm3/given-mine-of-2026-my-own",
	}
	for _, p := range plan.Specs {
		if label, ok := want[p.ID]; ok && p.Optional() && len(p.Labels) == 2 && slices.Contains(p.Labels, label) {
			delete(want, p.ID)
		}
	}
	if len(want) > 0 {
		t.Errorf("not in the plan: %q", want)
	}
	f, err := vectors.Parse("x.json", []byte(givenFile))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range subject.All() {
		for _, tr := range vectorKinds()[vectorForm{f.Algorithm, f.Schema}].trials(s) {
			if right, wrong := given(tr, f.Tests[0]), given(tr, f.Tests[1]); right != nil || wrong == nil {
				t.Errorf("%s: %v, %v", s.Name, right, wrong)
			}
		}
	}
}

func TestRefusedVectors(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{`"SM3"`, `"SHA-256"`, `x.json: field "algorithm": the algorithm "SHA-256" is not known for the schema digest_test_schema.json: use SM3`},
		{`"valid","msg":"616263","digest":"00"`, `"invalid","msg":"616263","digest":"00"`, `x.json: test 2: field "result": an example of SM3 can only be valid`},
		{`"msg":"616263"`, `"repeat":9000000,"msg":"6162636465666768"`, `x.json: test 1: field "repeat": the message is longer`},
	} {
		f, err := vectors.Parse("x.json", []byte(strings.Replace(givenFile, c.old, c.new, 1)))
		if err == nil {
			err = checkFile(f)
		}
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: %v", c.new, err)
		}
	}
}

// TestOwnFilesAreAccepted checks that the user may give the suite's own files.
func TestOwnFilesAreAccepted(t *testing.T) {
	for _, name := range vectors.Names() {
		if err := checkFile(vectors.Own(name)); err != nil {
			t.Error(err)
		}
	}
}
