package standin

import (
	"strings"

	"github.com/xcmatrix/xcmatrix/drivers/dameng/standin/engine"
	"github.com/xcmatrix/xcmatrix/drivers/dameng/standin/wire"
)

// statement is a statement handle and the statement that was prepared with it.
type statement struct {
	*engine.Statement
	pieces     map[int16][]byte // of large values, by parameter
	pieceBytes int              // total size of pieces
	rows       [][]any          // of the last execution
	objectIDs  []int64          // ids of the large objects to which rows refer
}

const (
	maxStatements = 10_000
	maxPieceBytes = 64 << 20 // largest total size of pieces in bytes
)

var (
	errHandle = &engine.Error{Code: -7001, Text: "no statement has this handle"}
	errTooBig = &engine.Error{Code: -7002, Text: "more than a stand-in holds"}
)

// Offsets of the fields of the requests.
const (
	askAutocommit    = 20 // of a prepare and an execution
	askDirect        = 21
	askDirectMaxRows = 27
	askParameters    = 21
	askRows          = 24
	askMaxRows       = 40
	askPiece         = 20
)

// allocate allocates a statement handle.
func (c *session) allocate(m *wire.Message) (*wire.Message, error) {
	if len(c.statements) >= maxStatements {
		return nil, errTooBig
	}
	c.last++
	c.statements[c.last] = &statement{}
	reply := answerTo(m)
	reply.Handle = c.last
	return reply, nil
}

// free frees a statement handle.
func (c *session) free(m *wire.Message) *wire.Message {
	if st := c.statements[m.Handle]; st != nil {
		c.release(st)
		delete(c.statements, m.Handle)
	}
	return answerTo(m)
}

// prepare parses a statement, and also executes it if the client requests a direct execution.
func (c *session) prepare(m *wire.Message) (*wire.Message, error) {
	st := c.statements[m.Handle]
	if st == nil {
		return nil, errHandle
	}
	prepared, err := c.engine.Prepare(strings.TrimRight(string(m.Body), "\x00"))
	if err != nil {
		return nil, err
	}
	c.release(st)
	*st = statement{Statement: prepared}
	if m.Byte(askDirect) == 0 {
		return c.prepareReply(m, st)
	}
	result, err := c.run(st, nil, m.Byte(askAutocommit) != 0)
	if err != nil {
		return nil, err
	}
	return c.executionReply(m, st, result, m.Int64(askDirectMaxRows))
}

// Offsets of the fields of the reply to a prepare.
const (
	preparedKind       = 20
	preparedParameters = 22
	preparedColumns    = 24
)

// prepareReply returns the reply to a prepare, with the parameters and columns of the statement.
func (c *session) prepareReply(m *wire.Message, st *statement) (*wire.Message, error) {
	reply := answerTo(m)
	reply.SetInt16(preparedKind, int16(st.Kind))
	reply.SetInt16(preparedParameters, int16(len(st.Parameters)))
	reply.SetInt16(preparedColumns, int16(len(st.Columns)))
	var w wire.Writer
	for _, p := range st.Parameters {
		w.Parameter(p)
	}
	for _, column := range st.Columns {
		w.Column(column)
	}
	reply.Body = w.Body()
	return reply, nil
}

// preparedStatement returns the statement of a message. It returns errHandle if none was prepared.
func (c *session) preparedStatement(m *wire.Message) (*statement, error) {
	st := c.statements[m.Handle]
	if st == nil || st.Statement == nil {
		return nil, errHandle
	}
	return st, nil
}

// describeBinds begins the transfer of values in pieces. It ignores their types, which the execution repeats.
func (c *session) describeBinds(m *wire.Message) (*wire.Message, error) {
	st, err := c.preparedStatement(m)
	if err != nil {
		return nil, err
	}
	st.pieces, st.pieceBytes = nil, 0
	return c.prepareReply(m, st)
}

// putPiece stores a piece of a large value.
func (c *session) putPiece(m *wire.Message) (*wire.Message, error) {
	st, err := c.preparedStatement(m)
	if err != nil {
		return nil, err
	}
	r := wire.NewReader(m.Body)
	n := r.Int32()
	r.Int32() // −1
	piece := r.Bytes(int(n))
	if r.Err() != nil {
		return nil, r.Err()
	}
	if st.pieceBytes += len(piece); st.pieceBytes > maxPieceBytes {
		return nil, errTooBig
	}
	if st.pieces == nil {
		st.pieces = map[int16][]byte{}
	}
	at := m.Int16(askPiece)
	st.pieces[at] = append(st.pieces[at], piece...)
	return answerTo(m), nil
}

// execute runs a prepared statement once for each row of values.
func (c *session) execute(m *wire.Message) (*wire.Message, error) {
	st, err := c.preparedStatement(m)
	if err != nil {
		return nil, err
	}
	rows, err := st.values(m)
	if err != nil {
		return nil, err
	}
	var all engine.Result
	for _, values := range rows {
		one, err := c.run(st, values, m.Byte(askAutocommit) != 0)
		if err != nil {
			return nil, err
		}
		all.Rows, all.LastID, all.Affected = one.Rows, one.LastID, all.Affected+one.Affected
	}
	st.pieces, st.pieceBytes = nil, 0
	return c.executionReply(m, st, all, m.Int64(askMaxRows))
}

// values returns the rows of values in a message. A statement without parameters has one empty row.
func (st *statement) values(m *wire.Message) ([][]any, error) {
	n, rows := int(uint16(m.Int16(askParameters))), m.Int64(askRows)
	if n == 0 {
		return [][]any{nil}, nil
	}
	r := wire.NewReader(m.Body)
	types := r.Binds(n)
	if rows < 1 || rows > int64(r.Len()) { // each value takes two bytes at least
		return nil, wire.ErrShort
	}
	out := make([][]any, 0, rows)
	for range rows {
		values := make([]any, n)
		for i := range values {
			cell := r.Cell()
			if piece, sent := st.pieces[int16(i)]; sent && len(cell) == 0 {
				cell = piece
			}
			if r.Err() != nil {
				return nil, r.Err()
			}
			value, err := decodeBind(types[i], cell)
			if err != nil {
				return nil, err
			}
			values[i] = value
		}
		out = append(out, values)
	}
	return out, nil
}

// decodeBind returns the value in a cell.
func decodeBind(t wire.Type, cell []byte) (any, error) {
	if cell == nil || t == wire.Null {
		return nil, nil
	}
	value, err := wire.Decode(t, cell)
	if err != nil {
		return nil, &engine.Error{Code: engine.NotConverted, Text: err.Error()}
	}
	return value, nil
}

// run runs a statement with one row of values, and commits after that if autocommit is set.
func (c *session) run(st *statement, values []any, autocommit bool) (engine.Result, error) {
	result, err := c.engine.Run(st.Statement, values)
	if autocommit && err == nil {
		c.engine.Commit()
	}
	return result, err
}
