package standin

import (
	"github.com/xcmatrix/xcmatrix/drivers/dameng/standin/engine"
	"github.com/xcmatrix/xcmatrix/drivers/dameng/standin/wire"
)

// object is a large one that a row names. A client counts text in characters, so text is kept as those.
type object struct {
	bytes      []byte
	characters []rune
	text       bool
}

func (o *object) length() int {
	if o.text {
		return len(o.characters)
	}
	return len(o.bytes)
}

// part returns what lies between two offsets.
func (o *object) part(from, to int) []byte {
	if o.text {
		return []byte(string(o.characters[from:to]))
	}
	return o.bytes[from:to]
}

// lend makes the cell of a large object, and keeps what does not fit into it until the statement runs again.
func (c *session) lend(st *statement, column wire.Column, raw []byte) []byte {
	c.lastObject++
	l := wire.Locator{ID: c.lastObject, TableID: column.TableID, Column: column.Position}
	if len(raw) > wire.InRow {
		o := &object{text: column.Type == wire.Clob, bytes: raw}
		if o.text {
			o.bytes, o.characters = nil, []rune(string(raw))
		}
		c.objects[l.ID] = o
		st.lent = append(st.lent, l.ID)
	}
	return wire.LobCell(l, raw)
}

// release forgets the rows of the last execution.
func (c *session) release(st *statement) {
	for _, id := range st.lent {
		delete(c.objects, id)
	}
	st.lent, st.rows = nil, nil
}

// asked returns the object that a message is about.
func (c *session) asked(m *wire.Message) (wire.LobRequest, *object, error) {
	q, err := wire.ReadLobRequest(m.Body)
	if err != nil {
		return q, nil, err
	}
	o := c.objects[q.ID]
	if o == nil {
		return q, nil, &engine.Error{Code: -7004, Text: "no large object has this number"}
	}
	return q, o, nil
}

func (c *session) objectLength(m *wire.Message) (*wire.Message, error) {
	_, o, err := c.asked(m)
	if err != nil {
		return nil, err
	}
	var w wire.Writer
	w.Int32(int32(o.length()))
	reply := answerTo(m)
	reply.Body = w.Body()
	return reply, nil
}

// objectPart sends a part, as much as was asked for and a message may have.
func (c *session) objectPart(m *wire.Message) (*wire.Message, error) {
	q, o, err := c.asked(m)
	if err != nil {
		return nil, err
	}
	most := wire.LobPiece
	if o.text {
		most /= 2
	}
	from := min(max(int(q.Offset), 0), o.length())
	to := min(from+min(max(int(q.Length), 0), most), o.length())
	reply := answerTo(m)
	reply.Body = wire.LobPart(o.part(from, to), to-from, to == o.length(), int32(to))
	return reply, nil
}
