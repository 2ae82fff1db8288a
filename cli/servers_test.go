package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/drivers/servers/daemon"
	"github.com/xcmatrix/xcmatrix/results/needs"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// allServers has TestServers run the whole database suite; without it only specs that once depended on a server's version.
const allServers = "XCMATRIX_TEST_SERVERS"

var versionBound = []string{
	"postgres / the server says what it is", "mysql / the server says what it is",
	"mysql / special float64 values come back bit for bit", "mysql / column types are described", "mysql / codes of violated constraints",
	"mysql / a lost update at repeatable read", "mysql / write skew is prevented at serializable",
	"postgres / 65535 parameters are sent, one more is refused", "postgres / a password with @ : / ? # % and Chinese logs in",
	"postgres / column types are described", "postgres / write skew is prevented at serializable",
}

// serverRelease is the programs of one release: PostgreSQL's directory, and MariaDB's.
type serverRelease struct {
	release  string
	postgres string
	mariadb  string
}

// TestServers runs the database suite against the servers of each release that scripts/servers has unpacked, and against
// the machine's own: every spec has the same verdict on all of them, and no verdict is new.
func TestServers(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: servers are started")
	}
	all := unpacked(t)
	if len(all) == 0 && os.Getenv(allServers) != "" {
		t.Fatal("no server of any release could be got: scripts/servers says why")
	}
	if len(all) == 0 {
		needs.Absent(t, needs.Releases, "no server of another release is unpacked: make servers gets them")
	}
	if os.Getenv(allServers) == "" && len(all) > 2 { // the oldest and the newest
		all = []serverRelease{all[0], all[len(all)-1]}
	}
	if own, err := machines(); err == nil {
		all = append(all, own)
	}
	verdicts := map[string]map[string]record.Verdict{} // by spec and release
	for _, s := range all {
		r := s.run(t)
		for _, c := range r.Cells {
			count := map[record.Verdict]int{}
			for _, spec := range c.Specs {
				if verdicts[spec.ID] == nil {
					verdicts[spec.ID] = map[string]record.Verdict{}
				}
				verdicts[spec.ID][s.release] = spec.Verdict
				count[spec.Verdict]++
			}
			t.Logf("%-10s PostgreSQL %-8s MariaDB %-9s %v", s.release, s.is(t, r, c, "postgres"), s.is(t, r, c, "mysql"), count)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(verdicts)) {
		of := verdicts[id]
		if len(of) != len(all) || len(slices.Compact(slices.Sorted(maps.Values(of)))) != 1 {
			t.Errorf("%s: %v", id, of)
		}
	}
}

// unpacked are the releases that scripts/servers has got, where those may pass who servers run as.
func unpacked(t *testing.T) (all []serverRelease) {
	cache, err := os.UserCacheDir()
	if err != nil {
		needs.Absent(t, needs.Releases, err)
	}
	found, _ := filepath.Glob(filepath.Join(cache, "xcmatrix/tools/servers/*/usr/sbin/mariadbd"))
	for _, mariadb := range found {
		root := filepath.Dir(filepath.Dir(filepath.Dir(mariadb)))
		release := filepath.Base(root)
		if os.Geteuid() == 0 { // a server runs as another, who must not be let into root's cache
			root = copied(t, root)
		}
		postgres, _ := filepath.Glob(filepath.Join(root, "usr/lib/postgresql/*/bin/postgres"))
		if len(postgres) == 1 && !strings.HasPrefix(release, ".") {
			all = append(all, serverRelease{release, filepath.Dir(postgres[0]), filepath.Join(root, "usr/sbin")})
		}
	}
	slices.SortFunc(all, func(a, b serverRelease) int { return cmp.Compare(a.number(), b.number()) })
	return all
}

// number is PostgreSQL's major version.
func (s serverRelease) number() int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(s.postgres)))
	return n
}

// copied is a copy of a directory that everybody may pass through, of links where that can be.
func copied(t *testing.T, root string) string {
	to := t.TempDir()
	for _, dir := range []string{to, filepath.Dir(to)} {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	to = filepath.Join(to, "root")
	if exec.Command("cp", "-al", root, to).Run() == nil {
		return to
	}
	os.RemoveAll(to)
	if out, err := exec.Command("cp", "-a", root, to).CombinedOutput(); err != nil {
		t.Fatalf("cp: %v: %s", err, out)
	}
	return to
}

// machines are the servers that are installed here.
func machines() (serverRelease, error) {
	postgres, err := daemon.Find("postgres", "/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/pgsql/bin")
	if err != nil {
		return serverRelease{}, err
	}
	mariadb, err := daemon.Find("mariadbd", "/usr/sbin", "/usr/libexec", "/usr/local/sbin")
	return serverRelease{"installed", filepath.Dir(postgres), filepath.Dir(mariadb)}, err
}

// run is a run of the database suite on this machine, with these servers first in PATH.
func (s serverRelease) run(t *testing.T) *store.Run {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	args := []string{"run", "--target", "native", "--suite", "database", "--label", "!bench"}
	if os.Getenv(allServers) == "" {
		for _, spec := range versionBound {
			args = append(args, "--spec", spec)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, exe, args...)
	cmd.Dir = dir
	cmd.Env = append(environment(), asProgram+"=1", "LC_ALL=C", "XDG_CACHE_HOME="+dir,
		"PATH="+strings.Join([]string{s.postgres, s.mariadb, os.Getenv("PATH")}, string(os.PathListSeparator)))
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	got := try(t, cmd)
	r, err := store.Load(filepath.Join(dir, "results/runs/latest"))
	if err != nil {
		t.Fatalf("%s: %v: %s", s.release, err, got.err)
	}
	if got.code != exitPass {
		found := program(t, dir, "findings")
		t.Errorf("%s: exit status %d:\n%s%s", s.release, got.code, got.err, try(t, found).out)
	}
	if _, err := new(app).judge(r); err != nil { // so that what a waiver covers is known
		t.Fatal(err)
	}
	return r
}

// environment is this process's, without servers that somebody has named.
func environment() []string {
	return slices.DeleteFunc(os.Environ(), func(e string) bool { return strings.HasPrefix(e, "XCMATRIX_DSN_") })
}

var versionNumber = regexp.MustCompile(`\d+\.[\d.]+`)

// is the version that the server of a database gave in a run, which has to be that of the release's program.
func (s serverRelease) is(t *testing.T, r *store.Run, c *store.CellRun, database string) string {
	program := map[string]string{"postgres": filepath.Join(s.postgres, "postgres"), "mysql": filepath.Join(s.mariadb, "mariadbd")}[database]
	out, err := exec.Command(program, slices.Concat(map[string][]string{"mysql": {"--no-defaults"}}[database], []string{"--version"})...).Output()
	if err != nil {
		t.Errorf("%s: %s: %v", s.release, program, err)
	}
	for _, o := range c.Observations {
		if o.Name != database+"/server" {
			continue
		}
		var server struct{ Version string }
		if err := json.Unmarshal(o.Value, &server); err != nil {
			t.Error(err)
		}
		version := versionNumber.FindString(server.Version)
		if !strings.Contains(string(out), version) || version == "" {
			t.Errorf("%s: the run saw %q, the program is %s", s.release, server.Version, out)
		}
		return version
	}
	t.Errorf("%s: no server of %s said what it is", s.release, database)
	return ""
}
