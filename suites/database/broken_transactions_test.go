package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"strings"
	"time"
)

func brokenTransactions() map[string]fault {
	return map[string]fault{
		"atomicity":            {rollback: driver.Tx.Commit},
		"error-in-transaction": {err: instead("25P02", nil)},
		"savepoint": {exec: func(c *brokenConn, ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
			if strings.HasPrefix(query, "ROLLBACK TO") {
				return driver.RowsAffected(0), nil
			}
			return c.pgxConn.ExecContext(ctx, query, args)
		}},
		// Statements that change the schema run outside the transaction.
		"ddl-rollback": {exec: func(c *brokenConn, ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
			if strings.HasPrefix(query, "CREATE TABLE") {
				c.again()
				return driver.RowsAffected(0), nil
			}
			return c.pgxConn.ExecContext(ctx, query, args)
		}},
		"isolation-levels": {begin: func(o *driver.TxOptions) {
			o.Isolation = min(o.Isolation, driver.IsolationLevel(sql.LevelSerializable))
		}},
		"read-only":   {begin: func(o *driver.TxOptions) { o.ReadOnly = false }},
		"phantom":     {begin: weaker(sql.LevelRepeatableRead, sql.LevelReadCommitted)},
		"lost-update": {begin: weaker(sql.LevelRepeatableRead, sql.LevelReadCommitted)},
		"write-skew":  {begin: weaker(sql.LevelSerializable, sql.LevelRepeatableRead)},
		"deadline": {exec: func(c *brokenConn, ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
			if ctx.Err() == nil {
				ctx = context.Background()
			}
			return c.pgxConn.ExecContext(ctx, query, args)
		}},
		"cancelled": {exec: func(c *brokenConn, ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
			if ctx.Err() != nil {
				ctx = context.Background()
			}
			return c.pgxConn.ExecContext(ctx, query, args)
		}},
		"busy-pool": {connect: func(context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(context.Background(), 2*time.Second)
		}},
		"cancel-storm": {query: func(c *brokenConn, ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
			go time.Sleep(time.Minute) // longer than the check waits, also on a busy machine
			return c.pgxConn.QueryContext(ctx, query, args)
		}},
	}
}

// weaker replaces an isolation level.
func weaker(asked, given sql.IsolationLevel) func(*driver.TxOptions) {
	return func(o *driver.TxOptions) {
		if o.Isolation == driver.IsolationLevel(asked) {
			o.Isolation = driver.IsolationLevel(given)
		}
	}
}
