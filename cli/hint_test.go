package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What a hint says to type has the flags without which it would mean something else.
func TestHintsRepeatTheFlags(t *testing.T) {
	dir := t.TempDir()
	runs := filepath.Join(dir, "my runs")
	failing(t, runs, "r1", "crypto/young/c")
	passing(t, runs, "r2", false)
	empty := filepath.Join(dir, "empty")
	t.Setenv(passphraseVariable, "correct horse")
	file := filepath.Join(dir, "lab.yaml")
	if err := os.WriteFile(file, []byte("version: 1\ntargets: [{id: native, run: native}]\nsuites: [selftest]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	quoted := "--runs '" + runs + "'"
	for _, c := range []struct {
		args []string
		says string // of what it prints; XCMATRIX is how the program is called
	}{
		{[]string{"show", "r1", "--runs", runs, "--lang", "zh"}, "XCMATRIX findings r1 --lang zh " + quoted},
		{[]string{"show", "r2", "--runs=" + runs}, "XCMATRIX run --resume r2 " + quoted},
		{[]string{"findings", "r1", "--runs", runs, "--lang=en"}, " --seed 0 --lang en " + quoted},
		{[]string{"certify", "r2", "--runs", runs, "--key", dir}, ""},
		{[]string{"show", "--runs", empty, "--lang", "en"}, "`XCMATRIX run --lang en --runs " + empty + "`"},
		{[]string{"compare", "--lang", "zh"}, "`XCMATRIX compare latest --lang zh`"},
		{[]string{"history", "--runs", empty, "--lang", "en"}, "`XCMATRIX run --lang en --runs " + empty + "`"},
		{[]string{"publish", dir, "--to", dir, "--lang", "en"}, "`XCMATRIX certify --lang en`"},
		{[]string{"exec", "--suite", "selftest", "--spec", "nothing", "--lang", "en"}, "`XCMATRIX exec --suite selftest --list --lang en`"},
		{[]string{"run", "--lang", "zh", "--runs", runs, "--bogus"}, "`XCMATRIX run --help --lang zh`"},
		{[]string{"run", "--matrix", file, "--label", "bench && !bench", "--runs", runs}, "`XCMATRIX plan --matrix " + file + " " + quoted + "`"},
		{[]string{"show", "--runs", empty}, "`XCMATRIX run --runs " + empty + "`"},
	} {
		s := call(c.args...)
		if want := strings.ReplaceAll(c.says, "XCMATRIX", self()); !strings.Contains(s.out+s.err, want) {
			t.Errorf("%q: %+v\nwant %s", c.args, s, want)
		}
	}
}
