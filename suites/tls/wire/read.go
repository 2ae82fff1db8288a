package wire

import (
	"cmp"
	"encoding/binary"
	"errors"
	"io"
	"slices"
)

// sealed is a record as it is on the wire.
type sealed struct {
	t       ContentType
	version uint16
	body    []byte
}

// next returns the next record, unopened.
func (c *Conn) next() (r sealed, err error) {
	if c.held != nil {
		r, c.held = *c.held, nil
		return r, nil
	}
	var header [recordHeader]byte
	if _, err := io.ReadFull(c.Conn, header[:]); err != nil {
		return r, err
	}
	r.t, r.version = ContentType(header[0]), binary.BigEndian.Uint16(header[1:])
	n, most := int(binary.BigEndian.Uint16(header[3:])), maxPlaintext+c.Expansion
	if err := c.Must("record length", n <= most, RecordOverflow, "a record of %d bytes", n); err != nil {
		return r, err
	}
	r.body = make([]byte, n)
	if _, err := io.ReadFull(c.Conn, r.body); err != nil {
		return r, errors.Join(io.ErrUnexpectedEOF, err)
	}
	c.last = &r
	return r, nil
}

// open returns the type and content of a record.
func (c *Conn) open(r sealed) (t ContentType, content []byte, err error) {
	t, content = r.t, r.body
	heard := t == Alert && len(content) == 2 && c.Omits("alert protected") // of a peer that has no keys yet
	if c.In != nil && t != ChangeCipherSpec && !heard {
		if t, content, err = c.In.Open(r.t, r.version, r.body); err != nil {
			err = c.Must("record authentic", false, BadRecordMAC, "a record cannot be opened: %v", err)
		}
	}
	if err == nil {
		err = c.Must("content length", len(content) <= maxPlaintext, RecordOverflow, "a record holds %d bytes", len(content))
	}
	return t, content, err
}

// skip counts a record that is left out.
func (c *Conn) skip() error {
	c.skipped++
	return c.Must("few records to leave out", c.skipped <= maxSkipped, UnexpectedMessage, "%d records in a row that mean nothing", c.skipped)
}

// ReadRecord returns the next record's type and content. An alert of the peer is a *PeerAlert, except close_notify, which
// is io.EOF.
func (c *Conn) ReadRecord() (ContentType, []byte, error) {
	for {
		r, err := c.next()
		if err != nil {
			return 0, nil, err
		}
		if r.t == ChangeCipherSpec && c.SkipChangeCipherSpec {
			err := c.Must("ChangeCipherSpec is 1", len(r.body) == 1 && r.body[0] == 1, UnexpectedMessage, "a ChangeCipherSpec of %d bytes", len(r.body))
			if err = cmp.Or(err, c.skip()); err != nil {
				return 0, nil, err
			}
			continue
		}
		t, content, err := c.open(r)
		if c.SkipEarlyData && r.t == ApplicationData && (err != nil || c.In == nil) {
			if err := c.skip(); err != nil {
				return 0, nil, err
			}
			continue
		}
		if err != nil {
			return 0, nil, err
		}
		c.SkipEarlyData = c.SkipEarlyData && c.In == nil
		if t == Alert {
			if err := c.alert(content); err != nil {
				return 0, nil, err
			}
			continue
		}
		if len(content) > 0 {
			c.skipped = 0
		} else if err := c.skip(); err != nil {
			return 0, nil, err
		}
		return t, content, nil
	}
}

// alert returns the error for an alert; nil only where a wrong peer goes on behind it.
func (c *Conn) alert(content []byte) error {
	if len(content) != 2 {
		return c.Must("alert length", false, DecodeError, "an alert of %d bytes", len(content))
	}
	a := &PeerAlert{content[0], AlertDescription(content[1])}
	switch {
	case c.Omits("alert"):
		return nil
	case a.Description == CloseNotify:
		return io.EOF
	}
	return a
}

// Unread has the last record that was read come again.
func (c *Conn) Unread() { c.held = c.last }

// ReadMessage returns the next handshake message, which may come in several records or share one with others.
func (c *Conn) ReadMessage() (Message, error) {
	if len(c.early) > 0 {
		m := c.early[0]
		c.early = c.early[1:]
		return m, nil
	}
	for {
		if m, is, err := c.buffered(); is || err != nil {
			return m, err
		}
		t, content, err := c.ReadRecord()
		if err != nil {
			return Message{}, err
		}
		if err := c.Must("handshake record", t == Handshake, UnexpectedMessage, "a record of type %d within the handshake", t); err != nil {
			return Message{}, err
		}
		switch {
		case t == ChangeCipherSpec && c.In == nil:
			return Message{Type: Switched}, nil
		case t != Handshake:
			continue
		}
		if err := c.Must("handshake record has bytes", len(content) > 0, UnexpectedMessage, "an empty handshake record"); err != nil {
			return Message{}, err
		}
		c.partial = append(c.partial, content...)
	}
}

// buffered returns a message of the records that were read, and whether there is one.
func (c *Conn) buffered() (m Message, is bool, err error) {
	if len(c.partial) < 4 {
		return m, false, nil
	}
	n := int(c.partial[1])<<16 | int(c.partial[2])<<8 | int(c.partial[3])
	if err := c.Must("message length", n <= maxMessage, DecodeError, "a handshake message of %d bytes", n); err != nil {
		return m, false, err
	}
	if len(c.partial) < 4+n {
		return m, false, nil
	}
	raw := c.partial[:4+n]
	c.partial = c.partial[4+n:]
	c.transcript = append(c.transcript, raw...)
	m = Message{MessageType(raw[0]), raw[4:]}
	if c.Inspect != nil {
		err = c.Inspect(m)
	}
	return m, true, err
}

// Expect returns the next handshake message, which must be of one of the types; the last of them is that which must come.
// Where that check is left out, a message that comes later in Order is kept for later, and any other is left out.
func (c *Conn) Expect(types ...MessageType) (Message, error) {
	due := types[len(types)-1]
	for {
		m, err := c.ReadMessage()
		if err != nil || slices.Contains(types, m.Type) {
			return m, err
		}
		if err := c.Must(due.String()+" is due", false, UnexpectedMessage, "%v where %v is due", m.Type, due); err != nil {
			return Message{}, err
		}
		if at := slices.Index(c.Order, due); at > 0 && slices.Index(c.Order, m.Type) > at {
			return c.without(due, m)
		}
	}
}

// without returns the message that is due although another has come in its place: the next if that is it, else an empty one. The
// other comes again.
func (c *Conn) without(due MessageType, other Message) (Message, error) {
	if other.Type == Switched {
		c.Unread()
		return Message{Type: due}, nil
	}
	if other.Type == ServerHelloDone || other.Type == Finished && c.SkipChangeCipherSpec { // the last of a flight, of TLCP or TLS 1.3
		c.early = append(c.early, other)
		return Message{Type: due}, nil
	}
	next, err := c.ReadMessage()
	switch {
	case err != nil:
		return Message{}, err
	case next.Type == due:
		c.early = append(c.early, other)
		return next, nil
	case next.Type == Switched:
		c.early = append(c.early, other)
		c.Unread()
	default:
		c.early = append(c.early, other, next)
	}
	return Message{Type: due}, nil
}

// ExpectSwitch reads ChangeCipherSpec: GB/T 38636-2020 §6.3.5. Where that check is left out, messages in the clear and application
// data are left out, and any other record comes again.
func (c *Conn) ExpectSwitch() error {
	for {
		t, content, err := c.ReadRecord()
		if err != nil {
			return err
		}
		if t == ChangeCipherSpec {
			return c.Must("ChangeCipherSpec is 1", len(content) == 1 && content[0] == 1, DecodeError, "a ChangeCipherSpec of %d bytes", len(content))
		}
		if err := c.Must("ChangeCipherSpec is due", false, UnexpectedMessage, "a record of type %d where ChangeCipherSpec is due", t); err != nil {
			return err
		}
		clear := len(content) >= 4 && messageNames[MessageType(content[0])] != "" && int(content[2])<<8+int(content[3]) == len(content)-4
		switch {
		case t == Handshake && clear:
			c.transcript = append(c.transcript, content...)
		case t == Handshake:
			c.Unread()
			return nil
		}
	}
}

// Whole refuses a handshake message that goes on behind a change of keys: RFC 8446 §5.1.
func (c *Conn) Whole() error {
	return c.Must("message whole at the change of keys", len(c.partial) == 0, UnexpectedMessage, "a message goes on behind the change of keys")
}
