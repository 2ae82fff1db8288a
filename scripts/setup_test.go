// Package scripts tests the scripts of this folder, without a network and without the machine's own packages.
package scripts

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/needs"
)

// desk is a machine of the test's own: the only programs on its PATH are a few plain ones and the fakes.
type desk struct {
	t   *testing.T
	dir string
	env []string
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, dir: t.TempDir()}
	for _, name := range []string{"bash", "awk", "cat", "cp", "dirname", "env", "flock", "grep", "head", "mkdir", "mktemp", "mv", "rm", "sed", "sort", "tail", "tar"} {
		path, err := exec.LookPath(name)
		if err != nil {
			needs.Absent(t, needs.Tools, name+" is missing on this machine")
		}
		d.must(os.MkdirAll(filepath.Join(d.dir, "bin"), 0o755))
		d.must(os.Symlink(path, filepath.Join(d.dir, "bin", name)))
	}
	release := filepath.Join(d.dir, "os-release")
	d.must(os.WriteFile(release, []byte("ID=debian\nVERSION_CODENAME=bookworm\n"), 0o644))
	d.env = []string{"PATH=" + filepath.Join(d.dir, "bin"), "HOME=" + d.dir, "OS_RELEASE=" + release, "LC_ALL=C"}
	d.fake("bin/id", "echo 1000")
	d.fake("bin/sudo", "exit 1")
	d.fake("bin/dpkg", "echo amd64")
	d.fake("bin/apt-config", "true")
	d.fake("bin/apt-get", `echo "$@" >>"$HOME/apt-calls"; [ "$1" = indextargets ] && echo http://mirror.test/debian/ bookworm main && exit
echo "E: Failed to fetch"; exit 100`)
	return d
}

func (d *desk) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

// fake puts a shell script onto the machine, in place of a link to a program of the real one.
func (d *desk) fake(path, script string) {
	d.t.Helper()
	path = filepath.Join(d.dir, path)
	d.must(os.MkdirAll(filepath.Dir(path), 0o755))
	d.must(os.RemoveAll(path)) // a file is written through a link
	d.must(os.WriteFile(path, []byte("#!/usr/bin/env bash\n"+script+"\n"), 0o755))
}

// qemu puts both emulators into a directory.
func (d *desk) qemu(dir, version string) {
	for _, name := range []string{"qemu-aarch64", "qemu-loongarch64"} {
		d.fake(filepath.Join(dir, name), "echo "+name+" version "+version+" '(Debian)'")
	}
}

func (d *desk) postgres(version string) {
	d.fake("bin/initdb", "true")
	d.fake("bin/postgres", "echo 'postgres (PostgreSQL) "+version+" (Debian)'")
}

func (d *desk) mariadb(version string) {
	d.fake("bin/mariadbd", "echo 'mariadbd  Ver "+version+"-MariaDB-0+deb12u1 for debian-linux-gnu'")
}

// diskTools puts the programs that the specs of disks compare with into the cache.
func (d *desk) diskTools() {
	d.fake(".cache/xcmatrix/tools/disk/usr/bin/fio", "exit 0")
	d.fake(".cache/xcmatrix/tools/disk/bin/busybox", "exit 0")
}

// setup runs the script of that name.
func (d *desk) setup(args ...string) (string, int) { return d.script("setup", args...) }

// script runs a script of this folder and returns what it printed, and its exit status.
func (d *desk) script(name string, args ...string) (string, int) {
	d.t.Helper()
	command := exec.Command("./"+name, args...)
	command.Env = d.env
	out, err := command.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		d.t.Fatal(err)
	}
	return string(out), command.ProcessState.ExitCode()
}

func TestCheck(t *testing.T) {
	const cache = ".cache/xcmatrix/tools/qemu-user/usr/bin"
	cases := []struct {
		name   string
		have   func(*desk)
		want   string // the emulator's line, $ stands for the machine's directory
		status int
	}{
		{"nothing there", func(*desk) {}, "miss\tqemu-aarch64\t\tscripts/setup", 1},
		{"too old", func(d *desk) { d.qemu("bin", "7.2.22") }, "miss\tqemu-aarch64\t7.2.22\tscripts/setup", 1},
		{"the system's own", func(d *desk) { d.qemu("bin", "10.1.0") }, "ok\tqemu-aarch64\t10.1.0\t$/bin/qemu-aarch64", 0},
		{"ours before an old one", func(d *desk) { d.qemu("bin", "7.2.22"); d.qemu(cache, "10.0.2") },
			"ok\tqemu-aarch64\t10.0.2\t$/" + cache + "/qemu-aarch64", 0},
		{"cache elsewhere", func(d *desk) {
			d.qemu("elsewhere/xcmatrix/tools/qemu-user/usr/bin", "10.0.2")
			d.env = append(d.env, "XDG_CACHE_HOME="+d.dir+"/elsewhere")
		}, "ok\tqemu-aarch64\t10.0.2\t$/elsewhere/xcmatrix/tools/qemu-user/usr/bin/qemu-aarch64", 0},
		{"not a Debian", func(d *desk) {
			d.must(os.Remove(filepath.Join(d.dir, "bin/apt-get")))
			d.must(os.WriteFile(filepath.Join(d.dir, "os-release"), []byte("ID=openEuler\n"), 0o644))
			d.fake("bin/dnf", "exit 1")
		}, "miss\tqemu-aarch64\t\tsudo dnf install qemu-user-static-aarch64 qemu-user-static-loongarch64", 1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t)
			d.postgres("15.18")
			d.mariadb("10.11.19")
			c.have(d)
			out, status := d.setup("--check")
			want := strings.ReplaceAll(c.want, "$", d.dir)
			if !strings.Contains("\n"+out, "\n"+want+"\n") || status != c.status {
				t.Errorf("exit %d, want %d; printed:\n%swanted the line:\n%s", status, c.status, out, want)
			}
			if want := "ok\tpostgresql\t15.18\t" + d.dir + "/bin\nok\tmariadb\t10.11.19\t" + d.dir + "/bin/mariadbd\n"; !strings.HasSuffix(out, want) {
				t.Errorf("printed:\n%swanted at the end:\n%s", out, want)
			}
		})
	}
}

// What only tests use is named where it is there, so that .ci/run can require it, and is no part of what is missing.
func TestCheckNamesWhatTestsUse(t *testing.T) {
	d := newDesk(t)
	d.qemu("bin", "10.1.0")
	d.postgres("15.18")
	d.mariadb("10.11.19")
	if out, status := d.setup("--check"); status != 0 || strings.Contains(out, "sshd") || strings.Contains(out, "font") {
		t.Errorf("exit %d, printed:\n%s", status, out)
	}
	d.fake(".cache/xcmatrix/tools/sshd/usr/sbin/sshd", "exit 0")
	d.fake(".cache/xcmatrix/tools/fonts/wqy-microhei.ttc", "")
	d.fake("bin/ssh", "exit 0")
	for _, name := range []string{"sbin/nginx", "sbin/haproxy", "sbin/squid", "bin/wrk", "bin/hey", "share/tomcat10/lib/catalina.jar"} {
		d.fake(".cache/xcmatrix/tools/http/usr/"+name, "exit 0")
	}
	out, status := d.setup("--check")
	want := strings.ReplaceAll("ok\tsshd\t\t$/sshd/usr/sbin/sshd\nok\thttp\t\t$/http\nok\tfont\t\t$/fonts/wqy-microhei.ttc\n", "$", d.dir+"/.cache/xcmatrix/tools")
	if status != 0 || !strings.HasSuffix(out, want) {
		t.Errorf("exit %d, printed:\n%swanted at the end:\n%s", status, out, want)
	}
	if out, status := d.setup("--font"); out != "" || status != 0 {
		t.Errorf("--font does something where there is one: exit %d, printed %q", status, out)
	}
}

// Without a network there is a sentence with what to do, and nothing is left behind.
func TestNothingLeftWithoutANetwork(t *testing.T) {
	for flag, want := range map[string]string{
		"--font": "run scripts/setup --font, or install fonts-wqy-microhei",
		"--http": "run: scripts/setup --http\nthis machine has no Java",
	} {
		d := newDesk(t)
		out, status := d.setup(flag)
		if status != 0 || !strings.Contains(out, want) {
			t.Errorf("%s: exit %d, printed:\n%s", flag, status, out)
		}
		left, err := filepath.Glob(filepath.Join(d.dir, ".cache/xcmatrix/tools/*"+strings.TrimPrefix(flag, "--")+"*"))
		if d.must(err); len(left) != 0 {
			t.Errorf("%s: left behind: %s", flag, left)
		}
	}
}

// TLS peers are there, or one sentence says which command gets them.
func TestTLSPeers(t *testing.T) {
	d := newDesk(t)
	out, status := d.setup("--tls")
	if status != 0 || !strings.Contains(out, "will be miss; once there is a network, run: scripts/setup --tls") {
		t.Errorf("exit %d, printed:\n%s", status, out)
	}
	left, err := filepath.Glob(filepath.Join(d.dir, ".cache/xcmatrix/tools/*tls*"))
	if d.must(err); len(left) != 0 {
		t.Errorf("left behind: %s", left)
	}
	d.fake(".cache/xcmatrix/tools/tls/openssl", "exit 0")
	d.fake(".cache/xcmatrix/tools/tls/bctls.jar", "")
	if out, status := d.setup("--tls"); out != "" || status != 0 {
		t.Errorf("--tls does something where they are: exit %d, printed %q", status, out)
	}
}

func TestNothingToDo(t *testing.T) {
	d := newDesk(t)
	d.qemu("bin", "10.0.2")
	d.postgres("17.6")
	d.mariadb("11.8.2")
	d.diskTools()
	for range 2 {
		if out, status := d.setup(); out != "" || status != 0 {
			t.Errorf("exit %d, printed %q, want 0 and silence", status, out)
		}
	}
	if calls, err := os.ReadFile(filepath.Join(d.dir, "apt-calls")); err == nil {
		t.Errorf("apt-get was called: %s", calls)
	}
}

func TestOfflineSaysTheCommandAndGoesOn(t *testing.T) {
	for lang, want := range map[string]string{
		"C":           "once there is a network, run: scripts/setup\n",
		"zh_CN.UTF-8": "联网后请运行：scripts/setup\n",
	} {
		d := newDesk(t)
		d.postgres("15.18")
		d.diskTools()
		d.env = append(d.env, "LC_ALL="+lang)
		out, status := d.setup()
		if status != 0 || !strings.HasSuffix(out, want) || !strings.Contains(out, "Failed to fetch") {
			t.Errorf("%s: exit %d, printed:\n%s", lang, status, out)
		}
		left, err := filepath.Glob(filepath.Join(d.dir, ".cache/xcmatrix/tools/*qemu*"))
		if d.must(err); len(left) != 0 {
			t.Errorf("left behind: %s", left)
		}
		calls, err := os.ReadFile(filepath.Join(d.dir, "apt-calls"))
		if d.must(err); strings.Contains(string(calls), "install") {
			t.Errorf("installs without being allowed to: %s", calls)
		}
	}
}

// Without a network the specs that compare with fio and busybox are a miss: setup says so, goes on and leaves nothing behind.
func TestNoDiskToolsWithoutANetwork(t *testing.T) {
	d := newDesk(t)
	d.qemu("bin", "10.0.2")
	d.postgres("17.6")
	d.mariadb("11.8.2")
	out, status := d.setup()
	if status != 0 || !strings.Contains(out, "Failed to fetch") || !strings.HasSuffix(out, "will be miss; install them with the machine's package manager\n") {
		t.Errorf("exit %d, printed:\n%s", status, out)
	}
	left, err := filepath.Glob(filepath.Join(d.dir, ".cache/xcmatrix/tools/*disk*"))
	if d.must(err); len(left) != 0 {
		t.Errorf("left behind: %s", left)
	}
}

func TestUnknownFlag(t *testing.T) {
	if out, status := newDesk(t).setup("--frobnicate"); status != 2 || !strings.Contains(out, "--check") {
		t.Errorf("exit %d, printed:\n%s", status, out)
	}
}
