package database

import (
	"context"
	"crypto/tls"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"math"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// changed makes a fault of values of one type.
func changed[T any](change func(T) any) func(any) any {
	return func(v any) any {
		if typed, ok := v.(T); ok {
			return change(typed)
		}
		return v
	}
}

// instead replaces the errors that have a code.
func instead(code string, other error) func(error) error {
	return func(err error) error {
		var server *pgconn.PgError
		if errors.As(err, &server) && server.Code == code {
			return other
		}
		return err
	}
}

var errNumberless = errors.New("no code")

// retried calls every loss of a connection safe to retry, so that database/sql runs the statement again.
func retried(err error) error {
	var server *pgconn.PgError
	if errors.As(err, &server) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return driver.ErrBadConn
}

// breakages is, for each behaviour, a driver that does not have it. They are made afresh for each trial.
func breakages() map[string]fault {
	all := map[string]fault{}
	for _, group := range []map[string]fault{brokenValues(), brokenStatements(), brokenTransactions(), brokenLines()} {
		for key, f := range group {
			all[key] = f
		}
	}
	return all
}

func brokenValues() map[string]fault {
	return map[string]fault{
		"int64":             {in: changed(func(v int64) any { return int64(float64(v)) })},
		"uint64-overflow":   {in: changed(func(v uint64) any { return int64(v) })},
		"float64":           {out: changed(func(v float64) any { return float64(float32(v)) })},
		"float-to-int":      {},
		"double-into-int64": {out: changed(func(v float64) any { return map[bool]any{true: int64(math.MaxInt64), false: v}[v == 1<<63] })},
		"decimal-digits":    {in: changed(nineteenDigits)},
		"decimal-text":      {out: changed(func(v string) any { return strings.TrimSuffix(v, "0") })},
		"decimal-overflow":  {err: instead("22003", nil)},
		"empty-string":      {in: changed(func(v string) any { return map[bool]any{true: nil, false: v}[v == ""] })},
		"empty-bytes":       {in: changed(func(v []byte) any { return map[bool]any{true: nil, false: v}[len(v) == 0] })},
		"null":              {out: func(v any) any { return map[bool]any{true: "", false: v}[v == nil] }},
		"char-padding":      {out: changed(func(v string) any { return strings.TrimSpace(v) })},
		"varchar-length": {in: changed(func(v string) any {
			return map[bool]any{true: v[:min(len(v), 20)], false: v}[len(v) == 21 && v[0] == '1']
		})},
		"characters":    {out: changed(func(v string) any { return strings.Map(basicPlane, v) })},
		"nul-character": {in: changed(func(v string) any { return strings.ReplaceAll(v, "\x00", "") })},
		"invalid-utf8":  {in: changed(func(v string) any { return strings.ToValidUTF8(v, "?") })},
		"sub-second":    {in: changed(func(v time.Time) any { return v.Round(time.Microsecond) })},
		"wall-clock":    {in: changed(func(v time.Time) any { return v.UTC() })},
		"instant": {in: changed(func(v time.Time) any {
			return map[bool]any{true: v.Add(time.Minute), false: v}[v.Nanosecond() == 123456000]
		})},
		"calendar":      {in: changed(func(v time.Time) any { return v.AddDate(max(0, 1-v.Year()), 0, 0) })},
		"shanghai":      {in: changed(wholeMinutes)},
		"boolean":       {out: changed(func(v bool) any { return int64(1) })},
		"dynamic-types": {out: changed(func(v []byte) any { return string(v) })},
		"large-values":  {out: changed(func(v []byte) any { return v[:min(len(v), 1<<20)] })},
		"column-types":  {length: func(n int64) int64 { return 4 * n }},
		"labels": {labels: func(names []string) []string {
			for i := range names {
				names[i] = strings.ToUpper(names[i])
			}
			return names
		}},
		"odd-values": {in: changed(func(func()) any { panic("not a value") })},
	}
}

// nineteenDigits keeps of a long number what 64 bits hold.
func nineteenDigits(v string) any {
	if len(v) > 30 && strings.Trim(v, "-.0123456789") == "" {
		return v[:20] + strings.Map(func(r rune) rune {
			if r == '.' {
				return r
			}
			return '0'
		}, v[20:])
	}
	return v
}

// basicPlane loses what two bytes of UTF-16 cannot hold.
func basicPlane(r rune) rune {
	if r > 0xffff {
		return '?'
	}
	return r
}

// wholeMinutes loses the seconds of a zone's offset.
func wholeMinutes(v time.Time) any {
	_, offset := v.Zone()
	return v.Add(time.Duration(offset%60) * time.Second)
}

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
		// Now and then a statement is run with the arguments of another goroutine.
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
		// Errors are kept in a place that all connections share.
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
			go time.Sleep(7 * time.Second) // longer than the check waits
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

// A driver that runs the last statement again when it loses the connection.
func repeated(c *brokenConn, ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	result, err := c.pgxConn.ExecContext(ctx, query, args)
	if err != nil && c.Conn().IsClosed() {
		c.again()
		return driver.RowsAffected(1), nil
	}
	return result, err
}

// hopeful calls a commit done when the connection is gone.
func hopeful(c *brokenConn, tx driver.Tx) error {
	err := tx.Commit()
	if c.Conn().IsClosed() {
		return nil
	}
	return err
}

type resent struct{ pgx.BatchResults }

func (resent) Close() error { return nil }

func brokenLines() map[string]fault {
	return map[string]fault{
		"session-killed": {undead: true, err: func(err error) error {
			if errors.Is(err, driver.ErrBadConn) {
				return errors.New("lost")
			}
			return err
		}},
		"killed-in-transaction": {commit: hopeful},
		"at-most-once/plain":    {err: retried},
		"at-most-once/bound":    {err: retried},
		"at-most-once/prepared": {err: retried},
		"at-most-once/query":    {err: retried},
		"at-most-once/default_query_exec_mode=cache_describe":  {err: retried},
		"at-most-once/default_query_exec_mode=describe_exec":   {err: retried},
		"at-most-once/default_query_exec_mode=exec":            {err: retried},
		"at-most-once/default_query_exec_mode=simple_protocol": {err: retried},
		"at-most-once/pinned":                                  {exec: repeated},
		"at-most-once/transaction":                             {exec: repeated, commit: hopeful},
		"at-most-once/commit": {commit: func(c *brokenConn, tx driver.Tx) error {
			err := tx.Commit()
			if err != nil && c.Conn().IsClosed() {
				c.again()
				return nil
			}
			return err
		}},
		"at-most-once/batch": {batch: func(c *brokenConn, ctx context.Context, b *pgx.Batch) pgx.BatchResults {
			again := &pgx.Batch{}
			for _, q := range b.QueuedQueries {
				again.Queue(q.SQL, q.Arguments...)
			}
			if err := c.Conn().SendBatch(ctx, b).Close(); err != nil {
				if conn, err := c.connector.Connect(context.Background()); err == nil {
					conn.(batcherOf).Conn().SendBatch(context.Background(), again).Close()
					conn.Close()
				}
			}
			return resent{}
		}},
		"commit-deadline": {commit: func(c *brokenConn, _ driver.Tx) error {
			tag, err := c.Conn().Exec(context.Background(), "commit")
			if tag.String() == "ROLLBACK" {
				return pgx.ErrTxCommitRollback
			}
			return err
		}},
		"result-cut": {next: func(_ int, err error) error {
			if err != nil {
				return io.EOF
			}
			return nil
		}},
		"killed-writers": {exec: func(c *brokenConn, ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
			result, err := c.pgxConn.ExecContext(ctx, query, args)
			if c.Conn().IsClosed() {
				err = nil
			}
			return result, err
		}},
		"restarted-writers": {commit: hopeful},
		"slow-line": {next: func(row int, err error) error {
			if row > 300 {
				return io.EOF
			}
			return err
		}},
		"tls-verification": {insecure: true},
		"tls-session":      {config: func(c *pgx.ConnConfig) { c.TLSConfig = &tls.Config{InsecureSkipVerify: true} }},
		"at-most-once/tls": {err: retried},
	}
}

type batcherOf interface{ Conn() *pgx.Conn }
