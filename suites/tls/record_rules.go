package tls

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/tls/wire"
)

// recordRules are about the record layer and the end of the handshake: they hold for both sides.
func recordRules() []rule {
	const clause = "6.3.3"
	first := func(change func([]byte) []byte) func(*scene) { return onRecord(wire.Handshake, 1, change) }
	switched := func(change func([]byte) []byte) func(*scene) { return onRecord(wire.ChangeCipherSpec, 1, change) }
	return []rule{
		{id: "split-bytes", text: "takes handshake messages in records of one byte", clause: clause, severity: record.Medium, accepts: true, stage: split(1)},
		{id: "split-seven", text: "takes handshake messages in records of seven bytes", clause: clause, severity: record.Medium, accepts: true, stage: split(7)},
		{id: "split-anywhere", text: "takes a first message that is split anywhere into two records", clause: clause, severity: record.Medium, accepts: true, each: splitAnywhere},
		{id: "slow-peer", text: "takes a peer whose bytes come one by one", clause: clause, severity: record.Medium, accepts: true, stage: func(s *scene) { s.drip = true }},
		{id: "data-behind-close", text: "takes no data behind close_notify", clause: "6.3.6", severity: record.Medium,
			stage: behind(func(c conn) error { return c.Wire().CloseWrite() })},
		{id: "stub-record", text: "refuses a protected record of three bytes", clause: "6.3.3.4", severity: record.Medium,
			stage: data(func(r []byte) []byte { return append(clearRecord(wire.ApplicationData, wire.TLCP, 1, 2, 3), r...) })},
		{id: "unknown-record", text: "refuses a record of an unknown type", clause: "6.3.3.1", severity: record.Medium,
			stage: first(func(r []byte) []byte { return append(clearRecord(99, wire.TLCP, 1), r...) })},
		{id: "huge-record", text: "refuses a record of more than 2^14 + 2048 bytes", clause: "6.3.3.4", severity: record.Medium, stage: hugeRecord},
		{id: "early-data", text: "refuses application data before Finished", clause: "6.3.3", severity: record.Critical,
			stage: switched(func(r []byte) []byte {
				return append(clearRecord(wire.ApplicationData, wire.TLCP, []byte(line)...), r...)
			})},
		{id: "no-switch", text: "refuses a Finished without ChangeCipherSpec", clause: "6.3.5", severity: record.Critical,
			stage: switched(func([]byte) []byte { return nil })},
		{id: "two-switches", text: "refuses a second ChangeCipherSpec", clause: "6.3.5", severity: record.Medium,
			stage: switched(func(r []byte) []byte { return slices.Concat(r, r) })},
		{id: "long-switch", text: "refuses a ChangeCipherSpec of two bytes", clause: "6.3.5", severity: record.Low,
			stage: switched(func([]byte) []byte { return clearRecord(wire.ChangeCipherSpec, wire.TLCP, 1, 1) })},
		{id: "other-switch", text: "refuses a ChangeCipherSpec of value 2", clause: "6.3.5", severity: record.Low,
			stage: switched(func([]byte) []byte { return clearRecord(wire.ChangeCipherSpec, wire.TLCP, 2) })},
		{id: "early-switch", text: "refuses a ChangeCipherSpec as the first record", clause: "6.3.5", severity: record.High,
			stage: first(func(r []byte) []byte { return append(clearRecord(wire.ChangeCipherSpec, wire.TLCP, 1), r...) })},
		{id: "wrong-finished", text: "refuses a wrong Finished", clause: "6.4.5.10", severity: record.Critical,
			stage: edit(wire.Finished, func(b []byte) []byte { b[0] ^= 1; return b })},
		{id: "cut-finished", text: "refuses a Finished that ends anywhere within", clause: "6.4.5.10", severity: record.Critical,
			each: func(c certified) []func(*scene) { return cut(wire.Finished)(c)[:12] }},
		{id: "long-finished", text: "refuses a Finished with a byte too many", clause: "6.4.5.10", severity: record.Medium, stage: longer(wire.Finished)},
		{id: "changed-record", text: "refuses application data that was changed", clause: "6.3.3.4", severity: record.Critical,
			stage: data(func(r []byte) []byte { r[len(r)-20] ^= 1; return r })},
		{id: "cut-record", text: "refuses application data that was shortened by a block", clause: "6.3.3.4", severity: record.Critical,
			stage: all(twoLines, data(func(r []byte) []byte { return clearRecord(wire.ApplicationData, wire.TLCP, r[5:len(r)-16]...) }))},
		{id: "retyped-record", text: "refuses application data under another record type", clause: "6.3.3.4", severity: record.High,
			stage: data(func(r []byte) []byte { r[0] = byte(wire.Alert); return r })},
		{id: "replayed-record", text: "refuses application data that comes twice", clause: "6.3.3.4", severity: record.Critical, stage: replayed},
		{id: "clear-record", text: "refuses application data in the clear", clause: "6.3.3.4", severity: record.Critical,
			stage: data(func([]byte) []byte { return clearRecord(wire.ApplicationData, wire.TLCP, []byte(line+line+line)...) })},
		{id: "fatal-alert", text: "ends the handshake on a fatal alert", clause: "6.3.6", severity: record.Medium,
			stage: first(func(r []byte) []byte { return append(clearRecord(wire.Alert, wire.TLCP, 2, 40), r...) })},
		{id: "close-in-handshake", text: "ends the handshake on close_notify", clause: "6.3.6", severity: record.Medium,
			stage: first(func(r []byte) []byte { return append(clearRecord(wire.Alert, wire.TLCP, 1, 0), r...) })},
		{id: "long-alert", text: "refuses an alert of three bytes", clause: "6.3.6", severity: record.Low,
			stage: first(func(r []byte) []byte { return append(clearRecord(wire.Alert, wire.TLCP, 1, 0, 0), r...) })},
		{id: "empty-data", text: "takes an empty record of application data", clause: "6.3.3.1", severity: record.Low, accepts: true, stage: emptyFirst},
	}
}

// hugeRecord sends a message of more than 2^14 + 2048 bytes in one record: a ClientHello with a long extension, or a Certificate
// with many certificates.
func hugeRecord(s *scene) {
	all(chain(func(list [][]byte) [][]byte { return slices.Concat(list, slices.Repeat(list[:1], 40)) }),
		helloBody(func(h *wire.Hello) {
			h.Extensions = append(h.Extensions, wire.Extension{Type: 21, Data: make([]byte, 1<<14+2100)})
		}))(s)
	var first []byte
	s.own.AlterRecord = func(r []byte) []byte {
		switch {
		case len(r) == 5+1<<14:
			first = bytes.Clone(r)
			return nil
		case first != nil:
			r = clearRecord(wire.Handshake, binary.BigEndian.Uint16(r[1:]), slices.Concat(first[5:], r[5:])...)
			first = nil
		}
		return r
	}
}

// twoLines has the own peer send the line twice.
func twoLines(s *scene) {
	s.after = func(c conn) error {
		if c.IsClient() {
			_, err := io.WriteString(c, line)
			return errors.Join(err, echo(c, false))
		}
		return errors.Join(echo(c, true), func() error { _, err := io.WriteString(c, line); return err }())
	}
}

// emptyFirst sends an empty record before the line.
func emptyFirst(s *scene) {
	s.after = func(c conn) error {
		_, err := c.Write(nil)
		return errors.Join(err, echo(c, !c.IsClient()))
	}
}

// replayed sends the line's first half, and the same record again in place of the second.
func replayed(s *scene) {
	seen := 0
	var before []byte
	s.own.AlterRecord = func(r []byte) []byte {
		if wire.ContentType(r[0]) != wire.ApplicationData {
			return r
		}
		if seen++; seen == 2 {
			return before
		}
		before = bytes.Clone(r)
		return r
	}
	s.after = func(c conn) error {
		_, err1 := io.WriteString(c, half)
		_, err2 := io.WriteString(c, half)
		got := make([]byte, 1)
		_, err3 := c.Read(got)
		return errors.Join(err1, err2, err3)
	}
}
