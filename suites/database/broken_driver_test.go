package database

import (
	"context"
	"database/sql/driver"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// fault says how a driver is broken. Fields that are nil change nothing.
type fault struct {
	config   func(*pgx.ConnConfig)                                       // before connecting
	connect  func(context.Context) (context.Context, context.CancelFunc) // the context to connect with
	in, out  func(any) any                                               // values on their way in and out
	err      func(error) error                                           // of a statement or query
	exec     func(c *brokenConn, ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error)
	query    func(c *brokenConn, ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error)
	batch    func(c *brokenConn, ctx context.Context, b *pgx.Batch) pgx.BatchResults
	next     func(row int, err error) error // what reading a row, from 1, comes to
	labels   func([]string) []string
	length   func(int64) int64 // of a column
	begin    func(*driver.TxOptions)
	commit   func(c *brokenConn, tx driver.Tx) error
	rollback func(tx driver.Tx) error
	undead   bool // a closed connection is used again
	insecure bool // every certificate is accepted
}

type brokenConnector struct {
	driver.Connector
	fault fault
}

func (c brokenConnector) Connect(ctx context.Context) (driver.Conn, error) {
	if c.fault.connect != nil {
		var cancel context.CancelFunc
		ctx, cancel = c.fault.connect(ctx)
		defer cancel()
	}
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &brokenConn{pgxConn: conn.(*stdlib.Conn), connector: c.Connector, fault: c.fault}, nil
}

type pgxConn = stdlib.Conn // so that the embedded field does not hide the method Conn

type brokenConn struct {
	*pgxConn
	connector driver.Connector
	fault     fault
	last      func(context.Context, driver.ExecerContext) // does the last statement again
}

func (c *brokenConn) said(err error) error {
	if err != nil && c.fault.err != nil {
		return c.fault.err(err)
	}
	return err
}

func (c *brokenConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	c.spoil(args)
	c.last = func(ctx context.Context, again driver.ExecerContext) { again.ExecContext(ctx, query, args) }
	if c.fault.exec != nil {
		return c.fault.exec(c, ctx, query, args)
	}
	result, err := c.pgxConn.ExecContext(ctx, query, args)
	if err = c.said(err); err == nil && result == nil {
		result = driver.RowsAffected(0)
	}
	return result, err
}

func (c *brokenConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (rows driver.Rows, err error) {
	c.spoil(args)
	if c.fault.query != nil {
		rows, err = c.fault.query(c, ctx, query, args)
	} else {
		rows, err = c.pgxConn.QueryContext(ctx, query, args)
	}
	if err != nil {
		return nil, c.said(err)
	}
	return &brokenRows{Rows: rows.(*stdlib.Rows), fault: c.fault}, nil
}

func (c *brokenConn) spoil(args []driver.NamedValue) {
	for i := range args {
		if c.fault.in != nil {
			args[i].Value = c.fault.in(args[i].Value)
		}
	}
}

// again executes the last statement once more, on another connection.
func (c *brokenConn) again() {
	conn, err := c.connector.Connect(context.Background())
	if err == nil {
		defer conn.Close()
		c.last(context.Background(), conn.(driver.ExecerContext))
	}
}

func (c *brokenConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	s, err := c.pgxConn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	return &brokenStmt{Stmt: s.(*stdlib.Stmt), conn: c, query: query}, nil
}

func (c *brokenConn) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	if c.fault.batch != nil {
		return c.fault.batch(c, ctx, b)
	}
	return c.Conn().SendBatch(ctx, b)
}

func (c *brokenConn) ResetSession(ctx context.Context) error {
	if c.fault.undead {
		return nil
	}
	return c.pgxConn.ResetSession(ctx)
}

func (c *brokenConn) BeginTx(ctx context.Context, options driver.TxOptions) (driver.Tx, error) {
	if c.fault.begin != nil {
		c.fault.begin(&options)
	}
	tx, err := c.pgxConn.BeginTx(ctx, options)
	return brokenTx{tx, c}, err
}

type brokenStmt struct {
	*stdlib.Stmt
	conn  *brokenConn
	query string
}

func (s *brokenStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	return s.conn.ExecContext(ctx, s.query, args)
}

func (s *brokenStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	return s.conn.QueryContext(ctx, s.query, args)
}

type brokenTx struct {
	driver.Tx
	conn *brokenConn
}

func (t brokenTx) Commit() error {
	if t.conn.fault.commit != nil {
		return t.conn.fault.commit(t.conn, t.Tx)
	}
	return t.Tx.Commit()
}

func (t brokenTx) Rollback() error {
	if t.conn.fault.rollback != nil {
		return t.conn.fault.rollback(t.Tx)
	}
	return t.Tx.Rollback()
}

type brokenRows struct {
	*stdlib.Rows
	fault fault
	row   int
}

func (r *brokenRows) Next(values []driver.Value) error {
	err := r.Rows.Next(values)
	r.row++
	for i := range values {
		if err == nil && r.fault.out != nil {
			values[i] = r.fault.out(values[i])
		}
	}
	if r.fault.next != nil {
		return r.fault.next(r.row, err)
	}
	return err
}

func (r *brokenRows) Close() error {
	err := r.Rows.Close()
	if r.fault.next != nil {
		return nil
	}
	return err
}

func (r *brokenRows) Columns() []string {
	if r.fault.labels != nil {
		return r.fault.labels(r.Rows.Columns())
	}
	return r.Rows.Columns()
}

func (r *brokenRows) ColumnTypeLength(index int) (int64, bool) {
	length, ok := r.Rows.ColumnTypeLength(index)
	if r.fault.length != nil {
		length = r.fault.length(length)
	}
	return length, ok
}
