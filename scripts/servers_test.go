package scripts

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// serverDesk is a machine with the plain programs that scripts/servers uses besides.
func serverDesk(t *testing.T) *desk {
	d := newDesk(t)
	for _, name := range []string{"chmod", "ls"} {
		path, err := exec.LookPath(name)
		d.must(err)
		d.must(os.Symlink(path, filepath.Join(d.dir, "bin", name)))
	}
	return d
}

const unpackedServers = ".cache/xcmatrix/tools/servers/"

func TestServersAreListed(t *testing.T) {
	d := serverDesk(t)
	d.fake(unpackedServers+"bullseye/usr/lib/postgresql/13/bin/postgres", "echo 'postgres (PostgreSQL) 13.16 (Debian 13.16-0+deb11u1)'")
	d.fake(unpackedServers+"bullseye/usr/sbin/mariadbd", "echo '/x/mariadbd.elf  Ver 10.5.23-MariaDB-0+deb11u1 for debian-linux-gnu'")
	d.fake(unpackedServers+"sid/usr/sbin/mariadbd", "exit 1")
	out, status := d.script("servers", "--list", "bullseye", "sid")
	want := "ok\tbullseye\t13.16\t10.5.23\t" + filepath.Join(d.dir, unpackedServers, "bullseye") + "\nmiss\tsid\t\t\tscripts/servers sid\n"
	if out != want || status != 1 {
		t.Errorf("exit %d, printed:\n%swant:\n%s", status, out, want)
	}
	if out, status := d.script("servers", "bullseye"); status != 0 || strings.Contains(out, "getting") {
		t.Errorf("what is there is got again: exit %d, printed:\n%s", status, out)
	}
}

func TestServersSayWhatCannotBeHad(t *testing.T) {
	for name, c := range map[string]struct {
		have func(*desk)
		want string
	}{
		"offline": {func(*desk) {}, "miss\ttrixie\t\t\tno list of trixie:   Failed to fetch"},
		"not a Debian": {func(d *desk) { d.must(os.Remove(filepath.Join(d.dir, "bin/apt-get"))) },
			"miss\ttrixie\t\t\tthere is no apt-get here"},
	} {
		t.Run(name, func(t *testing.T) {
			d := serverDesk(t)
			c.have(d)
			out, status := d.script("servers", "trixie")
			if status != 1 || !strings.Contains(out, c.want) {
				t.Errorf("exit %d, printed:\n%swant:\n%s", status, out, c.want)
			}
			left, err := filepath.Glob(filepath.Join(d.dir, unpackedServers, ".*"))
			if d.must(err); len(left) > 0 {
				t.Errorf("left behind: %s", left)
			}
		})
	}
}

func TestServersRefuseWhatIsNoRelease(t *testing.T) {
	for _, args := range [][]string{{"--frobnicate"}, {"../../etc"}, {"trixie", "sid;ls"}, {"a b"}} {
		if out, status := serverDesk(t).script("servers", args...); status != 2 || out == "" {
			t.Errorf("%q: exit %d, printed:\n%s", args, status, out)
		}
	}
}
