package main

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/results/needs"
)

// followed is set for what takes minutes: make follow.
const followed = "XCMATRIX_TEST_FOLLOW"

// sections are the shell commands of CONTRIBUTING.md below each heading that begins with "Adding", in order.
func sections(t *testing.T) (names []string, commands map[string]string) {
	t.Helper()
	text, err := os.ReadFile("CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	commands = map[string]string{}
	for _, part := range regexp.MustCompile(`(?m)^## `).Split(string(text), -1)[1:] {
		name, body, _ := strings.Cut(part, "\n")
		if !strings.HasPrefix(name, "Adding ") {
			continue
		}
		names = append(names, name)
		for _, m := range regexp.MustCompile("(?ms)^```sh\n(.*?)^```$").FindAllStringSubmatch(body, -1) {
			commands[name] += m[1]
		}
	}
	return names, commands
}

// copied is a copy of the checkout's files, without what is built or kept beside them.
func copied(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "xcmatrix")
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		ignored := []string{".git", "dist", "results/runs", "results/key", "results/certificates", "certificates"}
		if d.IsDir() && slices.Contains(ignored, filepath.ToSlash(path)) {
			return fs.SkipDir
		}
		to := filepath.Join(dir, path)
		if d.IsDir() {
			return os.MkdirAll(to, 0o755)
		}
		info, err := d.Info()
		if err != nil || !d.Type().IsRegular() || info.Size() > 16<<20 { // a program that was built here
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(to, text, info.Mode().Perm())
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// shell runs commands in a directory as a person does, but for flags by which Go's cache serves copies of the checkout.
func shell(t *testing.T, dir, commands string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-euxc", commands)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-trimpath -buildvcs=false", "CGO_ENABLED=0", "LC_ALL=C.UTF-8", followed+"=")
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	start := time.Now()
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v:\n%s", err, said.String())
	}
	t.Logf("%.0f s", time.Since(start).Seconds())
	if strings.Contains(said.String(), "no tests to run") {
		t.Errorf("a command runs no test:\n%s", said.String())
	}
}

// TestContributingIsFollowed runs every command of CONTRIBUTING.md's sections, one section after the other, in one copy.
func TestContributingIsFollowed(t *testing.T) {
	if os.Getenv(followed) == "" {
		t.Skip("long form: " + followed + " is not set: it builds the program several times; run make follow")
	}
	if _, err := exec.LookPath("go"); err != nil {
		needs.Absent(t, needs.Go, "no go command in PATH: install Go")
	}
	names, commands := sections(t)
	if len(names) < 4 {
		t.Fatalf("only %q", names)
	}
	dir := copied(t)
	for _, name := range names {
		t.Run(name, func(t *testing.T) { shell(t, dir, commands[name]) })
	}
}

// TestContributingWritesWhatCompiles is the short form: the edits of all sections are made, and the packages that they
// concern compile and pass vet.
func TestContributingWritesWhatCompiles(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: packages are compiled")
	}
	if _, err := exec.LookPath("go"); err != nil {
		needs.Absent(t, needs.Go, "no go command in PATH: install Go")
	}
	_, commands := sections(t)
	dir := copied(t)
	var edits strings.Builder
	for _, all := range commands {
		edits.WriteString(withoutGo(all))
	}
	shell(t, dir, edits.String()+"gofmt -l suites/endian drivers/polardb cli matrix suites/suites.go >unformatted; grep -E 'endian|polardb|cores|suites.go' unformatted && exit 1\n"+
		"go vet ./suites/endian ./drivers/polardb ./suites/database/servers ./cli\n"+
		"go test ./matrix/catalog -run 'Entries'\n")
}

// withoutGo are commands but for those that start the go command.
func withoutGo(commands string) string {
	var kept strings.Builder
	for line := range strings.Lines(commands) {
		if !regexp.MustCompile(`^([A-Z_]+=\S+ )*go `).MatchString(line) {
			kept.WriteString(line)
		}
	}
	return kept.String()
}

// TestTopLevel: a stranger finds the place because there are few.
func TestTopLevel(t *testing.T) {
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	dirs := []string{"suites", "matrix", "drivers", "scripts", "results", "cli", "docs", ".ci", ".github", ".gitee"}
	notOurs := []string{".git", "dist", "certificates", ".idea", ".vscode"} // ignored by git, or a person's own
	for _, e := range entries {
		if e.IsDir() && !slices.Contains(append(notOurs, dirs...), e.Name()) {
			t.Errorf("%s/ at the top: it belongs into one of %v", e.Name(), dirs)
		}
	}
}

// TestTemplatesAreTheSameOnBothSites: GitHub and Gitee look for them in directories of their own.
func TestTemplatesAreTheSameOnBothSites(t *testing.T) {
	for _, name := range []string{"bug_report.md", "hardware_report.md"} {
		a, errA := os.ReadFile(filepath.Join(".github", "ISSUE_TEMPLATE", name))
		b, errB := os.ReadFile(filepath.Join(".gitee", "ISSUE_TEMPLATE", name))
		if errA != nil || errB != nil || !bytes.Equal(a, b) || !bytes.Contains(a, []byte("xcmatrix version")) {
			t.Errorf("%s: %v %v", name, errA, errB)
		}
	}
}
