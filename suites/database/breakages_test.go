package database

import (
	"context"
	"database/sql/driver"
	"errors"

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
