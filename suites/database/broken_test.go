package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/stdlib"

	"github.com/xcmatrix/xcmatrix/drivers/daemon"
	"github.com/xcmatrix/xcmatrix/drivers/dialect"
	"github.com/xcmatrix/xcmatrix/drivers/postgres"
	"github.com/xcmatrix/xcmatrix/drivers/postgres/cluster"
)

// fault is how a driver is broken: what it does to values on their way in and out, to errors and to statements.
type fault struct {
	in, out func(any) any
	err     func(error) error
	exec    func(c *brokenConn, ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error)
	begin   func(*driver.TxOptions)
	commit  bool // a rollback commits
}

type brokenConnector struct {
	driver.Connector
	fault fault
}

func (c brokenConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &brokenConn{Conn: conn.(*stdlib.Conn), fault: c.fault}, nil
}

type brokenConn struct {
	*stdlib.Conn
	fault fault
}

func (c *brokenConn) said(err error) error {
	if err != nil && c.fault.err != nil {
		return c.fault.err(err)
	}
	return err
}

func (c *brokenConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	c.spoil(args)
	if c.fault.exec != nil {
		return c.fault.exec(c, ctx, query, args)
	}
	result, err := c.Conn.ExecContext(ctx, query, args)
	if err = c.said(err); err == nil && result == nil {
		result = driver.RowsAffected(0)
	}
	return result, err
}

func (c *brokenConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	c.spoil(args)
	rows, err := c.Conn.QueryContext(ctx, query, args)
	if err != nil {
		return nil, c.said(err)
	}
	return &brokenRows{Rows: rows, fault: c.fault}, nil
}

func (c *brokenConn) spoil(args []driver.NamedValue) {
	for i := range args {
		if c.fault.in != nil {
			args[i].Value = c.fault.in(args[i].Value)
		}
	}
}

func (c *brokenConn) BeginTx(ctx context.Context, options driver.TxOptions) (driver.Tx, error) {
	if c.fault.begin != nil {
		c.fault.begin(&options)
	}
	tx, err := c.Conn.BeginTx(ctx, options)
	return brokenTx{tx, c.fault.commit}, err
}

type brokenTx struct {
	driver.Tx
	commit bool
}

func (t brokenTx) Rollback() error {
	if t.commit {
		return t.Commit()
	}
	return t.Tx.Rollback()
}

type brokenRows struct {
	driver.Rows
	fault fault
}

func (r *brokenRows) Next(values []driver.Value) error {
	err := r.Rows.Next(values)
	for i := range values {
		if err == nil && r.fault.out != nil {
			values[i] = r.fault.out(values[i])
		}
	}
	return err
}

// changed makes a fault of values of one type.
func changed[T any](change func(T) any) func(any) any {
	return func(v any) any {
		if typed, ok := v.(T); ok {
			return change(typed)
		}
		return v
	}
}

// breakages is, for each behaviour, a driver that does not have it.
var breakages = map[string]fault{
	"int64":            {in: changed(func(v int64) any { return int64(float64(v)) })},
	"float64":          {out: changed(func(v float64) any { return float64(float32(v)) })},
	"decimal-digits":   {in: changed(func(v string) any { return strings.TrimRight(v, "0123456789") + "0" })},
	"decimal-text":     {out: changed(func(v string) any { return strings.TrimSuffix(v, "0") })},
	"decimal-overflow": {err: func(error) error { return nil }},
	"empty-string":     {in: changed(func(v string) any { return map[bool]any{true: nil, false: v}[v == ""] })},
	"empty-bytes":      {in: changed(func(v []byte) any { return map[bool]any{true: nil, false: v}[len(v) == 0] })},
	"null":             {out: func(v any) any { return map[bool]any{true: "", false: v}[v == nil] }},
	"char-padding":     {out: changed(func(v string) any { return strings.TrimSpace(v) })},
	"varchar-length":   {in: changed(func(v string) any { return v[:min(len(v), 20)] })},
	"characters":       {out: changed(func(v string) any { return strings.Map(basicPlane, v) })},
	"nul-character":    {in: changed(func(v string) any { return strings.ReplaceAll(v, "\x00", "") })},
	"invalid-utf8":     {in: changed(func(v string) any { return strings.ToValidUTF8(v, "?") })},
	"sub-second":       {in: changed(func(v time.Time) any { return v.Round(time.Microsecond) })},
	"wall-clock":       {in: changed(func(v time.Time) any { return v.UTC() })},
	"instant":          {out: changed(func(v time.Time) any { return v.Add(time.Minute) })},
	"calendar":         {in: changed(func(v time.Time) any { return v.AddDate(max(0, 1-v.Year()), 0, 0) })},
	"shanghai":         {in: changed(func(v time.Time) any { return v.Truncate(time.Minute) })},
	"boolean":          {out: changed(func(v bool) any { return int64(1) })},
	"dynamic-types":    {out: changed(func(v []byte) any { return string(v) })},
	"large-values":     {out: changed(func(v []byte) any { return v[:min(len(v), 1<<20)] })},
	"rows-affected": {exec: func(c *brokenConn, ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
		_, err := c.Conn.ExecContext(ctx, query, args)
		return driver.RowsAffected(0), err
	}},
	"argument-count": {exec: func(c *brokenConn, ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
		for len(args) < strings.Count(query, "$") {
			args = append(args, driver.NamedValue{Ordinal: len(args) + 1})
		}
		return c.Conn.ExecContext(ctx, query, args)
	}},
	"constraint-codes":     {err: func(error) error { return errors.New("no code") }},
	"statement-codes":      {err: func(error) error { return errors.New("no code") }},
	"atomicity":            {commit: true},
	"ddl-rollback":         {commit: true},
	"error-in-transaction": {err: func(error) error { return nil }},
	"isolation-levels":     {begin: func(o *driver.TxOptions) { o.Isolation = min(o.Isolation, 6) }},
	"read-only":            {begin: func(o *driver.TxOptions) { o.ReadOnly = false }},
	"phantom":              {begin: func(o *driver.TxOptions) { o.Isolation = 0 }},
	"lost-update":          {begin: func(o *driver.TxOptions) { o.Isolation = 0 }},
	"write-skew":           {begin: func(o *driver.TxOptions) { o.Isolation = 0 }},
	"deadline": {exec: func(c *brokenConn, _ context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
		return c.Conn.ExecContext(context.Background(), query, args)
	}},
	"at-most-once/bound": {err: func(error) error { return driver.ErrBadConn }},
	"killed-writers": {exec: func(c *brokenConn, ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
		c.Conn.ExecContext(ctx, query, args)
		return driver.RowsAffected(1), nil
	}},
	"multi-row":       {err: func(error) error { return nil }},
	"parallel-errors": {err: func(error) error { return errors.New("no code") }},
}

// basicPlane loses what two bytes of UTF-16 cannot hold.
func basicPlane(r rune) rune {
	if r > 0xffff {
		return '?'
	}
	return r
}

// TestBehavioursCanFail looks at each behaviour through a driver that is broken in just that.
func TestBehavioursCanFail(t *testing.T) {
	dsn := os.Getenv(postgres.Dialect.Env())
	if dsn == "" {
		s, err := cluster.Start(t.Context(), t.TempDir())
		var absent *daemon.AbsentError
		if errors.As(err, &absent) {
			t.Skip(absent)
		}
		if err != nil {
			t.Fatal(err)
		}
		defer s.Stop()
		dsn = s.DSN()
	}
	for _, b := range behaviours() {
		broken, ok := breakages[b.key]
		if !ok {
			continue
		}
		t.Run(b.key, func(t *testing.T) {
			if o := tried(t, dsn, b, fault{}); !o.good() {
				t.Errorf("fails with a driver that is not broken: %v", o)
			}
			if o := tried(t, dsn, b, broken); o.good() {
				t.Error("passes with a broken driver")
			}
		})
	}
}

func tried(t *testing.T, dsn string, b behaviour, broken fault) outcome {
	d := *postgres.Dialect
	d.Open = func(dsn string, settings ...dialect.Setting) (*sql.DB, error) {
		config, err := postgres.Config(dsn, settings...)
		if err != nil {
			return nil, err
		}
		return sql.OpenDB(brokenConnector{stdlib.GetConnector(*config), broken}), nil
	}
	ctx, cancel := context.WithTimeout(t.Context(), b.limit())
	defer cancel()
	db, err := d.Open(dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	trial := &trial{Dialect: &d, ctx: ctx, dsn: dsn, db: db, what: b.key, observe: func(string, json.RawMessage) {}}
	return trial.run(b.body)
}
