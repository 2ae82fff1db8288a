package wire

import (
	"encoding/binary"
	"errors"
	"net"

	"github.com/emmansun/gmsm/sm3"
)

const (
	maxPlaintext = 1 << 14 // bytes of a record's content, RFC 8446 §5.1, GB/T 38636-2020 §6.3.3.1
	maxMessage   = 1 << 18 // bytes of a handshake message that a peer is ready to hold
	maxSkipped   = 16      // records in a row that a peer is ready to leave out
	recordHeader = 5       // bytes
)

// How many bytes longer than its content a protected record may be.
const (
	ExpansionTLCP  = 2048 // GB/T 38636-2020 §6.3.3.4
	ExpansionTLS13 = 256  // RFC 8446 §5.2
)

// Protection seals and opens records in one direction.
type Protection interface {
	// Seal returns a record's type and body on the wire.
	Seal(t ContentType, version uint16, content []byte) (ContentType, []byte, error)
	// Open returns the type and content of a record. It fails where the record is not what Seal made, and returns nevertheless
	// what it can make of it, for a peer that is wrong on purpose.
	Open(t ContentType, version uint16, body []byte) (ContentType, []byte, error)
}

// Conn carries records and handshake messages over a connection, and keeps the transcript.
type Conn struct {
	net.Conn
	Checks
	Version   uint16        // of the records that are written
	In, Out   Protection    // nil before keys are there
	Expansion int           // by how many bytes a protected record may be longer than its content
	Order     []MessageType // in which the peer's messages come; see Expect

	// Alter is called with each handshake message before it is written, and returns what is written in its place: the
	// transcript holds that too. nil writes each message as it is.
	Alter func(Message) []Message
	// AlterRecord is called with each record before it is written, and returns the bytes that are written in its place.
	AlterRecord func(record []byte) []byte
	// Inspect is called with each handshake message that is read; its error ends the handshake.
	Inspect func(Message) error
	// SkipChangeCipherSpec leaves out these records when reading, as TLS 1.3 does until the peer's Finished (RFC 8446 §5).
	SkipChangeCipherSpec bool
	// SkipEarlyData leaves out what cannot be opened until a record can, as TLS 1.3 does with early data that it does not take
	// (RFC 8446 §4.2.10).
	SkipEarlyData bool

	transcript []byte
	partial    []byte    // the beginning of a handshake message
	early      []Message // that were read, and come again
	last, held *sealed   // the last record that was read, and one that is to be read again
	skipped    int       // records that were left out since the last that was not
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
		_, err := c.Conn.Write(record)
		if err != nil || len(content) == 0 {
			return err
		}
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
