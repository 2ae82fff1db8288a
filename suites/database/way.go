package database

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// way is one way to run an insert of a key. It calls arm right before the step whose reply gets lost.
type way func(ctx context.Context, db *sql.DB, insert string, key int, arm func()) error

func plain(ctx context.Context, db *sql.DB, insert string, key int, arm func()) error {
	arm()
	literal := insert[:strings.LastIndexByte(insert, '(')+1] + strconv.Itoa(key) + ")"
	_, err := db.ExecContext(ctx, literal)
	return err
}

func bound(ctx context.Context, db *sql.DB, insert string, key int, arm func()) error {
	arm()
	_, err := db.ExecContext(ctx, insert, key)
	return err
}

// prepared is the way with one statement for all keys, which is closed in the end: the reply to that must not be among
// those that get lost, since a driver may wait for it after the statement was given up.
func (t *trial) prepared() way {
	var statement *sql.Stmt
	return func(ctx context.Context, db *sql.DB, insert string, key int, arm func()) (err error) {
		if statement == nil {
			if statement, err = db.PrepareContext(ctx, insert); err != nil {
				return err
			}
			t.closers = append(t.closers, func() { statement.Close() })
		}
		arm()
		_, err = statement.ExecContext(ctx, key)
		return err
	}
}

func queried(ctx context.Context, db *sql.DB, insert string, key int, arm func()) error {
	arm()
	rows, err := db.QueryContext(ctx, insert, key)
	if err != nil {
		return err
	}
	rows.Next()
	rows.Close()
	return rows.Err()
}

// begun is a transaction with the statement in it.
func begun(ctx context.Context, db *sql.DB, insert string, key int) (*sql.Tx, error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	if _, err := tx.ExecContext(ctx, insert, key); err != nil {
		tx.Rollback()
		return nil, err
	}
	return tx, nil
}

func committed(ctx context.Context, db *sql.DB, insert string, key int, arm func()) error {
	tx, err := begun(ctx, db, insert, key)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	arm()
	return tx.Commit()
}

// transacted loses the reply to the second statement of a transaction. A driver that connects again behind the
// program's back, and goes on, has lost the first.
func transacted(ctx context.Context, db *sql.DB, insert string, key int, arm func()) error {
	tx, err := begun(ctx, db, insert, key)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	arm()
	if _, err := tx.ExecContext(ctx, insert, -key); err != nil {
		return err
	}
	return tx.Commit()
}

// pinned runs the statement on one connection of the pool, which database/sql does not change for another.
func pinned(ctx context.Context, db *sql.DB, insert string, key int, arm func()) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	arm()
	_, err = conn.ExecContext(ctx, insert, key)
	return err
}

// batcher is what pgx sends a batch by.
type batcher interface {
	SendBatch(context.Context, *pgx.Batch) pgx.BatchResults
}

// errNoBatch says that a driver's connection knows no batches.
var errNoBatch = errors.New("the driver has no batches")

// batched sends two inserts in one batch, which the server runs as one transaction.
func batched(ctx context.Context, db *sql.DB, insert string, key int, arm func()) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	return conn.Raw(func(driver any) error {
		var sender batcher
		switch c := driver.(type) {
		case batcher:
			sender = c
		case interface{ Conn() *pgx.Conn }:
			sender = c.Conn()
		default:
			return errNoBatch
		}
		var batch pgx.Batch
		batch.Queue(insert, key)
		batch.Queue(insert, -key)
		arm()
		return sender.SendBatch(ctx, &batch).Close()
	})
}
