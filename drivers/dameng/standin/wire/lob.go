package wire

const (
	// InRow is how many bytes of a large object stand in the row itself, at most.
	InRow = 2048
	// LobPiece is how many bytes a client may send or ask for at a time, at most; of text half as many characters.
	LobPiece = 32000

	lobHeader = 43
	lobInRow  = 1
	lobOffRow = 2
)

// Locator says where a large object lies.
type Locator struct {
	ID      int64
	Length  int32 // bytes
	TableID int32
	Column  int16
	Row     int64
}

// LobCell puts a large object into the cell of a row: whole where it is short, else only where it lies.
func LobCell(l Locator, data []byte) []byte {
	var w Writer
	short := len(data) <= InRow
	w.Byte(map[bool]byte{true: lobInRow, false: lobOffRow}[short])
	w.Int64(l.ID)
	w.Int32(int32(len(data)))
	w.Bytes(make([]byte, 2+2+4)) // group, file and page
	w.Int32(l.TableID)
	w.Int16(l.Column)
	w.Int64(l.Row)
	w.Bytes(make([]byte, 2+2+4)) // group, file and page of the row
	if short {
		w.Bytes(data)
	}
	return w.Body()
}

// ReadLobCell returns the locator, and the object itself if it stands there: nil if not.
func ReadLobCell(cell []byte) (Locator, []byte, error) {
	r := NewReader(cell)
	kind := r.Byte()
	l := Locator{ID: r.Int64(), Length: r.Int32()}
	r.Bytes(8)
	l.TableID, l.Column, l.Row = r.Int32(), r.Int16(), r.Int64()
	r.Bytes(8)
	if r.Err() != nil {
		return l, nil, r.Err()
	}
	if kind != lobInRow {
		return l, nil, nil
	}
	data := r.Bytes(int(l.Length))
	return l, data, r.Err()
}

// LobRequest asks for the length of a large object, or for a part of it.
type LobRequest struct {
	Text           bool
	TableID        int32
	Column         int16
	ID             int64
	Offset, Length int32 // bytes, of text characters
}

// Body of the request.
func (q LobRequest) Body() []byte {
	var w Writer
	w.Byte(map[bool]byte{true: 1}[q.Text])
	w.Int32(q.TableID)
	w.Int16(q.Column)
	w.Int64(q.ID)
	w.Bytes(make([]byte, 2+2+4)) // group, file and page
	w.Bytes(make([]byte, 2+4+4)) // where the last part ended: file, page and offset
	w.Int32(q.Offset)
	w.Int32(q.Length)
	return w.Body()
}

// ReadLobRequest takes a request apart. One for the length may end with the page.
func ReadLobRequest(body []byte) (LobRequest, error) {
	r := NewReader(body)
	q := LobRequest{Text: r.Byte() != 0, TableID: r.Int32(), Column: r.Int16(), ID: r.Int64()}
	r.Bytes(8)
	if r.Err() != nil || r.Len() < 18 {
		return q, r.Err()
	}
	r.Bytes(10)
	q.Offset, q.Length = r.Int32(), r.Int32()
	return q, r.Err()
}

// LobPart returns the answer to a request for a part.
func LobPart(data []byte, characters int, end bool, next int32) []byte {
	var w Writer
	w.Byte(map[bool]byte{true: 1}[end])
	w.Int32(int32(len(data)))
	w.Int16(0) // where this part ends: file, page and offset
	w.Int32(0)
	w.Int32(next)
	w.Bytes(data)
	w.Int32(int32(characters))
	return w.Body()
}

// ReadLobPart takes such an answer apart.
func ReadLobPart(body []byte) (data []byte, end bool, err error) {
	r := NewReader(body)
	end = r.Byte() != 0
	n := r.Int32()
	r.Bytes(10)
	data = r.Bytes(int(n))
	return data, end, r.Err()
}
