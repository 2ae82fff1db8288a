package remote

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/klauspost/compress/gzip"

	"github.com/xcmatrix/xcmatrix/matrix/lock"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// counting is a Sink that counts.
type counting struct{ entries, attachments, waits int }

func (c *counting) Entry(store.Position, Entry) error           { c.entries++; return nil }
func (c *counting) Attachment(store.Cell, string, []byte) error { c.attachments++; return nil }
func (c *counting) Waiting(lock.Holder)                         { c.waits++ }
func (c *counting) Notice(record.Sentence)                      {}
func hostileSession(sink Sink) *session {
	return &session{Request: &Request{At: store.Position{Session: 1}}, host: "m1", sink: sink, pieces: map[string][]byte{}}
}

// Whatever frames a machine sends that say nothing, the session ends, and little is kept of them.
func TestFramesWithoutEnd(t *testing.T) {
	cell := store.Cell{Target: "m", Item: "abi", Round: 1, Attempt: 1}
	for name, frame := range map[string]func(n int) Frame{
		"pings":             func(int) Frame { return Frame{Ping: true} },
		"waits":             func(n int) Frame { return Frame{Waiting: &lock.Holder{Who: "x", PID: n + 1}} },
		"nothing":           func(int) Frame { return Frame{} },
		"empty attachments": func(n int) Frame { return Frame{Attachment: &Attachment{Cell: cell, Name: fmt.Sprint(n)}} },
		"a long name":       func(n int) Frame { return Frame{Attachment: &Attachment{Cell: cell, Name: fmt.Sprintf("%1000d", n)}} },
		"a long cell": func(n int) Frame {
			return Frame{Attachment: &Attachment{Cell: store.Cell{Item: fmt.Sprintf("%1000d", n)}}}
		},
		"an endless attachment": func(int) Frame {
			return Frame{Attachment: &Attachment{Cell: cell, Name: "log", Data: make([]byte, 1<<20)}}
		},
		"damaged attachments": func(int) Frame {
			return Frame{Attachment: &Attachment{Cell: cell, Name: "log", Data: []byte("x"), Last: true}}
		},
		"entries out of order": func(n int) Frame { return Frame{Entry: &Entry{N: 2*n + 1}} },
	} {
		t.Run(name, func(t *testing.T) {
			sink := &counting{}
			s := hostileSession(sink)
			var err error
			n := 0
			for ; err == nil && n < 10*maxOthers; n++ {
				err = s.take(frame(n))
			}
			kept := 0
			for key, piece := range s.pieces {
				kept += len(key) + len(piece)
			}
			if !errors.Is(err, errFrame) || kept > 2*maxAttachment || sink.waits > maxOthers {
				t.Errorf("after %d frames: %v; %d bytes are kept, %d waits told", n, err, kept, sink.waits)
			}
		})
	}
}

// Whole attachments in any number, and pings between entries, are no misuse.
func TestFramesOfAnHonestMachine(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write([]byte("content")); err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	sink := &counting{}
	s := hostileSession(sink)
	if err := s.take(Frame{Attachment: &Attachment{Name: "log", Data: packed.Bytes()[:packed.Len()/2], Last: true}}); err != nil {
		t.Errorf("an attachment that a lost power cut short ends the session: %v", err)
	}
	for n := range 2 * maxOthers {
		frames := []Frame{{Ping: true}, {Entry: &Entry{N: n + 1, Event: []byte("{}")}}}
		if n%100 == 0 {
			frames = append(frames, Frame{Attachment: &Attachment{Name: "log", Data: packed.Bytes()[:5]}}, Frame{Attachment: &Attachment{Name: "log", Data: packed.Bytes()[5:], Last: true}})
		}
		for _, f := range frames {
			if err := s.take(f); err != nil {
				t.Fatal(err)
			}
		}
	}
	if sink.entries != 2*maxOthers || sink.attachments != 2*maxOthers/100 || len(s.pieces) > 0 || s.size != 0 {
		t.Errorf("%+v, %d pieces, %d bytes", sink, len(s.pieces), s.size)
	}
}
