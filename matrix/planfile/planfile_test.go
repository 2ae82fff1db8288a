package planfile

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

func plan() File {
	return File{Tool: "v1.2.3", Commit: "abc", Seed: 7, Rounds: 5, Label: "!slow", Items: []Item{{Item: "abi", Specs: []Spec{{ID: "a / b"}, {ID: "a / c", Labels: []string{"bench"}}}},
		{Item: "crypto", Specs: []Spec{{ID: "x"}}}}, Servers: []store.Server{{Database: "kingbase"}}, Vectors: []store.Vector{{Item: "crypto", Name: "v.json", SM3: strings.Repeat("a", 64)}},
		Program: []Payload{{Key: "linux-arm64", Digest: "sha256:" + strings.Repeat("1", 64)}}}
}

func text(t *testing.T) []byte {
	t.Helper()
	raw, err := plan().Text()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestPlan(t *testing.T) {
	raw := text(t)
	f, err := Parse("lab.plan", raw)
	if err != nil {
		t.Fatal(err)
	}
	have := []record.SpecPlan{{ID: "a / c", Labels: []string{"bench"}, Deadline: 9}, {ID: "a / b"}, {ID: "more"}}
	specs, err := f.Specs("abi", have)
	if err != nil || len(specs) != 2 || specs[0].ID != "a / b" || specs[1].Deadline != 9 {
		t.Errorf("%+v %v", specs, err)
	}
	if _, err := f.Specs("abi", have[:1]); err == nil || !strings.Contains(err.Error(), `does not have the spec "a / b" of abi as the plan has it: run the program that made the plan (v1.2.3)`) {
		t.Errorf("%v", err)
	}
	have[0].Labels = nil
	if _, err := f.Specs("abi", have); err == nil {
		t.Error("a spec with other labels was taken")
	}
	if err := f.Fits("linux-arm64", "sha256:"+strings.Repeat("1", 64)); err != nil {
		t.Error(err)
	}
	if err := f.Fits("linux-arm64", "sha256:"+strings.Repeat("2", 64)); err == nil {
		t.Error("another payload was taken")
	}
}

// What is no plan is refused in one sentence, fast and in little memory.
func TestHostilePlans(t *testing.T) {
	raw := text(t)
	change := func(old, new string) []byte {
		changed := bytes.Replace(raw, []byte(old), []byte(new), 1)
		if bytes.Equal(changed, raw) {
			t.Fatalf("%q does not stand in the plan", old)
		}
		return changed
	}
	cases := map[string][]byte{
		"empty": {}, "no JSON": []byte("version: 1"), "an array": []byte("[]"), "null": []byte("null"), "binary": {0, 1, 2},
		"newer": change(`"v": 1`, `"v": 2`), "no version": change(`"v": 1`, `"v": 0`), "rounds of 0": change(`"rounds": 5`, `"rounds": 0`),
		"many rounds": change(`"rounds": 5`, `"rounds": 100000`), "a path for a suite": change(`"item": "abi"`, `"item": "../abi"`), "twice": change(`"item": "crypto",
   "specs"`, `"item": "abi",
   "specs"`), "spec twice": change(`"a / c"`, `"a / b"`), "no id": change(`"a / c"`, `""`), "no digest": change(`sha256:1`, `md5:1`), "unknown field": change(`"seed"`, `"other": 1, "seed"`),
		"spelt otherwise": change(`"rounds": 5`, `"rounds":  5`), "key in other letters": change(`"seed"`, `"Seed"`), "negative seed": change(`"seed": 7`, `"seed": -7`),
		"many values": []byte(`{"v":1,"items":[` + strings.Repeat(`{},`, 4<<20) + `{}]}`), "deep": []byte(strings.Repeat("[", 1<<20)), "behind": append(bytes.Clone(raw), raw...),
	}
	r := rand.New(rand.NewPCG(1, 1))
	for i := range 200 {
		at := r.IntN(len(raw) - 1)
		cases["cut "+string(rune('a'+i%26))] = raw[:at]
		flipped := bytes.Clone(raw)
		flipped[at] ^= 1 << r.IntN(7)
		if f, err := Parse("lab.plan", flipped); err == nil {
			if again, _ := f.Text(); !bytes.Equal(again, flipped) {
				t.Errorf("taken, and written otherwise: %q", flipped)
			}
		} else if strings.Contains(err.Error(), "\n") {
			t.Errorf("more than a line: %q", err)
		}
	}
	for name, raw := range cases {
		path := filepath.Join(t.TempDir(), "lab.plan")
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		_, _, err := Read(path)
		if took := time.Since(start); err == nil || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), "lab.plan") || took > 10*time.Second {
			t.Errorf("%s: %v after %v", name, err, took)
		}
	}
	if err := os.Symlink("/dev/zero", filepath.Join(t.TempDir(), "link")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Read("/dev/zero"); err == nil {
		t.Error("a device was read")
	}
}
