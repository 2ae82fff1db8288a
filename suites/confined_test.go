package suites

import (
	"bytes"
	"context"
	"debug/elf"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/results/needs"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// place is a kind of machine, container or user that a suite may run on. No spec may report its restrictions as a defect of the
// subject.
type place struct {
	name    string
	items   []string
	env     []string // "TMPDIR=" is a directory made for it, unless given
	confine string   // what the child does to itself first, see confine
	root    bool     // only root can make it
	chroot  bool     // into the directory of temporary files, with nothing else in it
	user    bool     // as a user without privilege
	told    []string // what reasons have to tell, each in some verdict
	short   []string // the items of the short form; nil: the place is not in it
}

var places = []place{
	{name: "filter that answers EPERM", confine: "filter", items: []string{"abi", "kernel", "sched", "disk"}, short: []string{"abi", "kernel"},
		told: []string{"not the kernel's own; between this process and the kernel: a seccomp filter"}},
	{name: "200 open files", confine: "nofile=200", items: []string{"abi", "kernel", "sched", "disk", "elf"}},
	{name: "24 open files", confine: "nofile=24", items: []string{"kernel", "sched", "toolchain"}, short: []string{"sched"}, told: []string{"may have no more files open"}},
	{name: "files of 64 KiB", confine: "fsize=65536", items: []string{"abi", "disk", "kernel"}, short: []string{"disk"}, told: []string{"a file may not become larger"}},
	{name: "temporary directory of 500 KiB", confine: "tmpfs=size=500k", root: true, items: []string{"abi", "disk", "kernel", "toolchain"},
		told: []string{"no space is left (no space left on device)"}},
	{name: "temporary directory without room for a name", confine: "tmpfs=nr_inodes=1", root: true, items: []string{"abi", "disk"},
		told: []string{"no space is left"}},
	{name: "read-only temporary directory", confine: "tmpfs=ro", root: true, items: []string{"abi", "disk", "toolchain"}, short: []string{"abi"},
		told: []string{"the file system is read-only"}},
	{name: "no temporary directory", env: []string{"TMPDIR=/no/such/directory"}, items: []string{"abi", "disk", "toolchain"}, short: []string{"abi"},
		told: []string{"there is no directory for temporary files"}},
	{name: "empty /sys", confine: "over=/sys", root: true, items: []string{"disk", "kernel", "sched"}, told: []string{"there is no /sys"}},
	{name: "empty /proc", confine: "over=/proc", root: true, items: []string{"abi", "disk", "elf", "kernel", "sched", "toolchain"}, short: []string{"kernel"},
		told: []string{"there is no /proc"}},
	{name: "empty root directory", chroot: true, root: true, items: []string{"abi", "disk", "elf", "kernel", "sched"},
		told: []string{"there is no /proc"}},
	{name: "no privilege", user: true, root: true, items: []string{"abi", "disk", "kernel"}, short: []string{"kernel"}},
	{name: "no preemption", env: []string{"GODEBUG=asyncpreemptoff=1"}, items: []string{"abi", "sched"}, told: []string{"asyncpreemptoff"}},
	{name: "processor of its own", confine: "processors=1", items: []string{"kernel", "sched"}},
}

// In a place that lacks or forbids something, specs end as a miss or a skip with the reason, and none fails. The short form has the
// places that show most within seconds; XCMATRIX_TEST_PLACES=all has all: make places.
func TestPlaces(t *testing.T) {
	for _, p := range places {
		if os.Getenv("XCMATRIX_TEST_PLACES") != "all" {
			if p.short == nil {
				continue
			}
			p.items = p.short
		}
		t.Run(p.name, func(t *testing.T) {
			if p.root && os.Geteuid() != 0 {
				needs.Absent(t, needs.Root, "only root can make such a place")
			}
			if (p.chroot || p.confine == "filter") && !static(t) { // glibc's threads end with such a filter, whatever a suite does
				t.Skip("does not apply: the test's own file is dynamic: run it with CGO_ENABLED=0, as make test does")
			}
			var told strings.Builder
			for _, item := range p.items {
				began := time.Now()
				told.WriteString(p.check(t, item))
				t.Logf("%s: %v", item, time.Since(began).Round(time.Second/10))
			}
			for _, want := range p.told {
				if !strings.Contains(told.String(), want) {
					t.Errorf("no verdict tells %q", want)
				}
			}
		})
	}
}

// check runs an item in the place, and returns a summary of its verdicts.
func (p place) check(t *testing.T, item string) (told string) {
	t.Helper()
	dir := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, os.Args[0])
	command.WaitDelay = time.Second
	command.Env = append(os.Environ(), childVariable+"="+item, confineVariable+"="+p.confine, "TMPDIR="+dir)
	command.SysProcAttr = &syscall.SysProcAttr{}
	if strings.HasPrefix(p.confine, "tmpfs=") || strings.HasPrefix(p.confine, "over=") {
		command.SysProcAttr.Cloneflags = syscall.CLONE_NEWNS
	}
	if p.user {
		if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil { // t.TempDir's own parent is private
			t.Fatal(err)
		}
		if err := os.Chown(dir, 65534, 65534); err != nil {
			t.Fatal(err)
		}
		command.SysProcAttr.Credential = &syscall.Credential{Uid: 65534, Gid: 65534}
		command.Path = copied(t, dir)
	}
	if p.chroot {
		copied(t, dir)
		command.SysProcAttr.Chroot, command.Path, command.Dir = dir, "/payload", "/"
		command.Env = append(command.Env, "TMPDIR=/")
	}
	command.Env = append(command.Env, p.env...)
	var events, said bytes.Buffer
	command.Stdout, command.Stderr = &events, &said
	if err := command.Run(); err != nil {
		t.Errorf("%s: %v: %.2000s", item, err, said.String())
	}
	return judge(t, item, &events)
}

// judge reports every failing verdict, and returns the reasons of the others.
func judge(t *testing.T, item string, events io.Reader) string {
	t.Helper()
	var told strings.Builder
	passed, ended := 0, false
	for in := record.NewReader(events); ; {
		e, _, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		ended = ended || e.Kind == record.KindCellEnd
		if e.Kind != record.KindSpecEnd {
			continue
		}
		reason := ""
		if e.End.Detail != nil {
			reason = e.End.Detail.En
		}
		switch e.End.Verdict {
		case record.Pass:
			passed++
		case record.Skip, record.Miss:
			told.WriteString(reason + "\n")
		default:
			t.Errorf("%s / %s: %s: %s", item, e.Spec, e.End.Verdict, reason)
		}
	}
	if !ended || passed == 0 {
		t.Errorf("%s: came to its end: %t, specs passed: %d", item, ended, passed)
	}
	return told.String()
}

// copied copies the test's own file into a directory, and returns its path.
func copied(t *testing.T, dir string) string {
	t.Helper()
	content, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "payload")
	if err := os.WriteFile(path, content, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// static reports whether the test's own file needs no dynamic linker.
func static(t *testing.T) bool {
	t.Helper()
	f, err := elf.Open(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	return !slices.ContainsFunc(f.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP })
}

const (
	childVariable   = "XCMATRIX_TEST_ITEM"
	confineVariable = "XCMATRIX_TEST_CONFINE"
)

// TestMain is also the child's, which runs one item as a payload does.
func TestMain(m *testing.M) {
	item := os.Getenv(childVariable)
	if item == "" {
		os.Exit(m.Run())
	}
	if err := confine(os.Getenv(confineVariable)); err != nil {
		os.Stderr.WriteString("confine: " + err.Error() + "\n")
		os.Exit(1)
	}
	suite, _ := Find(item)
	err := check.Exec(suite, check.Options{Events: record.NewWriter(os.Stdout), Seed: 1, Round: 1, Stretch: 5,
		Launch:    record.Launch{Provenance: record.Native},
		Selection: check.Selection{Match: func(p record.SpecPlan) bool { return !p.Measures() && !p.Deep() && quick(p.ID) }}})
	if err != nil {
		os.Stderr.WriteString("exec: " + err.Error() + "\n")
		os.Exit(1)
	}
	os.Exit(0)
}

// quick leaves out a spec that takes seconds and depends on preemption only.
func quick(spec string) bool {
	return !strings.HasPrefix(spec, "preemption / ") || strings.Contains(os.Getenv("GODEBUG"), "asyncpreemptoff")
}
