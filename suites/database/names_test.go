package database

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/drivers/dialect"
	"github.com/xcmatrix/xcmatrix/drivers/servers/daemon"
	"github.com/xcmatrix/xcmatrix/results/needs"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// name is a line of testdata/names.tsv.
type name struct{ database, dsn, address, reason string }

func names(t *testing.T) (all []name) {
	text, err := os.ReadFile("testdata/names.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		fields := append(strings.Split(strings.TrimSuffix(line, "\n"), "\t"), "")
		if strings.HasPrefix(line, "#") {
			continue
		}
		dsn, err := strconv.Unquote(fields[1])
		if err != nil || len(fields) < 4 {
			t.Fatalf("names.tsv: %q: %v", line, err)
		}
		all = append(all, name{fields[0], dsn, fields[2], fields[3]})
	}
	return all
}

// TestNames reads the names of testdata/names.tsv: where each points, or why it is refused, without showing its password.
func TestNames(t *testing.T) {
	for _, c := range names(t) {
		d := find(c.database)
		read, err := d.Read(c.dsn)
		if c.address == "refused" {
			var unreadable *dialect.UnreadableError
			if !errors.As(err, &unreadable) || !strings.Contains(unreadable.In("en"), c.reason) ||
				!strings.Contains(unreadable.In("en"), d.Example) || !strings.Contains(unreadable.In("zh"), d.Example) {
				t.Errorf("%s: %q is read as %q, %v; want a refusal: %s", c.database, c.dsn, read, err, c.reason)
				continue
			}
			for _, text := range []string{unreadable.In("en"), unreadable.In("zh"), err.Error()} {
				if strings.Contains(text, "hunter") || strings.Contains(text, "\n") {
					t.Errorf("%s: %q: the refusal shows the password: %s", c.database, c.dsn, text)
				}
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %q: %v", c.database, c.dsn, err)
			continue
		}
		if _, address, err := d.Address(read); err != nil || address != c.address {
			t.Errorf("%s: %q points at %q, %v; want %q", c.database, c.dsn, address, err, c.address)
		}
		if again, err := d.Read(read); err != nil || again != read {
			t.Errorf("%s: %q is read again as %q, %v", c.database, read, again, err)
		}
		if shown := dialect.Redact(c.dsn); strings.Contains(shown, "hunter") || strings.Contains(shown, "ter2") {
			t.Errorf("%s: redacted %q", c.database, shown)
		}
	}
}

// TestEnvironmentOfOtherClients has the user's settings for PostgreSQL's own clients: none of them reaches a named server.
func TestEnvironmentOfOtherClients(t *testing.T) {
	if os.Getenv("XCMATRIX_TEST_PGHOST") == "" {
		t.Setenv("PGHOST", "192.0.2.1")
	}
	t.Setenv("PGPASSWORD", "hunter2")
	for _, name := range []string{"postgres", "kingbase", "opengauss"} {
		if read, err := find(name).Read("dbname=d user=u"); err == nil {
			t.Errorf("%s: without a host: %q", name, read)
		}
	}
}

// TestOtherServers names a server in the variable of another database.
func TestOtherServers(t *testing.T) {
	for _, s := range throwaways {
		server, err := s.start(t.Context(), t.TempDir())
		var absent *daemon.AbsentError
		if errors.As(err, &absent) {
			needs.Absent(t, needs.Server(absent.Program), absent)
		}
		if err != nil {
			t.Fatal(err)
		}
		defer server.Stop()
		others := map[string][]string{"postgres": {"kingbase", "opengauss", "gaussdb", "mysql"}, "mysql": {"oceanbase", "tidb", "postgres"}}[s.dialect.Name]
		for _, name := range others {
			d := find(name)
			dsn := server.Address()
			want := "says that it is"
			if name == "mysql" || name == "postgres" { // not even the protocol is the same
				if dsn, err = d.Via(map[string]string{"mysql": "u:hunter2@tcp(h:1)/d", "postgres": "postgres://u:hunter2@h:1/d?sslmode=disable"}[name], server.HostPort()); err != nil {
					t.Fatal(err)
				}
				want = map[string]string{"mysql": "another protocol: PostgreSQL", "postgres": "another protocol: MySQL"}[name]
			}
			t.Setenv(d.Env(), dsn)
			_, err := ServerNamed{d}.Try()
			var missing *record.Missing
			if !errors.As(err, &missing) || !strings.Contains(missing.Reason.En, want) || strings.Contains(missing.Reason.En, server.Password) {
				t.Errorf("%s behind %s: %v", s.dialect.Title, d.Env(), err)
			}
		}
		t.Setenv(s.dialect.Env(), server.Address())
		if what, err := (ServerNamed{s.dialect}).Try(); err != nil || what.Version == "" {
			t.Errorf("%s: %+v, %v", s.dialect.Title, what, err)
		}
	}
}
