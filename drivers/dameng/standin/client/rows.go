package client

import (
	"context"
	"database/sql/driver"
	"io"
	"unicode/utf8"

	"github.com/xcmatrix/xcmatrix/drivers/dameng/standin/wire"
)

// rows is the result of a query. It holds one block of rows at a time.
type rows struct {
	*statement
	ctx         context.Context
	columns     []wire.Column
	block       *wire.Reader
	rowsLeft    int // in the block
	read, total int64
	last        func() error
}

// rows returns the rows in the reply to an execution.
func (s *statement) rows(ctx context.Context, reply *wire.Message) (*rows, error) {
	r := wire.NewReader(reply.Body)
	out := &rows{statement: s, ctx: ctx, block: r, rowsLeft: int(reply.Int16(35)), total: reply.Int64(24)}
	for range reply.Int16(22) {
		out.columns = append(out.columns, r.Column())
	}
	if len(out.columns) == 0 {
		out.total = 0 // the number of affected rows, not of rows to read
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
	if r.rowsLeft == 0 {
		if err := r.fetch(); err != nil {
			return r.rowsError(err)
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
	r.rowsLeft--
	return nil
}

// fetch requests the next block.
func (r *rows) fetch() error {
	m := &wire.Message{Handle: r.handle, Command: wire.Fetch}
	m.SetInt64(20, r.read)
	m.SetInt64(28, r.total-r.read)
	reply, err := r.request(r.ctx, m)
	if err != nil {
		return err
	}
	r.block, r.rowsLeft = wire.NewReader(reply.Body), int(reply.Int32(28))
	if r.rowsLeft == 0 {
		return io.ErrUnexpectedEOF
	}
	return nil
}

// object returns a large object. It requests it in pieces if the cell has only its locator.
func (c *conn) object(ctx context.Context, column wire.Column, cell []byte) ([]byte, error) {
	l, data, err := wire.ReadLobCell(cell)
	if err != nil || data != nil {
		return data, err
	}
	out := []byte{}
	for offset := int32(0); ; {
		q := wire.LobRequest{Text: column.Type == wire.Clob, TableID: l.TableID, Column: l.Column, ID: l.ID, Offset: offset,
			Length: piece}
		reply, err := c.request(ctx, &wire.Message{Command: wire.LobRead, Body: q.Body()})
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
