package database

import (
	"context"
	"database/sql/driver"
	"math"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
)

type lastID int64

func (id lastID) LastInsertId() (int64, error) { return int64(id), nil }
func (id lastID) RowsAffected() (int64, error) { return 1, nil }

func brokenStatements() map[string]fault {
	var previous atomic.Pointer[string]
	var turns atomic.Int64
	var stale, mixed error
	var mu sync.Mutex
	return map[string]fault{
		"argument-count": {exec: func(c *brokenConn, ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
			for len(args) < strings.Count(query, "$") {
				args = append(args, driver.NamedValue{Ordinal: len(args) + 1})
			}
			return c.pgxConn.ExecContext(ctx, query, args)
		}},
		// One in a hundred statements gets the arguments of another goroutine.
		"prepared-concurrency": {in: changed(func(v string) any {
			before := previous.Swap(&v)
			if turns.Add(1)%100 == 99 {
				return *before
			}
			return v
		})},
		"last-insert-id": {exec: func(c *brokenConn, ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
			_, err := c.pgxConn.ExecContext(ctx, query, args)
			return lastID(0), err
		}},
		"rows-affected": {exec: func(c *brokenConn, ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
			_, err := c.pgxConn.ExecContext(ctx, query, args)
			return driver.RowsAffected(0), err
		}},
		"two-statements": {query: func(c *brokenConn, ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
			first, _, _ := strings.Cut(query, ";")
			return c.pgxConn.QueryContext(ctx, first, args)
		}},
		"constraint-codes": {err: instead("23502", errNumberless)},
		"statement-codes":  {err: instead("42703", errNumberless)},
		"parameter-limit": {query: func(c *brokenConn, ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
			if len(args) > math.MaxUint16 { // the count is sent in 16 bits
				query, args = "SELECT 1", nil
			}
			return c.pgxConn.QueryContext(ctx, query, args)
		}},
		// The statement cache is never emptied.
		"alter-table": {query: func(c *brokenConn, ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
			if stale != nil && strings.Contains(query, "$") {
				return nil, stale
			}
			rows, err := c.pgxConn.QueryContext(ctx, query, args)
			if instead("0A000", nil)(err) != err {
				stale = err
			}
			return rows, err
		}},
		// A multi-row insert is sent row by row.
		"multi-row": {exec: func(c *brokenConn, ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
			single, several := strings.CutSuffix(query, ", ($2), ($3)")
			if !several {
				return c.pgxConn.ExecContext(ctx, query, args)
			}
			var last error
			for _, a := range args {
				if _, err := c.pgxConn.ExecContext(ctx, single, []driver.NamedValue{{Ordinal: 1, Value: a.Value}}); err != nil {
					last = err
				}
			}
			return driver.RowsAffected(len(args)), last
		}},
		// All connections share one variable for errors.
		"parallel-errors": {err: func(err error) error {
			mu.Lock()
			defer mu.Unlock()
			if turns.Add(1) < 20 {
				return err
			}
			before := mixed
			if mixed = err; before == nil {
				return err
			}
			return before
		}},
		"password-characters": {config: func(c *pgx.ConnConfig) { c.Password = url.QueryEscape(c.Password) }},
	}
}
