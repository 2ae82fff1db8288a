// Package connections has the cases about connections: logging in, TLS, and waiting for a connection of a pool. It also
// makes the users and the proxied pools that other cases need.
package connections

import (
	"time"

	"github.com/xcmatrix/xcmatrix/drivers/faultproxy"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/database/dbtest"
)

// Pool is the case about a deadline that ends while the program waits for a connection.
var Pool = []dbtest.Case{
	{Text: "a busy pool respects a deadline", Key: "busy-pool",
		Severity: record.High, Check: busyPool,
		Source: "Go, database/sql.DB.Conn: waits until a connection is free or the context is done"},
}

// busyPool lets a deadline end while the pool waits for a connection, and while the driver waits for a silent server.
func busyPool(t *dbtest.T) {
	t.DB.SetMaxOpenConns(1)
	conn, err := t.DB.Conn(t.Ctx)
	t.Must(err, "connect")
	defer conn.Close()
	ctx, cancel := t.WithTimeout(200 * time.Millisecond)
	defer cancel()
	t.Expect("ping of a busy pool", t.Code(t.DB.PingContext(ctx)), "deadline")
	p, pool := Proxied(t)
	back := dbtest.ReturnsWithin(1500*time.Millisecond, func() time.Duration {
		p.Set(faultproxy.Fault{Action: faultproxy.BlackHole})
		ctx, cancel := t.WithTimeout(200 * time.Millisecond)
		defer cancel()
		return dbtest.Elapsed(func() { err = pool.PingContext(ctx) })
	})
	t.Expect("connecting to a silent server is an error", err != nil, true)
	t.Expect("back within 1.5 s of a 0.2 s deadline", back, true)
}
