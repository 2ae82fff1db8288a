package wire

import (
	"encoding/binary"
	"errors"
	"io"
	"net"

	"github.com/emmansun/gmsm/sm3"
)

const (
	maxPlaintext  = 1 << 14             // bytes of a record's content, RFC 8446 §5.1, GB/T 38636-2020 §6.3.3.1
	maxCiphertext = maxPlaintext + 2048 // bytes of a protected record, GB/T 38636-2020 §6.3.3.4
	maxMessage    = 1 << 18             // bytes of a handshake message that a peer is ready to hold
	recordHeader  = 5                   // bytes
)

// Protection seals and opens records in one direction.
type Protection interface {
	// Seal returns a record's type and body on the wire.
	Seal(t ContentType, version uint16, content []byte) (ContentType, []byte, error)
	// Open returns the type and content of a record. It fails where the record is not what Seal made.
	Open(t ContentType, version uint16, body []byte) (ContentType, []byte, error)
}

// Conn carries records and handshake messages over a connection, and keeps the transcript.
type Conn struct {
	net.Conn
	Version uint16     // of the records that are written
	In, Out Protection // nil before keys are there

	// Alter is called with each handshake message before it is written, and returns what is written in its place: the
	// transcript holds that too. nil writes each message as it is.
	Alter func(Message) []Message
	// AlterRecord is called with each record before it is written, and returns the bytes that are written in its place.
	AlterRecord func(record []byte) []byte
	// SkipChangeCipherSpec leaves out these records when reading, as TLS 1.3 does (RFC 8446 §5).
	SkipChangeCipherSpec bool

	transcript []byte
	partial    []byte // the beginning of a handshake message
	Sent, Got  int    // bytes on the wire
}

// WriteRecord writes contents of one type, in as many records as it needs.
func (c *Conn) WriteRecord(t ContentType, content []byte) error {
	for {
		part := content[:min(len(content), maxPlaintext)]
		content = content[len(part):]
		outer, body := t, part
		if c.Out != nil && t != ChangeCipherSpec {
			var err error
			if outer, body, err = c.Out.Seal(t, c.Version, part); err != nil {
				return err
			}
		}
		record := binary.BigEndian.AppendUint16([]byte{byte(outer)}, c.Version)
		record = append(binary.BigEndian.AppendUint16(record, uint16(len(body))), body...)
		if c.AlterRecord != nil {
			record = c.AlterRecord(record)
		}
		n, err := c.Conn.Write(record)
		c.Sent += n
		if err != nil || len(content) == 0 {
			return err
		}
	}
}

// ReadRecord returns the next record's type and content. An alert of the peer is a *PeerAlert, except close_notify, which
// is io.EOF.
func (c *Conn) ReadRecord() (ContentType, []byte, error) {
	for {
		var header [recordHeader]byte
		if _, err := io.ReadFull(c.Conn, header[:]); err != nil {
			return 0, nil, err
		}
		t, version := ContentType(header[0]), binary.BigEndian.Uint16(header[1:])
		n := int(binary.BigEndian.Uint16(header[3:]))
		if n > maxCiphertext {
			return 0, nil, Refuse(RecordOverflow, "a record of %d bytes", n)
		}
		body := make([]byte, n)
		if _, err := io.ReadFull(c.Conn, body); err != nil {
			return 0, nil, errors.Join(io.ErrUnexpectedEOF, err)
		}
		c.Got += recordHeader + n
		if t == ChangeCipherSpec && c.SkipChangeCipherSpec {
			if n != 1 || body[0] != 1 {
				return 0, nil, Refuse(UnexpectedMessage, "a ChangeCipherSpec of %d bytes", n)
			}
			continue
		}
		if c.In != nil && t != ChangeCipherSpec {
			var err error
			if t, body, err = c.In.Open(t, version, body); err != nil {
				return 0, nil, Refuse(BadRecordMAC, "a record cannot be opened: %v", err)
			}
		}
		if len(body) > maxPlaintext {
			return 0, nil, Refuse(RecordOverflow, "a record holds %d bytes", len(body))
		}
		if t != Alert {
			return t, body, nil
		}
		if len(body) != 2 {
			return 0, nil, Refuse(DecodeError, "an alert of %d bytes", len(body))
		}
		if AlertDescription(body[1]) == CloseNotify {
			return 0, nil, io.EOF
		}
		return 0, nil, &PeerAlert{body[0], AlertDescription(body[1])}
	}
}

// WriteMessage writes a handshake message, altered if Alter says so, in a record of its own.
func (c *Conn) WriteMessage(m Message) error {
	messages := []Message{m}
	if c.Alter != nil {
		messages = c.Alter(m)
	}
	for _, m := range messages {
		raw := m.Marshal()
		c.transcript = append(c.transcript, raw...)
		if err := c.WriteRecord(Handshake, raw); err != nil {
			return err
		}
	}
	return nil
}

// ReadMessage returns the next handshake message, which may come in several records or share one with others.
func (c *Conn) ReadMessage() (Message, error) {
	for {
		if len(c.partial) >= 4 {
			n := int(c.partial[1])<<16 | int(c.partial[2])<<8 | int(c.partial[3])
			if n > maxMessage {
				return Message{}, Refuse(DecodeError, "a handshake message of %d bytes", n)
			}
			if len(c.partial) >= 4+n {
				raw := c.partial[:4+n]
				c.partial = c.partial[4+n:]
				c.transcript = append(c.transcript, raw...)
				return Message{MessageType(raw[0]), raw[4:]}, nil
			}
		}
		t, content, err := c.ReadRecord()
		if err != nil {
			return Message{}, err
		}
		if t != Handshake {
			return Message{}, Refuse(UnexpectedMessage, "a record of type %d within the handshake", t)
		}
		if len(content) == 0 {
			return Message{}, Refuse(UnexpectedMessage, "an empty handshake record")
		}
		c.partial = append(c.partial, content...)
	}
}

// Expect returns the body of the next handshake message, which must be of the type.
func (c *Conn) Expect(t MessageType) ([]byte, error) {
	m, err := c.ReadMessage()
	if err == nil && m.Type != t {
		err = Refuse(UnexpectedMessage, "%v where %v is due", m.Type, t)
	}
	return m.Body, err
}

// Whole refuses a handshake message that goes on behind a change of keys: RFC 8446 §5.1.
func (c *Conn) Whole() error {
	if len(c.partial) > 0 {
		return Refuse(UnexpectedMessage, "a message goes on behind the change of keys")
	}
	return nil
}

// Digest is the SM3 digest of the transcript so far, 32 bytes.
func (c *Conn) Digest() []byte { return digest(c.transcript) }

// Transcript is a copy of all handshake messages so far.
func (c *Conn) Transcript() []byte { return append([]byte(nil), c.transcript...) }

// DigestBefore is the SM3 digest of the transcript before its last message, which is m: what a message signs or
// authenticates is all that is before it.
func (c *Conn) DigestBefore(m Message) []byte {
	return digest(c.transcript[:len(c.transcript)-len(m.Body)-4])
}

// Retried puts the digest of the first ClientHello in its place, as a HelloRetryRequest asks for: RFC 8446 §4.4.1.
func (c *Conn) Retried(clientHelloBytes int) {
	first, rest := c.transcript[:clientHelloBytes], c.transcript[clientHelloBytes:]
	c.transcript = append(Message{messageHash, digest(first)}.Marshal(), rest...)
}

// Fail tells the peer by an alert why the handshake ends, if err is a Refusal, and returns err.
func (c *Conn) Fail(err error) error {
	var refusal *Refusal
	if errors.As(err, &refusal) {
		_ = c.WriteRecord(Alert, []byte{fatal, byte(refusal.Alert)}) // the peer may be gone
	}
	return err
}

// CloseWrite sends close_notify.
func (c *Conn) CloseWrite() error { return c.WriteRecord(Alert, []byte{warning, byte(CloseNotify)}) }

// digest returns the SM3 hash of b.
func digest(b []byte) []byte {
	sum := sm3.Sum(b)
	return sum[:]
}
