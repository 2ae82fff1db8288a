package servers

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"

	"github.com/xcmatrix/xcmatrix/drivers/dialect"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/database/dbtest"
)

// connectTime is how long the first connection to a server may take on an idle machine. With the dialect's look at the
// address afterwards, a server that never answers is reported within ten seconds.
const connectTime = 5 * time.Second

// Reach returns the data source name of a dialect's server, and what the server says of itself. If there is no server that
// can be used, the spec ends as a miss.
func Reach(d *dialect.Dialect) (dsn string, server dialect.Server) {
	GinkgoHelper()
	dsn = Source(d, check.Env())
	if dsn == "" {
		check.Miss(absent(d))
	}
	var err error
	switch {
	case HasStandIn(d) && d.StandIn != nil:
		if dsn, err = startStandIn(d); err != nil {
			check.Error(record.Sayf("the stand-in does not start: %v", "替身未能启动：%v", err))
		}
	case !HasStandIn(d):
		named := dsn
		if dsn, err = d.Read(named); err != nil {
			MissServer(d, named, err)
		}
	}
	if server, err = connectOnce(d, dsn); err != nil {
		MissServer(d, dsn, err)
	}
	return dsn, server
}

// MissServer ends the spec as a miss: the server cannot be used, because of err.
func MissServer(d *dialect.Dialect, dsn string, err error) {
	GinkgoHelper()
	if told, ok := toldMissing(d); ok {
		check.Miss(told.Reason, told.Remedy)
	}
	check.Miss(explain(d, dsn, err))
}

// absent returns the reason why there is no server, and the remedy: those that the coordinator gave, or that no server is
// named.
func absent(d *dialect.Dialect) (reason, remedy record.Sentence) {
	if told, ok := toldMissing(d); ok {
		return told.Reason, told.Remedy
	}
	return record.Sayf("no %[1]s server: %[2]s is not set, and none was started here",
		"没有 %[1]s 服务器：未设置 %[2]s，本机也未能启动", d.Title, d.Env()), remedyOf(d)
}

// toldMissing returns what the coordinator says is missing for a dialect, and whether it says so.
func toldMissing(d *dialect.Dialect) (m record.Missing, ok bool) {
	err := json.Unmarshal([]byte(check.Env().Get(record.MissingEnv(d.Name))), &m)
	return m, err == nil && m.Reason.En != ""
}

// connected holds the result of the first connection to each server, so that a server that does not answer costs its timeout
// only once.
var connected sync.Map

// connectOnce connects to a server when it is first called for it, and returns that result later, too.
func connectOnce(d *dialect.Dialect, dsn string) (dialect.Server, error) {
	once, _ := connected.LoadOrStore(d.Name+" "+dsn, sync.OnceValues(func() (dialect.Server, error) {
		return connect(d, dsn, dbtest.ScaleByLoad(connectTime))
	}))
	return once.(func() (dialect.Server, error))()
}

// encodingError means that a database's encoding does not have all characters.
type encodingError struct{ encoding string }

func (e *encodingError) Error() string { return "encoding " + e.encoding }

// connect makes the first connection to a server within limit. It returns an error if the specs cannot run on the server:
// also if its encoding does not have all characters, or if no table can be created there.
func connect(d *dialect.Dialect, dsn string, limit time.Duration) (server dialect.Server, err error) {
	db, err := d.Open(dsn)
	if err != nil {
		return server, err
	}
	defer db.Close()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	server, err = d.Server(ctx, db)
	if err != nil {
		return server, err
	}
	same := func(encoding string) bool { return strings.EqualFold(encoding, server.Encoding) }
	if len(d.Encodings) > 0 && !slices.ContainsFunc(d.Encodings, same) {
		return server, &encodingError{server.Encoding}
	}
	return server, createAndDrop(ctx, d, db)
}

// createAndDrop creates a table and drops it.
func createAndDrop(ctx context.Context, d *dialect.Dialect, db *sql.DB) error {
	table := "xc_" + strings.ToLower(rand.Text())
	if _, err := db.ExecContext(ctx, d.SQL("CREATE TABLE "+table+" (v {int})")); err != nil {
		return err
	}
	_, err := db.ExecContext(ctx, "DROP TABLE "+table)
	return err
}
