package client

import (
	"context"
	"database/sql/driver"
	"io"
	"unicode/utf8"

	"github.com/xcmatrix/xcmatrix/drivers/dameng/standin/wire"
)

// rows are what a query gave: one block of them at a time.
type rows struct {
	*statement
	ctx         context.Context
	columns     []wire.Column
	block       *wire.Reader
	left        int // in the block
	read, total int64
	last        func() error
}

func (s *statement) rows(ctx context.Context, reply *wire.Message) (*rows, error) {
	r := wire.NewReader(reply.Body)
	out := &rows{statement: s, ctx: ctx, block: r, left: int(reply.Int16(35)), total: reply.Int64(24)}
	for range reply.Int16(22) {
		out.columns = append(out.columns, r.Column())
	}
	if len(out.columns) == 0 {
		out.total = 0 // rows that were written, not rows to read
	}
	return out, r.Err()
}

func (r *rows) Columns() []string {
	names := make([]string, len(r.columns))
	for i, c := range r.columns {
		names[i] = c.Name
	}
	return names
}

func (r *rows) Close() error {
	if r.last == nil {
		return nil
	}
	if err := r.last(); r.Defect != Truncates {
		return err
	}
	return nil
}

func (r *rows) Next(into []driver.Value) error {
	if r.read == r.total {
		return io.EOF
	}
	if r.left == 0 {
		if err := r.fetch(); err != nil {
			return r.cut(err)
		}
	}
	r.block.Bytes(2 + 8 + 2*len(r.columns))
	for i, c := range r.columns {
		cell := r.block.Cell()
		if r.block.Err() != nil {
			return r.block.Err()
		}
		value, err := r.decode(r.ctx, c, cell)
		if err != nil {
			return err
		}
		into[i] = value
	}
	r.read++
	r.left--
	return nil
}

func (r *rows) fetch() error {
	m := &wire.Message{Handle: r.handle, Command: wire.Fetch}
	m.SetInt64(20, r.read)
	m.SetInt64(28, r.total-r.read)
	reply, err := r.ask(r.ctx, m)
	if err != nil {
		return err
	}
	r.block, r.left = wire.NewReader(reply.Body), int(reply.Int32(28))
	if r.left == 0 {
		return io.ErrUnexpectedEOF
	}
	return nil
}

// object reads a large object, piece by piece if it does not stand in its row.
func (c *conn) object(ctx context.Context, column wire.Column, cell []byte) ([]byte, error) {
	l, data, err := wire.ReadLobCell(cell)
	if err != nil || data != nil {
		return data, err
	}
	out := []byte{}
	for offset := int32(0); ; {
		q := wire.LobRequest{Text: column.Type == wire.Clob, TableID: l.TableID, Column: l.Column, ID: l.ID, Offset: offset,
			Length: piece}
		reply, err := c.ask(ctx, &wire.Message{Command: wire.LobRead, Body: q.Body()})
		if err != nil {
			return nil, err
		}
		part, end, err := wire.ReadLobPart(reply.Body)
		if err != nil {
			return nil, err
		}
		out = append(out, part...)
		if end {
			return out, nil
		}
		if len(part) == 0 {
			return nil, io.ErrUnexpectedEOF
		}
		if q.Text {
			offset += int32(utf8.RuneCount(part))
		} else {
			offset += int32(len(part))
		}
	}
}
