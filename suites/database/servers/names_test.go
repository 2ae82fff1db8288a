package servers_test

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/drivers/dialect"
	"github.com/xcmatrix/xcmatrix/drivers/mysql"
	"github.com/xcmatrix/xcmatrix/drivers/postgres"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/database/servers"
	"github.com/xcmatrix/xcmatrix/suites/database/servers/servertest"
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

// TestNames reads the names of testdata/names.tsv: each has the right address, or is refused for the right reason, without its
// password.
func TestNames(t *testing.T) {
	for _, c := range names(t) {
		d := servers.Find(c.database)
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

// TestEnvironmentOfOtherClients sets the variables of PostgreSQL's own clients: none of them changes a data source name.
func TestEnvironmentOfOtherClients(t *testing.T) {
	if os.Getenv("XCMATRIX_TEST_PGHOST") == "" {
		t.Setenv("PGHOST", "192.0.2.1")
	}
	t.Setenv("PGPASSWORD", "hunter2")
	for _, name := range []string{"postgres", "kingbase", "opengauss"} {
		if read, err := servers.Find(name).Read("dbname=d user=u"); err == nil {
			t.Errorf("%s: without a host: %q", name, read)
		}
	}
}

// TestOtherServers names a server in the variable of another database.
func TestOtherServers(t *testing.T) {
	for _, own := range servers.Startable {
		server := servertest.Server(t, own)
		for _, name := range map[string][]string{"postgres": {"kingbase", "opengauss", "gaussdb"}, "mysql": {"oceanbase", "tidb"}}[own.Name] {
			d := servers.Find(name)
			t.Setenv(d.Env(), server.Address())
			_, err := inEnvironment(t, d).Try()
			var missing *record.Missing
			if !errors.As(err, &missing) || !strings.Contains(missing.Reason.En, "says that it is") || strings.Contains(missing.Reason.En, server.Password) {
				t.Errorf("%s behind %s: %v", own.Title, d.Env(), err)
			}
		}
		t.Setenv(own.Env(), server.Address())
		if what, err := inEnvironment(t, own).Try(); err != nil || what.Version == "" {
			t.Errorf("%s: %+v, %v", own.Title, what, err)
		}
	}
}

// TestOtherProtocols names a server for a driver of another protocol. The driver waits for its whole time limit, which is one second
// here.
func TestOtherProtocols(t *testing.T) {
	for _, c := range []struct {
		server *dialect.Dialect
		driver *dialect.Dialect
		dsn    string
		want   string
	}{
		{postgres.Dialect, mysql.Dialect, "u:hunter2@tcp(h:1)/d", "another protocol: PostgreSQL"},
		{mysql.Dialect, postgres.Dialect, "postgres://u:hunter2@h:1/d?sslmode=disable", "another protocol: MySQL"},
	} {
		dsn, err := c.driver.Via(c.dsn, servertest.Server(t, c.server).HostPort())
		if err != nil {
			t.Fatal(err)
		}
		_, err = servers.Connect(c.driver, dsn, time.Second)
		if err == nil {
			t.Errorf("%s behind %s: no error", c.server.Title, c.driver.Env())
			continue
		}
		if reason, _ := servers.Explain(c.driver, dsn, err); !strings.Contains(reason.En, c.want) || strings.Contains(reason.En, "hunter2") {
			t.Errorf("%s behind %s: %s", c.server.Title, c.driver.Env(), reason.En)
		}
	}
}

// inEnvironment returns the server of a dialect that the environment names.
func inEnvironment(t *testing.T, d *dialect.Dialect) servers.Server {
	t.Helper()
	for _, s := range servers.NamedIn(nil) {
		if s.Name() == d.Name {
			return s
		}
	}
	t.Fatalf("%s names no server", d.Env())
	return servers.Server{}
}

func TestMain(m *testing.M) { servertest.Main(m) }
