package database

import (
	"context"
	"crypto/tls"
	"database/sql/driver"
	"errors"
	"io"

	"github.com/jackc/pgx/v5"
)

// repeated executes the last statement again if the connection is lost.
func repeated(c *brokenConn, ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	result, err := c.pgxConn.ExecContext(ctx, query, args)
	if err != nil && c.Conn().IsClosed() {
		c.again()
		return driver.RowsAffected(1), nil
	}
	return result, err
}

// hopeful reports a commit as done if the connection is lost.
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
