package remote

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"

	"github.com/xcmatrix/xcmatrix/matrix/ssh"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// session connects once, and receives events until the session ends or the connection breaks.
func (c *Client) session(ctx context.Context, r *Request, sink Sink) error {
	connection, err := c.start(ctx, r)
	if err != nil {
		return err
	}
	if r.Bound {
		defer func() { r.At = store.Position{Session: r.At.Session + 1} }()
	}
	s := &session{Request: r, host: c.Host.Name, sink: sink, pieces: map[string][]byte{}}
	defer connection.close()
	stopped := context.AfterFunc(ctx, func() { connection.stop() })
	defer stopped()
	err = s.follow(connection.next)
	if err == nil {
		connection.end()
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		if ended := connection.Wait(); ended != nil {
			return ended
		}
		return &ssh.LostError{Host: c.Host.Name, Why: record.Say("the connection has ended", "连接已中断")}
	}
	return err
}

// Replay passes the frames of a whole session, from its greeting to its end, to a sink. host is the name of the machine that wrote
// them. The errors are those of Client.Carry, and others for what is no session.
func Replay(frames io.Reader, host string, sink Sink) error {
	in, err := NewReader(frames)
	if err != nil {
		return err
	}
	defer in.Close()
	s := &session{Request: &Request{At: store.Position{Session: 1}}, host: host, sink: sink, pieces: map[string][]byte{}}
	return s.follow(in.Next)
}

// session returns the name of the session on the machine.
func (r *Request) session() string {
	if r.Bound {
		return fmt.Sprintf("%s.%s.bound-%d-%s", r.Run, r.Target, r.At.Session, rand.Text()[:8])
	}
	return fmt.Sprintf("%s.%s.%d", r.Run, r.Target, r.At.Session)
}

// session is the part of a session on one connection.
type session struct {
	*Request
	host   string // name of the machine
	sink   Sink
	pieces map[string][]byte // of attachments that are not complete
	size   int
	others int // frames since the last entry
}

// errAgain is the error if the machine has lost the session, so that another one has to begin.
var errAgain = errors.New("the session there is gone: what is left begins again")

// follow receives frames up to the end of the session.
func (s *session) follow(next func() (Frame, error)) error {
	first, err := next()
	switch {
	case err != nil:
		return err
	case first.Hello == nil || first.Hello.V != Version:
		return fmt.Errorf("%w: it begins without a greeting of version %d", errFrame, Version)
	case first.Hello.Lost:
		s.At = store.Position{Session: s.At.Session + 1}
		return errAgain
	case len(first.Hello.Without) > 0:
		return &WithoutError{first.Hello.Without}
	}
	for {
		f, err := next()
		if err != nil {
			return err
		}
		if f.End != nil {
			return s.end(*f.End)
		}
		if err := s.take(f); err != nil {
			return err
		}
	}
}

// maxOthers is the largest number of frames without an entry between two entries: a ping comes in half a minute, and whoever
// is waited for changes in seconds.
const maxOthers = 20_000

// take processes one frame.
func (s *session) take(f Frame) error {
	if f.Attachment == nil || len(f.Attachment.Data) == 0 { // the others are limited by their size
		s.others++
	}
	if s.others > maxOthers {
		return fmt.Errorf("%w: %d frames without an event", errFrame, maxOthers)
	}
	switch {
	case f.Entry != nil:
		if f.Entry.N != s.At.Entry+1 {
			return fmt.Errorf("%w: entry %d follows entry %d", errFrame, f.Entry.N, s.At.Entry)
		}
		at := store.Position{Session: s.At.Session, Entry: f.Entry.N}
		if err := s.sink.Entry(at, *f.Entry); err != nil {
			return &sinkError{err}
		}
		s.At, s.came, s.others = at, s.came+1, 0
	case f.Attachment != nil:
		return s.attach(*f.Attachment)
	case f.Waiting != nil:
		s.sink.Waiting(*f.Waiting)
	}
	return nil
}

// end processes the last frame of the machine.
func (s *session) end(e End) error {
	if e.Entries != s.At.Entry {
		return fmt.Errorf("%w: it ends at entry %d, and %d have come", errFrame, e.Entries, s.At.Entry)
	}
	if e.Why != nil {
		return &EndError{s.host, *e.Why}
	}
	return nil
}

// maxAttachment is the largest file of an attempt, and the largest sum of incomplete ones, in bytes.
const maxAttachment = 64 << 20

// maxIncomplete is the largest number of attachments that are not complete, and maxKey the longest name of one with its cell:
// the machine sends them one after another.
const maxIncomplete, maxKey = 16, 1 << 10

// attach adds a piece of an attachment, and passes the attachment on when it is complete.
func (s *session) attach(a Attachment) error {
	key := fmt.Sprintf("%v %q", a.Cell, a.Name)
	if len(key) > maxKey || len(s.pieces) > maxIncomplete {
		return fmt.Errorf("%w: too many incomplete attachments, or too long a name", errFrame)
	}
	if s.size += len(a.Data); s.size > maxAttachment {
		return fmt.Errorf("%w: attachments of more than %d bytes", errFrame, maxAttachment)
	}
	s.pieces[key] = append(s.pieces[key], a.Data...)
	if !a.Last {
		return nil
	}
	packed := s.pieces[key]
	delete(s.pieces, key)
	s.size -= len(packed)
	content, err := unpacked(packed)
	switch {
	case err != nil: // a supervisor that lost its power has written half of it: the verdicts are worth more
		s.others += damagedWeight
		return nil
	case len(content) > maxAttachment:
		return fmt.Errorf("%w: attachment %s cannot be unpacked", errFrame, key)
	}
	if err := s.sink.Attachment(a.Cell, a.Name, content); err != nil {
		return &sinkError{err}
	}
	return nil
}

// damagedWeight is for how many frames without an entry a damaged attachment counts.
const damagedWeight = 100

// unpacked returns the content of a gzip stream, at most one byte more than maxAttachment.
func unpacked(packed []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(z, maxAttachment+1))
}
