package run_test

import (
	"bufio"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
)

func init() {
	fakes["leaves no reports that can be read"] = func(specs []string, events *bufio.Writer) {
		dir := os.Getenv("TMPDIR")
		must(syscall.Mkfifo(filepath.Join(dir, "report.json"), 0o600))
		must(os.Symlink("/etc/passwd", filepath.Join(dir, "junit.xml")))
		all(specs, events, "pass")
	}
	fakes["leaves a report without end"] = func(specs []string, events *bufio.Writer) {
		path := filepath.Join(os.Getenv("TMPDIR"), "report.json")
		must(os.WriteFile(path, nil, 0o600))
		must(os.Truncate(path, 10<<30))
		all(specs, events, "pass")
	}
	fakes["leads its directory elsewhere"] = func(specs []string, events *bufio.Writer) {
		dir, other := os.Getenv("TMPDIR"), os.Getenv("TMPDIR")+"-other"
		must(os.Mkdir(other, 0o700))
		must(os.WriteFile(filepath.Join(other, "report.json"), []byte("secret"), 0o600))
		must(os.Remove(dir))
		must(os.Symlink(other, dir))
		all(specs, events, "pass")
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// What a payload leaves in the place of its reports is neither waited for nor followed nor kept, and costs no verdict.
func TestReportsThatAreNone(t *testing.T) {
	for _, name := range []string{"leaves no reports that can be read", "leaves a report without end", "leads its directory elsewhere"} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(fakeEnv, name)
			o := options(t, self(t), "native")
			const id = "meets its expectation: pass"
			o.Keep = only(id)
			began := time.Now()
			r := mustRun(t, o)
			if s := spec(t, r, "native", id); s.Verdict != record.Pass {
				t.Errorf("%s", said(s))
			}
			if took := time.Since(began); took > 30*time.Second {
				t.Errorf("it took %v", took)
			}
			err := filepath.WalkDir(r.Dir, func(path string, _ fs.DirEntry, err error) error {
				if strings.Contains(path, "report.json") || strings.Contains(path, "junit.xml") {
					t.Errorf("%s was kept", path)
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}
