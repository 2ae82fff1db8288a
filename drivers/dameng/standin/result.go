package standin

import (
	"github.com/xcmatrix/xcmatrix/drivers/dameng/standin/engine"
	"github.com/xcmatrix/xcmatrix/drivers/dameng/standin/wire"
)

const (
	// blockBytes is the size after which no further rows are added to a message.
	blockBytes = 32 << 10
	blockRows  = 32767
)

// Offsets of the fields of the reply to an execution and to a fetch.
const (
	doneKind     = 20
	doneColumns  = 22
	doneCount    = 24 // rows of the result, or affected ones
	doneRows     = 35 // in this message
	doneRowIDAt  = 44 // the column with the row id, in a reply with rows
	doneRowID    = 43 // the row id, in a reply without rows
	noRowID      = -1
	fetchStart   = 20
	fetchCount   = 28
	fetchedTotal = 20
	fetchedRows  = 28
)

// executionReply returns the reply to an execution, with the first rows of the result.
func (c *session) executionReply(m *wire.Message, st *statement, result engine.Result, limit int64) (*wire.Message, error) {
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

// fetch returns the reply with further rows of a result.
func (c *session) fetch(m *wire.Message) (*wire.Message, error) {
	st, err := c.preparedStatement(m)
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

// block writes rows from start, at most count of them and about blockBytes, but at least one. It returns the number of rows.
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

// row writes a row.
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

// cell returns the cell of a value; a large object is stored and the cell refers to it.
func (c *session) cell(st *statement, column wire.Column, value any) ([]byte, error) {
	if value == nil {
		return nil, nil
	}
	raw, err := wire.Encode(column.Type, value)
	if err != nil {
		return nil, &engine.Error{Code: engine.OutOfRange, Text: err.Error()}
	}
	if column.Type.Large() {
		return c.storeObject(st, column, raw), nil
	}
	return append([]byte{}, raw...), nil // an empty value must not be nil, which means NULL
}
