package wire

const (
	// InRow is the largest size in bytes of a large object that is stored in the row itself.
	InRow = 2048
	// LobPiece is the largest number of bytes that a client may send or request at a time; for text it is half as many characters.
	LobPiece = 32000

	lobHeader = 43
	lobInRow  = 1
	lobOffRow = 2
)

// Locator identifies a large object.
type Locator struct {
	ID      int64
	Length  int32 // bytes
	TableID int32
	Column  int16
	Row     int64
}

// LobCell returns the cell of a large object: with its data if it is not larger than InRow, else only with the locator.
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

// ReadLobCell returns the locator in a cell, and the data; nil if the cell has only the locator.
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

// LobRequest requests the length of a large object, or a part of it.
type LobRequest struct {
	Text           bool
	TableID        int32
	Column         int16
	ID             int64
	Offset, Length int32 // bytes, or characters for text
}

// Body returns the encoded request.
func (q LobRequest) Body() []byte {
	var w Writer
	w.Byte(map[bool]byte{true: 1}[q.Text])
	w.Int32(q.TableID)
	w.Int16(q.Column)
	w.Int64(q.ID)
	w.Bytes(make([]byte, 2+2+4)) // group, file and page
	w.Bytes(make([]byte, 2+4+4)) // end of the last part: file, page and offset
	w.Int32(q.Offset)
	w.Int32(q.Length)
	return w.Body()
}

// ReadLobRequest decodes a request. A request for the length may end after the page.
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

// LobPart returns the encoded reply to a request for a part. end says that it is the last part; next is the offset of the next.
func LobPart(data []byte, characters int, end bool, next int32) []byte {
	var w Writer
	w.Byte(map[bool]byte{true: 1}[end])
	w.Int32(int32(len(data)))
	w.Int16(0) // end of this part: file, page and offset
	w.Int32(0)
	w.Int32(next)
	w.Bytes(data)
	w.Int32(int32(characters))
	return w.Body()
}

// ReadLobPart decodes the reply to a request for a part.
func ReadLobPart(body []byte) (data []byte, end bool, err error) {
	r := NewReader(body)
	end = r.Byte() != 0
	n := r.Int32()
	r.Bytes(10)
	data = r.Bytes(int(n))
	return data, end, r.Err()
}
