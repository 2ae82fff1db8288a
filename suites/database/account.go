package database

import (
	crypto "crypto/rand"
	"fmt"
	"math/rand/v2"

	"github.com/xcmatrix/xcmatrix/drivers/postgres"
)

// account makes a user that is dropped in the end. The code is that of the error.
func (t *trial) account(password string) (user, code string) {
	user = fmt.Sprintf("xcu%x", rand.Uint64())
	if code := t.try("CREATE USER " + user + " {identified by} '" + password + "'"); code != "" {
		return "", code
	}
	t.closers = append(t.closers, func() { t.try("DROP USER " + user) })
	return user, ""
}

// ordinary is a data source name whose password the server has hashed as often as it does by itself. The user of a
// throw-away PostgreSQL server has it hashed once, which makes a login cheaper than any program's.
func (t *trial) ordinary() string {
	if t.Name != postgres.Dialect.Name || t.Clear(t.dsn) == t.dsn {
		return t.dsn
	}
	password := crypto.Text()
	user, code := t.account(password)
	if code != "" {
		t.stop("create a user: %s", code)
	}
	dsn, err := t.As(t.dsn, user, password)
	t.must(err, "name the other user")
	return dsn
}
