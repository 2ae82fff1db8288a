package database

import (
	"context"
	"database/sql/driver"
	"errors"

	"github.com/jackc/pgx/v5/pgconn"
)

// changed returns a function that changes values of type T and leaves others as they are.
func changed[T any](change func(T) any) func(any) any {
	return func(v any) any {
		if typed, ok := v.(T); ok {
			return change(typed)
		}
		return v
	}
}

// instead returns a function that replaces errors with a code by other.
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

// retried reports every loss of a connection as safe to retry, so that database/sql executes the statement again.
func retried(err error) error {
	var server *pgconn.PgError
	if errors.As(err, &server) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return driver.ErrBadConn
}

// breakages returns, by the key of each case, a fault that makes pgx fail it. Faults have state: each run gets new ones.
func breakages() map[string]fault {
	all := map[string]fault{}
	for _, group := range []map[string]fault{brokenValues(), brokenStatements(), brokenTransactions(), brokenLines()} {
		for key, f := range group {
			all[key] = f
		}
	}
	return all
}
