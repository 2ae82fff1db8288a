package standin

import (
	"github.com/xcmatrix/xcmatrix/drivers/dameng/standin/engine"
	"github.com/xcmatrix/xcmatrix/drivers/dameng/standin/wire"
)

const (
	// blockBytes is when the rows of one message are enough.
	blockBytes = 32 << 10
	blockRows  = 32767
)

// Fields of the reply to an execution, by their offset.
const (
	doneKind     = 20
	doneColumns  = 22
	doneCount    = 24 // rows of the result, or affected ones
	doneRows     = 35 // in this message
	doneRowIDAt  = 44 // the column that has it, where rows come
	doneRowID    = 43 // where none come
	noRowID      = -1
	fetchStart   = 20
	fetchCount   = 28
	fetchedTotal = 20
	fetchedRows  = 28
)

// executed returns the reply to an execution, with the first rows of a result.
func (c *session) executed(m *wire.Message, st *statement, result engine.Result, limit int64) (*wire.Message, error) {
	c.release(st)
	reply := answerTo(m)
	reply.SetInt16(doneKind, int16(st.Kind))
	reply.SetInt16(doneColumns, int16(len(st.Columns)))
	if st.Kind != engine.Select && st.Kind != engine.Call {
		reply.SetInt64(doneCount, result.Affected)
		reply.SetInt64(doneRowID, result.LastID)
		return reply, nil
	}
	reply.SetInt16(doneRowIDAt, noRowID)
	if st.rows = result.Rows; limit > 0 && int64(len(st.rows)) > limit {
		st.rows = st.rows[:limit]
	}
	reply.SetInt64(doneCount, int64(len(st.rows)))
	var w wire.Writer
	for _, column := range st.Columns {
		w.Column(column)
	}
	n, err := c.block(&w, st, 0, blockRows)
	reply.SetInt16(doneRows, int16(n))
	reply.Body = w.Body()
	return reply, err
}

// fetch returns the reply that has more rows.
func (c *session) fetch(m *wire.Message) (*wire.Message, error) {
	st, err := c.ready(m)
	if err != nil {
		return nil, err
	}
	start, count := m.Int64(fetchStart), m.Int64(fetchCount)
	if start < 0 || start > int64(len(st.rows)) {
		return nil, &engine.Error{Code: -7003, Text: "the result has no such row"}
	}
	if count < 1 || count > blockRows {
		count = blockRows
	}
	var w wire.Writer
	n, err := c.block(&w, st, int(start), int(count))
	reply := answerTo(m)
	reply.SetInt64(fetchedTotal, int64(len(st.rows)))
	reply.SetInt32(fetchedRows, int32(n))
	reply.Body = w.Body()
	return reply, err
}

// block puts rows from start on, until they are enough, and at least one if there is one.
func (c *session) block(w *wire.Writer, st *statement, start, count int) (n int, err error) {
	from := len(w.Body())
	for _, row := range st.rows[start:min(start+count, len(st.rows))] {
		if n > 0 && len(w.Body())-from > blockBytes {
			break
		}
		if err := c.row(w, st, int64(start+n), row); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

func (c *session) row(w *wire.Writer, st *statement, number int64, row []any) error {
	w.Int16(0)
	w.Int64(number)
	w.Bytes(make([]byte, 2*len(row)))
	for i, value := range row {
		cell, err := c.cell(st, st.Columns[i], value)
		if err != nil {
			return err
		}
		w.Cell(cell)
	}
	return nil
}

// cell returns a value of a row; a large one is lent to the client under a number.
func (c *session) cell(st *statement, column wire.Column, value any) ([]byte, error) {
	if value == nil {
		return nil, nil
	}
	raw, err := wire.Encode(column.Type, value)
	if err != nil {
		return nil, &engine.Error{Code: engine.OutOfRange, Text: err.Error()}
	}
	if column.Type.Large() {
		return c.lend(st, column, raw), nil
	}
	return append([]byte{}, raw...), nil // not nil, which is NULL
}
