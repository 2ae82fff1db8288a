package cli

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/xcmatrix/xcmatrix/drivers/servers/daemon"
	"github.com/xcmatrix/xcmatrix/drivers/servers/mariadb"
	postgresserver "github.com/xcmatrix/xcmatrix/drivers/servers/postgres"
	"github.com/xcmatrix/xcmatrix/results/needs"
)

// TestNoPasswordIsKept runs specs that pass, fail and miss on servers whose passwords are known, and looks for these in
// all that is printed and in every file that is written.
func TestNoPasswordIsKept(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: servers are started")
	}
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	secrets := [][]byte{[]byte("s3cretThatIsWrong")}
	servers := map[string]*daemon.Server{}
	for name, start := range map[string]func(context.Context, string) (*daemon.Server, error){
		"POSTGRES": postgresserver.Start, "MYSQL": mariadb.Start,
	} {
		server, err := start(t.Context(), t.TempDir())
		var absent *daemon.AbsentError
		if errors.As(err, &absent) {
			needs.Absent(t, needs.Server(absent.Program), absent)
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(server.Stop)
		servers[name], secrets = server, append(secrets, []byte(server.Password))
		t.Setenv("XCMATRIX_DSN_"+name, server.Address())
	}
	wrong, err := url.Parse(servers["POSTGRES"].Address())
	if err != nil {
		t.Fatal(err)
	}
	wrong.User = url.UserPassword("xcmatrix", "s3cretThatIsWrong")
	t.Setenv("XCMATRIX_DSN_KINGBASE", wrong.String())                                   // refused
	t.Setenv("XCMATRIX_DSN_OPENGAUSS", "opengauss://u:s3cretThatIsWrong@127.0.0.1:1/d") // away
	t.Setenv("XCMATRIX_DSN_OCEANBASE", "u:s3cretThatIsWrong@tcp(127.0.0.1:1)/d")        // away

	dir := t.TempDir()
	args := []string{"run", "--suite", "database", "--target", "native"}
	for _, d := range []string{"postgres", "mysql", "kingbase", "opengauss", "oceanbase"} {
		for _, spec := range []string{"the server says what it is", "a float64 that no integer can hold is refused by BIGINT and INT",
			"a password with @ : / ? # % and Chinese logs in", "lost replies to a statement without arguments",
			"a killed session costs at most one error", "the server is reached by TLS, and its own certificate is verified"} {
			args = append(args, "--spec", d+" / "+spec)
		}
	}
	commands := [][]string{args, append(args, "--json"), {"show", "latest", "--json"}, {"show", "latest", "--format", "csv"},
		{"findings", "latest"}, {"findings", "latest", "--json"}, {"doctor", "--suite", "database", "--target", "native", "--json"},
		{"plan", "--suite", "database", "--json"}}
	for _, command := range commands {
		got := try(t, program(t, dir, command...))
		if got.code != exitPass && got.code != exitFound {
			t.Errorf("%s: exit status %d: %s%s", command[0], got.code, got.out, got.err)
		}
		for _, secret := range secrets {
			if bytes.Contains([]byte(got.out+got.err), secret) {
				t.Errorf("%s prints a password", command[0])
			}
		}
	}
	files := 0
	err = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		files++
		if info, err := e.Info(); err != nil || info.Mode()&0o111 != 0 {
			return err // the payload, which is this test's own program
		}
		text, err := os.ReadFile(path)
		for _, secret := range secrets {
			if bytes.Contains(text, secret) {
				t.Errorf("%s holds a password", path)
			}
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if files < 5 {
		t.Errorf("only %d files were looked at", files)
	}
}
