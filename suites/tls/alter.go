package tls

import (
	"bytes"

	"github.com/xcmatrix/xcmatrix/suites/tls/wire"
)

// The functions of this file return stages: what the own peer does otherwise than in a sane conversation.

// edit changes the body of messages of a type.
func edit(t wire.MessageType, change func(body []byte) []byte) func(*scene) {
	return instead(t, func(m wire.Message) []wire.Message {
		return []wire.Message{{Type: t, Body: change(bytes.Clone(m.Body))}}
	})
}

// instead sends other messages in place of those of a type.
func instead(t wire.MessageType, others func(wire.Message) []wire.Message) func(*scene) {
	return func(s *scene) {
		before := s.own.Alter
		s.own.Alter = func(m wire.Message) (all []wire.Message) {
			sent := []wire.Message{m}
			if before != nil {
				sent = before(m)
			}
			for _, m := range sent {
				if m.Type == t {
					all = append(all, others(m)...)
				} else {
					all = append(all, m)
				}
			}
			return all
		}
	}
}

// without leaves messages of a type out.
func without(t wire.MessageType) func(*scene) {
	return instead(t, func(wire.Message) []wire.Message { return nil })
}

// twice sends messages of a type twice.
func twice(t wire.MessageType) func(*scene) {
	return instead(t, func(m wire.Message) []wire.Message { return []wire.Message{m, m} })
}

// before sends a message before those of a type.
func before(t wire.MessageType, first wire.Message) func(*scene) {
	return instead(t, func(m wire.Message) []wire.Message { return []wire.Message{first, m} })
}

// as sends messages of a type under another type.
func as(t, other wire.MessageType) func(*scene) {
	return instead(t, func(m wire.Message) []wire.Message { return []wire.Message{{Type: other, Body: m.Body}} })
}

// exchanged sends messages of a first type only behind the next one, whatever that is.
func exchanged(first wire.MessageType) func(*scene) {
	return func(s *scene) {
		var held *wire.Message
		s.own.Alter = func(m wire.Message) []wire.Message {
			switch {
			case m.Type == first:
				held = &m
				return nil
			case held != nil:
				late := *held
				held = nil
				return []wire.Message{m, late}
			}
			return []wire.Message{m}
		}
	}
}

// longest is more than the bytes of any message but certificates that the own peer sends.
const longest = 200

// cut gives one stage for each length of messages of a type, from nothing to all but the last byte.
func cut(t wire.MessageType) func(certified) []func(*scene) {
	return func(certified) (stages []func(*scene)) {
		for n := range longest {
			stages = append(stages, edit(t, func(body []byte) []byte { return body[:min(n, max(0, len(body)-1))] }))
		}
		return stages
	}
}

// longer adds a byte to the end of messages of a type.
func longer(t wire.MessageType) func(*scene) {
	return edit(t, func(body []byte) []byte { return append(body, 0) })
}

// onRecord changes the n-th record of a type, counted from 1; other bytes may be none or several records.
func onRecord(t wire.ContentType, n int, change func(record []byte) []byte) func(*scene) {
	return func(s *scene) {
		seen := 0
		s.own.AlterRecord = func(record []byte) []byte {
			if wire.ContentType(record[0]) != t {
				return record
			}
			if seen++; seen != n {
				return record
			}
			return change(bytes.Clone(record))
		}
	}
}

// clearRecord is a whole record in the clear.
func clearRecord(t wire.ContentType, version uint16, content ...byte) []byte {
	b := append([]byte{byte(t)}, wire.Uint16s(version)...)
	return append(b, wire.Vector16(content)...)
}

// split sends each handshake message before encryption in records of n bytes.
func split(n int) func(*scene) {
	return func(s *scene) {
		clear := true
		s.own.AlterRecord = func(r []byte) []byte {
			if wire.ContentType(r[0]) == wire.ChangeCipherSpec {
				clear = false
			}
			if !clear || wire.ContentType(r[0]) != wire.Handshake {
				return r
			}
			var out []byte
			for rest := r[5:]; len(rest) > 0; {
				part := rest[:min(n, len(rest))]
				rest = rest[len(part):]
				out = append(out, clearRecord(wire.Handshake, wire.TLCP, part...)...)
			}
			return out
		}
	}
}

// all does several stages, one behind another.
func all(stages ...func(*scene)) func(*scene) {
	return func(s *scene) {
		for _, stage := range stages {
			stage(s)
		}
	}
}
