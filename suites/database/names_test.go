package database

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/drivers/daemon"
	"github.com/xcmatrix/xcmatrix/drivers/dialect"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// TestNames reads data source names as people write them: where each points, or why it is refused. Testdata has those that
// once reached another server than they name.
func TestNames(t *testing.T) {
	const refused = ""
	for _, c := range []struct {
		database, dsn string
		address       string // "" where the name is refused
		reason        string // of the refusal
	}{
		{"kingbase", "kingbase://system:hunter2@10.0.0.5:54321/test?sslmode=disable", "10.0.0.5:54321", ""},
		{"kingbase", "kingbase8://system:hunter2@10.0.0.5/test", "10.0.0.5:54321", ""},
		{"kingbase", "postgres://system:hunter2@10.0.0.5/test", "10.0.0.5:54321", ""},
		{"kingbase", "host=10.0.0.5 user=system password='hunter2 x' dbname=test", "10.0.0.5:54321", ""},
		{"kingbase", "opengauss://u:hunter2@10.0.0.5/test", refused, "another database's"},
		{"opengauss", "opengauss://u:hunter2@10.0.0.5/postgres", "10.0.0.5:5432", ""},
		{"opengauss", "gaussdb://u:hunter2@10.0.0.5:15400/postgres", "10.0.0.5:15400", ""},
		{"gaussdb", "gaussdb://u:hunter2@10.0.0.5/postgres", "10.0.0.5:8000", ""},
		{"gaussdb", "GaussDB://u:hunter2@[::1]/postgres", "[::1]:8000", ""},
		{"postgres", "postgresql://u:hunter2@10.0.0.5/d", "10.0.0.5:5432", ""},
		{"postgres", "kingbase://u:hunter2@10.0.0.5/d", refused, "another database's"},
		{"postgres", "mysql://u:hunter2@10.0.0.5/d", refused, "another database's"},
		{"postgres", "nonsense", refused, "cannot be read"},
		{"kingbase", "nonsense", refused, "cannot be read"},
		{"postgres", "postgres:/u:hunter2@10.0.0.5/d", refused, "cannot be read"},
		{"postgres", "postgres://u:hunter2/with?odd#@10.0.0.5/d", refused, "cannot be read"},
		{"postgres", "postgres://u@10.0.0.5/d;password=hunter2", refused, "cannot be read"},
		{"postgres", "postgres://u@10.0.0.5/d?sslmode=disable;password=hunter2", refused, "cannot be read"},
		{"postgres", "postgres://u@10.0.0.5/d?Pwd=hunter2", refused, "may hold a password"},
		{"postgres", "host=10.0.0.5 user=u pwd=hunter2", refused, "may hold a password"},
		{"postgres", "postgres:///d", refused, "names no host"},
		{"postgres", "user=u password=hunter2 dbname=d", refused, "names no host"},
		{"postgres", "host='' user=u password=hunter2", refused, "names no host"},
		{"postgres", "postgres:///d?host=/run/pg", "/run/pg/.s.PGSQL.5432", ""},
		{"kingbase", "jdbc:kingbase8://10.0.0.5:54321/test?user=u&password=hunter2", refused, "JDBC"},
		{"opengauss", "jdbc:opengauss://10.0.0.5:5432/d;password=hunter2", refused, "JDBC"},
		{"kingbase", "Server=10.0.0.5;Uid=u;Pwd=hunter2", refused, "semicolons"},
		{"kingbase", "system/hunter2@10.0.0.5:54321", refused, "user/password"},
		{"kingbase", "-h 10.0.0.5 -U system -W hunter2", refused, "options"},
		{"kingbase", "host=10.0.0.5\npassword=hunter2", refused, "line's end"},
		{"kingbase", " ", refused, "empty"},
		{"mysql", "u:hunter2@tcp(10.0.0.5:3306)/d", "10.0.0.5:3306", ""},
		{"mysql", "mysql://u:hunter%32@10.0.0.5/d?tls=false", "10.0.0.5:3306", ""},
		{"mysql", "mariadb://u:hun/ter2@10.0.0.5:3307/d", "10.0.0.5:3307", ""},
		{"mysql", "u:hunter2@/d", refused, "names no host"},
		{"mysql", "u:hunter2@tcp/d", refused, "names no host"},
		{"mysql", "u@tcp(10.0.0.5:3306)/d?pwd=hunter2", refused, "may hold a password"},
		{"mysql", "u:hunter2@10.0.0.5/d", refused, "cannot be read"},
		{"mysql", "postgres://u:hunter2@10.0.0.5/d", refused, "another database's"},
		{"mysql", "jdbc:mysql://10.0.0.5/d?password=hunter2", refused, "JDBC"},
		{"mysql", "-h10.0.0.5 -uu -phunter2", refused, "options"},
		{"oceanbase", "root@sys#c1:hunter2@tcp(10.0.0.5:2881)/d", "10.0.0.5:2881", ""},
		{"oceanbase", "oceanbase://root@sys#c1:hunter2@10.0.0.5/d", "10.0.0.5:2881", ""},
		{"oceanbase", "jdbc:oceanbase://10.0.0.5:2881/d?user=u&password=hunter2", refused, "JDBC"},
		{"tidb", "tidb://u:hunter2@10.0.0.5/d", "10.0.0.5:4000", ""},
		{"tidb", "oceanbase://u:hunter2@10.0.0.5/d", refused, "another database's"},
		{"dm", "dm://SYSDBA:hunter2@10.0.0.5:5236", "10.0.0.5:5236", ""},
		{"dm", "SYSDBA/hunter2@10.0.0.5:5236", refused, "user/password"},
		{"dm", "jdbc:dm://10.0.0.5:5236?user=SYSDBA&password=hunter2", refused, "JDBC"},
		{"dm", "dm://SYSDBA:hunter2@10.0.0.5", refused, "cannot be read"},
		{"dm", "dm://SYSDBA:hunter2@:5236", refused, "names no host"},
	} {
		d := find(c.database)
		read, err := d.Read(c.dsn)
		if c.address == refused {
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
			t.Skip(absent)
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
