package standin

import (
	"github.com/xcmatrix/xcmatrix/drivers/dameng/standin/engine"
	"github.com/xcmatrix/xcmatrix/drivers/dameng/standin/wire"
)

// object is a large object to which a row refers. Text is stored as characters, because clients count text in characters.
type object struct {
	bytes      []byte
	characters []rune
	text       bool
}

// length returns the length in bytes, or in characters for text.
func (o *object) length() int {
	if o.text {
		return len(o.characters)
	}
	return len(o.bytes)
}

// part returns the bytes between two offsets, which count characters for text.
func (o *object) part(from, to int) []byte {
	if o.text {
		return []byte(string(o.characters[from:to]))
	}
	return o.bytes[from:to]
}

// storeObject returns the cell of a large object. An object that does not fit into the cell is stored until the statement is
// executed again.
func (c *session) storeObject(st *statement, column wire.Column, raw []byte) []byte {
	c.lastObject++
	l := wire.Locator{ID: c.lastObject, TableID: column.TableID, Column: column.Position}
	if len(raw) > wire.InRow {
		o := &object{text: column.Type == wire.Clob, bytes: raw}
		if o.text {
			o.bytes, o.characters = nil, []rune(string(raw))
		}
		c.objects[l.ID] = o
		st.objectIDs = append(st.objectIDs, l.ID)
	}
	return wire.LobCell(l, raw)
}

// release removes the rows and large objects of the last execution.
func (c *session) release(st *statement) {
	for _, id := range st.objectIDs {
		delete(c.objects, id)
	}
	st.objectIDs, st.rows = nil, nil
}

// requestedObject returns the request in a message and its object. It returns an *engine.Error if there is no such object.
func (c *session) requestedObject(m *wire.Message) (wire.LobRequest, *object, error) {
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

// objectLength returns the reply with the length of an object.
func (c *session) objectLength(m *wire.Message) (*wire.Message, error) {
	_, o, err := c.requestedObject(m)
	if err != nil {
		return nil, err
	}
	var w wire.Writer
	w.Int32(int32(o.length()))
	reply := answerTo(m)
	reply.Body = w.Body()
	return reply, nil
}

// objectPart returns the reply with a part of an object: as much as the client requests, but not more than fits into a message.
func (c *session) objectPart(m *wire.Message) (*wire.Message, error) {
	q, o, err := c.requestedObject(m)
	if err != nil {
		return nil, err
	}
	largest := wire.LobPiece
	if o.text {
		largest /= 2
	}
	from := min(max(int(q.Offset), 0), o.length())
	to := min(from+min(max(int(q.Length), 0), largest), o.length())
	reply := answerTo(m)
	reply.Body = wire.LobPart(o.part(from, to), to-from, to == o.length(), int32(to))
	return reply, nil
}
