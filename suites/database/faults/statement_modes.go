package faults

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/xcmatrix/xcmatrix/suites/database/dbtest"
)

// statementMode is one way to run an insert of a key. It calls arm right before the step whose reply gets lost.
type statementMode func(ctx context.Context, db *sql.DB, insert string, key int, arm func()) error

// execLiteral writes the key into the statement, which then has no arguments.
func execLiteral(ctx context.Context, db *sql.DB, insert string, key int, arm func()) error {
	arm()
	literal := insert[:strings.LastIndexByte(insert, '(')+1] + strconv.Itoa(key) + ")"
	_, err := db.ExecContext(ctx, literal)
	return err
}

// execArgs executes the statement with the key as its argument.
func execArgs(ctx context.Context, db *sql.DB, insert string, key int, arm func()) error {
	arm()
	_, err := db.ExecContext(ctx, insert, key)
	return err
}

// execPrepared returns the mode that prepares one statement for all keys. The statement is closed at the end of the run: the
// reply to that must not be lost, since a driver may wait for it without a time limit.
func execPrepared(t *dbtest.T) statementMode {
	var statement *sql.Stmt
	return func(ctx context.Context, db *sql.DB, insert string, key int, arm func()) (err error) {
		if statement == nil {
			if statement, err = db.PrepareContext(ctx, insert); err != nil {
				return err
			}
			t.AtEnd(func() { statement.Close() })
		}
		arm()
		_, err = statement.ExecContext(ctx, key)
		return err
	}
}

// query executes the insert as a query.
func query(ctx context.Context, db *sql.DB, insert string, key int, arm func()) error {
	arm()
	rows, err := db.QueryContext(ctx, insert, key)
	if err != nil {
		return err
	}
	rows.Next()
	rows.Close()
	return rows.Err()
}

// beginAndExec starts a transaction and executes the statement in it.
func beginAndExec(ctx context.Context, db *sql.DB, insert string, key int) (*sql.Tx, error) {
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

// commit executes the statement in a transaction, and loses the reply to the commit.
func commit(ctx context.Context, db *sql.DB, insert string, key int, arm func()) error {
	tx, err := beginAndExec(ctx, db, insert, key)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	arm()
	return tx.Commit()
}

// execInTx loses the reply to the second statement of a transaction. A driver that connects again without an error, and goes
// on, has lost the first.
func execInTx(ctx context.Context, db *sql.DB, insert string, key int, arm func()) error {
	tx, err := beginAndExec(ctx, db, insert, key)
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

// execPinned executes the statement on one connection of the pool, which database/sql does not exchange for another.
func execPinned(ctx context.Context, db *sql.DB, insert string, key int, arm func()) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	arm()
	_, err = conn.ExecContext(ctx, insert, key)
	return err
}

// batcher is a connection of pgx that sends batches.
type batcher interface {
	SendBatch(context.Context, *pgx.Batch) pgx.BatchResults
}

// errNoBatch means that a driver's connection cannot send batches.
var errNoBatch = errors.New("the driver has no batches")

// sendBatch sends two inserts in one batch, which the server runs as one transaction.
func sendBatch(ctx context.Context, db *sql.DB, insert string, key int, arm func()) error {
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
