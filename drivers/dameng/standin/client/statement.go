package client

import (
	"context"
	"database/sql/driver"

	"github.com/xcmatrix/xcmatrix/drivers/dameng/standin/wire"
)

// statement is a statement with a handle of the server.
type statement struct {
	*conn
	handle     int32
	parameters []wire.Column
}

// allocate returns a statement with a new handle.
func (c *conn) allocate(ctx context.Context) (*statement, error) {
	m := &wire.Message{Command: wire.Allocate}
	m.SetByte(20, 1)
	reply, err := c.request(ctx, m)
	if err != nil {
		return nil, err
	}
	return &statement{conn: c, handle: reply.Handle}, nil
}

func (c *conn) Prepare(query string) (driver.Stmt, error) {
	return c.PrepareContext(context.Background(), query)
}

// PrepareContext implements driver.ConnPrepareContext.
func (c *conn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	s, err := c.allocate(ctx)
	if err != nil {
		return nil, err
	}
	reply, err := s.request(ctx, s.text(query, false))
	if err != nil {
		s.Close()
		return nil, err
	}
	r := wire.NewReader(reply.Body)
	for range uint16(reply.Int16(22)) {
		s.parameters = append(s.parameters, r.Column())
	}
	return s, r.Err()
}

// text returns the message that prepares a statement, or executes it directly.
func (s *statement) text(query string, direct bool) *wire.Message {
	m := &wire.Message{Handle: s.handle, Command: wire.Prepare, Body: append([]byte(query), 0)}
	m.SetByte(20, s.autocommit())
	m.SetByte(21, map[bool]byte{true: 1}[direct])
	return m
}

func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if len(args) > 0 {
		return nil, driver.ErrSkip // database/sql prepares a statement instead
	}
	s, err := c.allocate(ctx)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	reply, err := s.request(ctx, s.text(query, true))
	return result{reply}, err
}

func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if len(args) > 0 {
		return nil, driver.ErrSkip
	}
	s, err := c.allocate(ctx)
	if err != nil {
		return nil, err
	}
	reply, err := s.request(ctx, s.text(query, true))
	if err != nil {
		s.Close()
		return nil, err
	}
	rows, err := s.rows(ctx, reply)
	if err == nil {
		rows.last = s.Close
	}
	return rows, err
}

// Close frees the handle.
func (s *statement) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeTime)
	defer cancel()
	_, err := s.request(ctx, &wire.Message{Handle: s.handle, Command: wire.Free})
	return err
}

// NumInput returns the number of arguments that database/sql checks; -1 for no check.
func (s *statement) NumInput() int {
	if s.Defect == FillsMissing {
		return -1
	}
	return len(s.parameters)
}

func (s *statement) Exec([]driver.Value) (driver.Result, error) { return nil, driver.ErrSkip }
func (s *statement) Query([]driver.Value) (driver.Rows, error)  { return nil, driver.ErrSkip }

func (s *statement) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	reply, err := s.execute(ctx, args)
	return result{reply}, err
}

func (s *statement) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	reply, err := s.execute(ctx, args)
	if err != nil {
		return nil, err
	}
	return s.rows(ctx, reply)
}

// offRow is the size in bytes from which a value is sent in pieces, before the row. piece is the size of a piece.
const (
	offRow = 8188
	piece  = 16000
)

// execute sends large values in pieces, and then the row, and returns the reply.
func (s *statement) execute(ctx context.Context, args []driver.NamedValue) (*wire.Message, error) {
	for len(args) < len(s.parameters) { // only if NumInput returns -1
		args = append(args, driver.NamedValue{})
	}
	args = args[:len(s.parameters)]
	var binds, row wire.Writer
	pieces := map[int][]byte{}
	for i, a := range args {
		t, cell, err := s.encode(s.parameters[i], a.Value)
		if err != nil {
			return nil, err
		}
		if len(cell) >= offRow {
			t = map[bool]wire.Type{true: wire.Clob, false: wire.Blob}[t == wire.Varchar]
			pieces[i], cell = cell, []byte{}
		}
		binds.Bind(t)
		row.Cell(cell)
	}
	if len(pieces) > 0 {
		m := &wire.Message{Handle: s.handle, Command: wire.DescribeBinds, Body: binds.Body()}
		m.SetInt16(20, int16(len(args)))
		if _, err := s.request(ctx, m); err != nil {
			return nil, err
		}
	}
	for i, value := range pieces {
		if err := s.put(ctx, i, value); err != nil {
			return nil, err
		}
	}
	m := &wire.Message{Handle: s.handle, Command: wire.Execute, Body: append(binds.Body(), row.Body()...)}
	m.SetByte(20, s.autocommit())
	m.SetInt16(21, int16(len(args)))
	m.SetByte(23, 1)
	m.SetInt64(24, 1)
	return s.request(ctx, m)
}

// put sends a large value of a parameter in pieces.
func (s *statement) put(ctx context.Context, parameter int, value []byte) error {
	for len(value) > 0 {
		n := min(len(value), piece)
		var w wire.Writer
		w.Int32(int32(n))
		w.Int32(-1)
		w.Bytes(value[:n])
		m := &wire.Message{Handle: s.handle, Command: wire.PutPiece, Body: w.Body()}
		m.SetInt16(20, int16(parameter))
		if _, err := s.request(ctx, m); err != nil {
			return err
		}
		value = value[n:]
	}
	return nil
}

type result struct{ reply *wire.Message }

func (r result) RowsAffected() (int64, error) { return r.reply.Int64(24), nil }
func (r result) LastInsertId() (int64, error) { return r.reply.Int64(43), nil }
