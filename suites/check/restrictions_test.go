package check

import (
	"io/fs"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/xcmatrix/xcmatrix/results/needs"
)

func TestRestrictions(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	dir := &fstest.MapFile{Mode: fs.ModeDir | 0o755}
	for _, c := range []struct {
		name   string
		root   fstest.MapFS
		filter bool
		want   []string
	}{
		{name: "bare machine", root: fstest.MapFS{"proc/self/uid_map": file("         0          0 4294967295\n"),
			"sys/kernel/security/lsm": file("capability,yama\n"), "sys/kernel/security/lockdown": file("[none] integrity confidentiality\n"),
			"proc/self/attr/apparmor/current": file("unconfined\n")}},
		{name: "Docker", root: fstest.MapFS{".dockerenv": file("")}, filter: true, want: []string{"a seccomp filter", "a container"}},
		{name: "Podman without root", root: fstest.MapFS{"run/.containerenv": file(""), "proc/self/uid_map": file("         0       1000          1\n")},
			want: []string{"a container", "a user namespace"}},
		{name: "KYSEC in the list of modules", root: fstest.MapFS{"sys/kernel/security/lsm": file("capability,kysec")}, want: []string{"KYSEC"}},
		{name: "KYSEC on the kernel's command line", root: fstest.MapFS{"proc/cmdline": file("ro quiet security=kysec audit=0\n")}, want: []string{"KYSEC"}},
		{name: "KYSEC's own directory", root: fstest.MapFS{"sys/kernel/security/kysec": dir}, want: []string{"KYSEC"}},
		{name: "fapolicyd beside SELinux", root: fstest.MapFS{"run/fapolicyd": dir, "sys/fs/selinux/enforce": file("1")}, want: []string{"fapolicyd", "SELinux"}},
		{name: "SELinux that only warns", root: fstest.MapFS{"sys/fs/selinux/enforce": file("0")}},
		{name: "AppArmor", root: fstest.MapFS{"sys/kernel/security/lsm": file("capability,apparmor"), "proc/self/attr/apparmor/current": file("docker-default (enforce)\n")},
			want: []string{"AppArmor (docker-default (enforce))"}},
		{name: "lockdown", root: fstest.MapFS{"sys/kernel/security/lockdown": file("none [integrity] confidentiality\n")}, want: []string{"kernel lockdown"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, g := range restrictions(c.root, c.filter) {
				if g.In("zh") == "" {
					t.Errorf("%q has no Chinese", g.En)
				}
				got = append(got, g.En)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func TestShortageOf(t *testing.T) {
	path := func(op string, e syscall.Errno) error { return &os.PathError{Op: op, Path: "/tmp/x", Err: e} }
	for _, c := range []struct {
		err  error
		want string
	}{
		{path("write", syscall.ENOSPC), "no space"},
		{path("write", syscall.EDQUOT), "no space"},
		{path("write", syscall.EFBIG), "become larger"},
		{path("open", syscall.EMFILE), "this process"},
		{path("open", syscall.ENFILE), "the system"},
		{path("mkdir", syscall.EROFS), "read-only"},
		{syscall.ENOMEM, "memory"},
		{syscall.EPERM, "not permitted"},
		{path("fork/exec", syscall.EAGAIN), "processes"},
		{path("read", syscall.EAGAIN), ""}, // there is nothing to read
		{path("open", syscall.ENOENT), ""},
		{syscall.EINVAL, ""},
		{os.ErrClosed, ""},
		{nil, ""},
	} {
		got := ""
		if s, _ := shortageOf(c.err); s != nil {
			got = s.reason.En
		}
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%v: %q, want %q", c.err, got, c.want)
		}
	}
}

func TestStarved(t *testing.T) {
	start := time.Unix(0, 0)
	for _, c := range []struct {
		name              string
		passed, ran, wait time.Duration
		want              bool
	}{
		{"hangs", 20 * time.Second, 0, time.Millisecond, false},
		{"computes alone", 20 * time.Second, 20 * time.Second, time.Second, false},
		{"beside one other", 20 * time.Second, 10 * time.Second, 10 * time.Second, false},
		{"beside four others", 20 * time.Second, 4 * time.Second, 16 * time.Second, true},
		{"hardly ever ready", 20 * time.Second, time.Second, 2 * time.Second, false},
	} {
		from := cpuTimes{at: start, known: true, ran: time.Hour, waited: time.Hour}
		to := cpuTimes{at: start.Add(c.passed), known: true, ran: time.Hour + c.ran, waited: time.Hour + c.wait}
		if got := from.starved(to); (got != nil) != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

// The kernel counts the CPU time of this process.
func TestReadCPUTimes(t *testing.T) {
	before := readCPUTimes()
	if !before.known {
		needs.Absent(t, needs.Kernel, "this kernel does not count the time that threads wait for a processor")
	}
	used := CPUTime()
	for CPUTime() < used+100*time.Millisecond {
	}
	if ran := readCPUTimes().ran - before.ran; ran < 50*time.Millisecond || ran > 10*time.Second {
		t.Errorf("100 ms of computing count as %v", ran)
	}
}
