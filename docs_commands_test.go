package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/cli"
	"github.com/xcmatrix/xcmatrix/results/certify/statement"
	"github.com/xcmatrix/xcmatrix/results/needs"
)

// words splits a line as a shell does, as far as the pages need it.
var words = regexp.MustCompile(`'[^']*'|\S+`)

// commands are the lines of a page's shell blocks, split, without their comments.
func (p page) commands() [][]string {
	var all [][]string
	for _, b := range p.blocks {
		if b.lang != "sh" {
			continue
		}
		for line := range strings.Lines(comments["sh"].ReplaceAllString(b.text, "")) {
			var args []string
			for _, w := range words.FindAllString(line, -1) {
				args = append(args, strings.Trim(w, "'"))
			}
			if len(args) > 0 {
				all = append(all, args)
			}
		}
	}
	return all
}

// assignment of a variable before a command, as in XCMATRIX_DSN_DM=… xcmatrix run.
var assignment = regexp.MustCompile(`^[A-Z_]+=`)

// arguments of xcmatrix on a command line, or false for another program's.
func arguments(line []string) ([]string, bool) {
	for len(line) > 1 && assignment.MatchString(line[0]) {
		line = line[1:]
	}
	for _, prefix := range [][]string{{"xcmatrix"}, {"./xcmatrix"}, {"./xcmatrix-dm"}, {"go", "run", "."}} {
		if len(line) >= len(prefix) && slices.Equal(line[:len(prefix)], prefix) {
			return line[len(prefix):], true
		}
	}
	return nil, false
}

// inline is a make target within a sentence.
var inline = regexp.MustCompile("`make ([^`]+)`")

func TestCommandsInThePagesExist(t *testing.T) {
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range pages(t) {
		for _, line := range read(t, name).commands() {
			if strings.HasPrefix(name, "CONTRIBUTING") {
				break // TestContributingIsFollowed runs them, with verbs that they add
			}
			args, ours := arguments(line)
			switch {
			case ours:
				checkUsage(t, name, args)
			case line[0] == "make":
				checkMake(t, name, root, line[1:])
			case strings.HasPrefix(line[0], "scripts/"):
				checkScript(t, name, line)
			}
		}
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range inline.FindAllStringSubmatch(string(raw), -1) {
			checkMake(t, name, root, strings.Fields(m[1]))
		}
	}
}

func checkUsage(t *testing.T, page string, args []string) {
	var out, errOut bytes.Buffer
	if at := slices.Index(args, "--"); at >= 0 { // what follows is another program's
		args = args[:at]
	}
	code := cli.Main(append(slices.Clone(args), "--help", "--lang=en"), strings.NewReader(""), &out, &errOut)
	if code != 0 || len(args) == 0 || !strings.Contains(out.String(), "\n  xcmatrix "+args[0]+" ") {
		t.Errorf("%s: xcmatrix %s: status %d: %s%s", page, strings.Join(args, " "), code, errOut.String(), out.String())
	}
}

func checkMake(t *testing.T, page, root string, args []string) {
	if _, err := exec.LookPath("make"); err != nil {
		needs.Absent(t, needs.Tools, "no make")
	}
	cmd := exec.Command("make", append([]string{"-n"}, args...)...)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%s: make %s: %v: %s", page, strings.Join(args, " "), err, out)
	}
}

// checkScript looks for a script, and for the arguments in what it says of itself.
func checkScript(t *testing.T, page string, line []string) {
	raw, err := os.ReadFile(line[0])
	if err != nil {
		t.Errorf("%s: %v", page, err)
		return
	}
	for _, arg := range line[1:] {
		if !bytes.Contains(raw, []byte(arg)) {
			t.Errorf("%s: %s does not know %s", page, line[0], arg)
		}
	}
}

// TestQuickCommandsRun runs what takes no time and leaves nothing behind.
func TestQuickCommandsRun(t *testing.T) {
	quick := map[string]bool{"plan": true, "detect": true, "exec": true}
	ran := map[string]bool{}
	for _, pair := range pairs {
		for _, name := range pair {
			p := read(t, name)
			if strings.HasPrefix(name, "CONTRIBUTING") {
				continue // TestContributingIsFollowed
			}
			dir := t.TempDir()
			if b, ok := p.first("yaml"); ok {
				if err := os.WriteFile(filepath.Join(dir, "lab.yaml"), []byte(b), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			root, err := os.Getwd()
			if err != nil {
				t.Fatal(err)
			}
			t.Chdir(dir)
			for _, line := range p.commands() {
				args, ours := arguments(line)
				if !ours || !quick[args[0]] || args[0] == "exec" && !slices.Contains(args, "--list") {
					continue
				}
				ran[args[0]] = true
				var out, errOut bytes.Buffer
				if code := cli.Main(args, strings.NewReader(""), &out, &errOut); code != 0 || out.Len() == 0 {
					t.Errorf("%s: xcmatrix %s: status %d: %s", name, strings.Join(args, " "), code, errOut.String())
				}
			}
			t.Chdir(root)
		}
	}
	for verb := range quick {
		if !ran[verb] {
			t.Errorf("no page shows %s", verb)
		}
	}
}

// verb is a line of the list of commands.
var verb = regexp.MustCompile(`(?m)^  ([a-z]+) {2,}`)

// TestEveryVerbIsInTheTable holds the READMEs' table to the program's own list, in its order.
func TestEveryVerbIsInTheTable(t *testing.T) {
	var out, errOut bytes.Buffer
	if code := cli.Main([]string{"--help", "--lang=en"}, strings.NewReader(""), &out, &errOut); code != 0 {
		t.Fatalf("status %d: %s", code, errOut.String())
	}
	_, list, _ := strings.Cut(out.String(), "\nCommands:\n")
	list, _, _ = strings.Cut(list, "\n\n")
	var want []string
	for _, m := range verb.FindAllStringSubmatch(list, -1) {
		want = append(want, m[1])
	}
	if len(want) == 0 {
		t.Fatalf("no commands in\n%s", out.String())
	}
	checkColumn(t, want[0], want)
}

// TestOpenSSLCommandsAreThoseOfTheCertificates: it is these that a test of certificates runs.
func TestOpenSSLCommandsAreThoseOfTheCertificates(t *testing.T) {
	for _, name := range []string{"docs/certificates.md", "docs/certificates.zh-CN.md"} {
		if !slices.Contains(read(t, name).blocks, block{"sh", strings.Join(statement.OpenSSL, "\n") + "\n"}) {
			t.Errorf("%s does not show the commands that certificates print", name)
		}
	}
}

var dsn = regexp.MustCompile(`XCMATRIX_DSN_([A-Z]+)`)

// exampleDatabase is what CONTRIBUTING.md adds as an example.
const exampleDatabase = "POLARDB"

// TestDatabasesInThePagesAreChecked: each one that a page names has specs, and the lab's pages name all.
func TestDatabasesInThePagesAreChecked(t *testing.T) {
	var out, errOut bytes.Buffer
	if code := cli.Main([]string{"exec", "--suite=database", "--list"}, strings.NewReader(""), &out, &errOut); code != 0 {
		t.Fatalf("status %d: %s", code, errOut.String())
	}
	want := map[string]bool{}
	for _, m := range regexp.MustCompile(`"id": "([a-z]+) / `).FindAllStringSubmatch(out.String(), -1) {
		want[strings.ToUpper(m[1])] = true
	}
	for _, name := range pages(t) {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		named := map[string]bool{}
		for _, m := range dsn.FindAllStringSubmatch(string(raw), -1) {
			named[m[1]] = true
			if !want[m[1]] && m[1] != exampleDatabase {
				t.Errorf("%s: nothing reads %s", name, m[0])
			}
		}
		if strings.HasPrefix(name, "docs/lab") && len(named) != len(want) {
			t.Errorf("%s names %v, there are %v", name, named, want)
		}
	}
}
