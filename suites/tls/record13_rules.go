package tls

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/tls/rfc8998"
	"github.com/xcmatrix/xcmatrix/suites/tls/wire"
)

// recordRules13 are about the record layer, for a server or a client.
func recordRules13(server bool) []rule {
	const clause = "5.1"
	first := func(change func([]byte) []byte) func(*scene) { return onRecord(wire.Handshake, 1, change) }
	ahead := func(t wire.ContentType, content ...byte) func(*scene) {
		return first(func(r []byte) []byte { return append(clearRecord(t, wire.TLS12, content...), r...) })
	}
	hello := "ServerHello"
	if server {
		hello = "ClientHello"
	}
	rules := []rule{
		{id: "split-bytes", text: "takes a " + hello + " in records of one byte", clause: clause, severity: record.Medium, accepts: true, stage: split(1)},
		{id: "split-anywhere", text: "takes a " + hello + " that is split anywhere into two records", clause: clause, severity: record.Medium, accepts: true, each: splitAnywhere},
		{id: "slow-peer", text: "takes a " + hello + " whose bytes come one by one", clause: clause, severity: record.Medium, accepts: true, stage: func(s *scene) { s.drip = true }},
		{id: "unknown-record", text: "refuses a record of an unknown type", clause: "5", severity: record.Medium, alert: wire.UnexpectedMessage, stage: ahead(99, 1)},
		{id: "early-application-data", text: "refuses application data before the " + hello, clause: "5", severity: record.High, alert: wire.UnexpectedMessage, stage: ahead(wire.ApplicationData, []byte(line)...)},
		{id: "empty-record", text: "ends over an empty handshake record", clause: clause, severity: record.Low, either: true, stage: ahead(wire.Handshake)},
		{id: "huge-record", text: "refuses a record of more than 2^14 + 256 bytes", clause: "5.2", severity: record.Medium, alert: wire.RecordOverflow,
			stage: behind(func(c conn) error { return sealed(c, 0, hugeContent) })},
		{id: "huge-content", text: "refuses a record that holds 2^14 + 1 bytes", clause: clause, severity: record.Medium, alert: wire.RecordOverflow,
			stage: behind(func(c conn) error { return sealed(c, wire.ApplicationData, hugeLine) })},
		{id: "padded", text: "takes a padded record", clause: "5.4", severity: record.Medium, accepts: true, stage: paddedLine(200)},
		{id: "padded-whole", text: "takes a record that is padded to 2^14 bytes", clause: "5.4", severity: record.Medium, accepts: true, stage: paddedLine(1<<14 - len(line))},
		{id: "only-padding", text: "refuses a record of padding alone", clause: "5.4", severity: record.Medium, alert: wire.UnexpectedMessage, stage: inRecord(0, make([]byte, 20))},
		{id: "inner-type", text: "refuses a protected record of an unknown type", clause: "5", severity: record.Medium, alert: wire.UnexpectedMessage, stage: inRecord(99, []byte{1})},
		{id: "inner-switch", text: "refuses a protected ChangeCipherSpec", clause: "5", severity: record.Medium, alert: wire.UnexpectedMessage, stage: protectedSwitch},
		{id: "empty-data", text: "takes an empty record of application data", clause: clause, severity: record.Low, accepts: true, stage: inRecord(wire.ApplicationData, nil)},
		{id: "changed-record", text: "refuses application data that was changed", clause: "5.2", severity: record.Critical, alert: wire.BadRecordMAC,
			stage: data(func(r []byte) []byte { r[len(r)-1] ^= 1; return r })},
		{id: "cut-record", text: "refuses application data that was shortened", clause: "5.2", severity: record.Critical, alert: wire.BadRecordMAC,
			stage: all(twoLines, data(func(r []byte) []byte { return clearRecord(wire.ApplicationData, wire.TLS12, r[5:len(r)-1]...) }))},
		{id: "stub-record", text: "refuses a protected record of three bytes", clause: "5.2", severity: record.Medium,
			stage: data(func(r []byte) []byte { return append(clearRecord(wire.ApplicationData, wire.TLS12, 1, 2, 3), r...) })},
		{id: "replayed-record", text: "refuses application data that comes twice", clause: "5.3", severity: record.Critical, alert: wire.BadRecordMAC, stage: replayed13},
		{id: "clear-record", text: "refuses application data in the clear", clause: "5.2", severity: record.Critical, alert: wire.BadRecordMAC,
			stage: data(func([]byte) []byte { return clearRecord(wire.ApplicationData, wire.TLS12, []byte(line+line+line)...) })},
		{id: "retyped-record", text: "refuses a protected record of the type handshake", clause: "5.2", severity: record.High,
			stage: data(func(r []byte) []byte { r[0] = byte(wire.Handshake); return r })},
		{id: "long-switch", text: "refuses a ChangeCipherSpec of two bytes", clause: "5", severity: record.Low, alert: wire.UnexpectedMessage,
			stage: onRecord(wire.ChangeCipherSpec, 1, func([]byte) []byte { return clearRecord(wire.ChangeCipherSpec, wire.TLS12, 1, 1) })},
		{id: "other-switch", text: "refuses a ChangeCipherSpec of value 2", clause: "5", severity: record.Low, alert: wire.UnexpectedMessage,
			stage: onRecord(wire.ChangeCipherSpec, 1, func([]byte) []byte { return clearRecord(wire.ChangeCipherSpec, wire.TLS12, 2) })},
		{id: "late-switch", text: "refuses a ChangeCipherSpec behind Finished", clause: "5", severity: record.Low, alert: wire.UnexpectedMessage,
			stage: data(func(r []byte) []byte { return append(clearRecord(wire.ChangeCipherSpec, wire.TLS12, 1), r...) })},
		{id: "no-switch", text: "takes a peer that sends no ChangeCipherSpec", clause: "D.4", severity: record.Medium, accepts: true,
			stage: onRecord(wire.ChangeCipherSpec, 1, func([]byte) []byte { return nil })},
		{id: "fatal-alert", text: "ends the handshake on an alert", clause: "6.2", severity: record.Medium, stage: ahead(wire.Alert, 2, 40)},
		{id: "warning-alert", text: "ends the handshake on an alert of the level warning", clause: "6.2", severity: record.Medium, stage: ahead(wire.Alert, 1, 40)},
		{id: "close-in-handshake", text: "ends the handshake on close_notify", clause: "6.1", severity: record.Medium, stage: ahead(wire.Alert, 1, 0)},
		{id: "long-alert", text: "refuses an alert of three bytes", clause: "6", severity: record.Low, stage: ahead(wire.Alert, 1, 0, 0)},
		{id: "data-behind-close", text: "takes no data behind close_notify", clause: "6.1", severity: record.Medium,
			stage: behind(func(c conn) error { return c.Wire().CloseWrite() })},
		{id: "message-over-keys", text: "refuses a message that goes on behind the change of keys", clause: clause, severity: record.High, alert: wire.UnexpectedMessage, stage: overKeys},
	}
	if server {
		rules = append(rules, rule{id: "early-switch", text: "refuses a ChangeCipherSpec before ClientHello", clause: "5", severity: record.Medium, alert: wire.UnexpectedMessage,
			stage: ahead(wire.ChangeCipherSpec, 1)})
	}
	return rules
}

var (
	hugeLine    = append([]byte(line), make([]byte, 1<<14+1-len(line))...)
	hugeContent = append(append([]byte(line), byte(wire.ApplicationData)), make([]byte, 1<<14+300)...) // with padding
)

// splitAnywhere splits the own hello at each of its bytes.
func splitAnywhere(certified) (stages []func(*scene)) {
	for n := 1; n < 180; n++ {
		stages = append(stages, onRecord(wire.Handshake, 1, func(r []byte) []byte {
			at, version := 5+min(n, len(r)-6), binary.BigEndian.Uint16(r[1:])
			return append(clearRecord(wire.Handshake, version, r[5:at]...), clearRecord(wire.Handshake, version, r[at:]...)...)
		}))
	}
	return stages
}

// paddedLine sends the line with so many bytes of padding, and does not send it again.
func paddedLine(n int) func(*scene) {
	padded := slices.Concat([]byte(line), []byte{byte(wire.ApplicationData)}, make([]byte, n-1))
	return func(s *scene) {
		s.after = func(c conn) error {
			if !c.IsClient() {
				if _, err := io.ReadFull(c, make([]byte, len(line))); err != nil {
					return err
				}
				return sealed(c, 0, padded)
			}
			err := sealed(c, 0, padded)
			_, errRead := io.ReadFull(c, make([]byte, len(line)))
			return errors.Join(err, errRead)
		}
	}
}

// protectedSwitch sends a ChangeCipherSpec as protected content.
func protectedSwitch(s *scene) {
	behind(func(c conn) error { return sealed(c, wire.ChangeCipherSpec, []byte{1}) })(s)
}

// replayed13 sends the line's first half, and the same record again in place of the second.
func replayed13(s *scene) {
	var last []byte
	s.own.AlterRecord = func(r []byte) []byte { last = bytes.Clone(r); return r }
	s.after = func(c conn) error {
		if !c.IsClient() {
			if _, err := io.ReadFull(c, make([]byte, len(line))); err != nil {
				return err
			}
		}
		_, err1 := io.WriteString(c, half)
		_, err2 := c.Wire().Conn.Write(last)
		_, err3 := c.Read(make([]byte, 1))
		return errors.Join(err1, err2, err3)
	}
}

// overKeys has a message begin in the record of the last one before a change of keys: a server's ServerHello, a client's KeyUpdate.
func overKeys(s *scene) {
	if s.asServer {
		inRecord(wire.Handshake, append(wire.Message{Type: wire.KeyUpdate, Body: []byte{0}}.Marshal(), byte(wire.KeyUpdate), 0))(s)
		return
	}
	onRecord(wire.Handshake, 1, func(r []byte) []byte {
		return clearRecord(wire.Handshake, wire.TLS12, append(bytes.Clone(r[5:]), byte(wire.EncryptedExtensions), 0)...)
	})(s)
}

// ticket is a NewSessionTicket.
var ticket = wire.Message{Type: wire.NewSessionTicket, Body: slices.Concat(make([]byte, 8), wire.Vector8([]byte{1}), wire.Vector16([]byte("ticket")), wire.Vector16(nil))}

// afterRules13 are about messages behind the handshake, for a server or a client.
func afterRules13(server bool) []rule {
	const clause = "4.6.3"
	update := func(body ...byte) wire.Message { return wire.Message{Type: wire.KeyUpdate, Body: body} }
	rules := []rule{
		{id: "key-update", text: "takes a KeyUpdate", clause: clause, severity: record.High, accepts: true, stage: behind(func(c conn) error { return c.(*rfc8998.Conn).UpdateKeys(false) })},
		{id: "key-update-asked", text: "answers a KeyUpdate that asks for one", clause: clause, severity: record.High, accepts: true, stage: behind(func(c conn) error { return c.(*rfc8998.Conn).UpdateKeys(true) })},
		{id: "key-updates", text: "takes ten KeyUpdates", clause: clause, severity: record.Medium, accepts: true, stage: behind(func(c conn) (err error) {
			for range 10 {
				err = errors.Join(err, c.(*rfc8998.Conn).UpdateKeys(false))
			}
			return err
		})},
		{id: "key-update-value", text: "refuses a KeyUpdate of value 2", clause: clause, severity: record.Medium, alert: wire.IllegalParameter, stage: afterwards(update(2))},
		{id: "key-update-empty", text: "refuses an empty KeyUpdate", clause: clause, severity: record.Low, alert: wire.DecodeError, stage: afterwards(update())},
		{id: "key-update-long", text: "refuses a KeyUpdate of two bytes", clause: clause, severity: record.Low, alert: wire.DecodeError, stage: afterwards(update(0, 0))},
		{id: "old-keys", text: "refuses a record under the keys before a KeyUpdate", clause: clause, severity: record.Critical, alert: wire.BadRecordMAC, stage: afterwards(update(0))},
		{id: "late-unknown", text: "refuses a message of an unknown type behind the handshake", clause: "4.6", severity: record.Medium, alert: wire.UnexpectedMessage,
			stage: afterwards(wire.Message{Type: 99, Body: []byte{1}})},
		{id: "late-finished", text: "refuses a Finished behind the handshake", clause: "4.6", severity: record.Medium, alert: wire.UnexpectedMessage,
			stage: afterwards(wire.Message{Type: wire.Finished, Body: make([]byte, 32)})},
		{id: "late-hello-request", text: "refuses a HelloRequest, which TLS 1.3 has not", clause: "4.6", severity: record.Medium, alert: wire.UnexpectedMessage,
			stage: afterwards(wire.Message{Type: wire.HelloRequest})},
	}
	if server {
		return append(rules,
			rule{id: "renegotiation", text: "refuses to begin anew behind the handshake", clause: "4.1.2", severity: record.High, alert: wire.UnexpectedMessage,
				stage: afterwards(wire.Message{Type: wire.ClientHello, Body: make([]byte, 60)})},
			rule{id: "client-ticket", text: "refuses a NewSessionTicket of a client", clause: "4.6.1", severity: record.Low, alert: wire.UnexpectedMessage, stage: afterwards(ticket)})
	}
	return append(rules,
		rule{id: "ticket", text: "takes a NewSessionTicket", clause: "4.6.1", severity: record.High, accepts: true, stage: afterwards(ticket)},
		rule{id: "cut-ticket", text: "refuses a NewSessionTicket that ends within a field", clause: "4.6.1", severity: record.Medium, alert: wire.DecodeError,
			stage: afterwards(wire.Message{Type: wire.NewSessionTicket, Body: ticket.Body[:len(ticket.Body)-3]})},
		rule{id: "long-ticket", text: "refuses a NewSessionTicket with a byte too many", clause: "4.6.1", severity: record.Low, alert: wire.DecodeError,
			stage: afterwards(wire.Message{Type: wire.NewSessionTicket, Body: append(bytes.Clone(ticket.Body), 0)})},
		rule{id: "late-request", text: "refuses a CertificateRequest behind the handshake, for which it did not offer itself", clause: "4.6.2", severity: record.Medium, alert: wire.UnexpectedMessage,
			stage: afterwards(request([]byte{1}, schemes))},
		rule{id: "renegotiation", text: "refuses a ServerHello behind the handshake", clause: "4.1.3", severity: record.Medium, alert: wire.UnexpectedMessage,
			stage: afterwards(wire.Message{Type: wire.ServerHello, Body: make([]byte, 60)})})
}
