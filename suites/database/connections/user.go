package connections

import (
	crypto "crypto/rand"
	"fmt"
	"math/rand/v2"

	"github.com/xcmatrix/xcmatrix/drivers/postgres"
	"github.com/xcmatrix/xcmatrix/suites/database/dbtest"
)

// createUser creates a user with a random name, which is dropped at the end of the run. The code is that of the server's
// error, "" if there is none.
func createUser(t *dbtest.T, password string) (user, code string) {
	user = fmt.Sprintf("xcu%x", rand.Uint64())
	if code := t.ExecCode("CREATE USER " + user + " {identified by} '" + password + "'"); code != "" {
		return "", code
	}
	t.AtEnd(func() { t.ExecCode("DROP USER " + user) })
	return user, ""
}

// DefaultHashing returns the data source name of a user whose password the server has hashed with its default number of
// iterations. The password of a throw-away PostgreSQL server's own user is hashed with one iteration, which makes a login
// cheaper than it is for other programs.
func DefaultHashing(t *dbtest.T) string {
	if t.Name != postgres.Dialect.Name || t.Clear(t.DSN) == t.DSN {
		return t.DSN
	}
	password := crypto.Text()
	user, code := createUser(t, password)
	if code != "" {
		t.Fatalf("create a user: %s", code)
	}
	dsn, err := t.As(t.DSN, user, password)
	t.Must(err, "name the other user")
	return dsn
}
