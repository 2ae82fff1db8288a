package tls

import (
	"errors"
	"net"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/tls/tlcp"
	"github.com/xcmatrix/xcmatrix/suites/tls/wire"
)

// orderRules are about a client's messages in another order.
func orderRules() []rule {
	const clause = "6.4.3"
	mutual := (*scene).mutual
	return []rule{
		{id: "exchange-first", text: "refuses a ClientKeyExchange before the Certificate that it asked for", clause: clause, severity: record.Medium,
			stage: all(mutual, exchanged(wire.Certificate))},
		{id: "verify-first", text: "refuses a CertificateVerify before ClientKeyExchange", clause: clause, severity: record.Medium,
			stage: all(mutual, exchanged(wire.ClientKeyExchange))},
		{id: "no-exchange", text: "refuses a client that sends no ClientKeyExchange", clause: clause, severity: record.Critical,
			stage: all(preMaster(nil, make([]byte, 48)), without(wire.ClientKeyExchange))}, // of zeros: what a server has that made none
		{id: "two-exchanges", text: "refuses a second ClientKeyExchange", clause: clause, severity: record.Medium, stage: twice(wire.ClientKeyExchange)},
		{id: "clear-finished", text: "refuses a Finished in the clear before ClientKeyExchange", clause: clause, severity: record.Critical,
			stage: before(wire.ClientKeyExchange, wire.Message{Type: wire.Finished, Body: make([]byte, 12)})},
		{id: "client-server-hello", text: "refuses a ServerHello of a client", clause: clause, severity: record.Medium, stage: as(wire.ClientHello, wire.ServerHello)},
		{id: "client-done", text: "refuses a ServerHelloDone of a client", clause: clause, severity: record.Medium,
			stage: before(wire.ClientKeyExchange, wire.Message{Type: wire.ServerHelloDone})},
		{id: "unknown-message", text: "refuses a handshake message of an unknown type", clause: clause, severity: record.Medium,
			stage: before(wire.ClientKeyExchange, wire.Message{Type: 99, Body: []byte{1}})},
		{id: "client-hello-request", text: "refuses a HelloRequest of a client", clause: clause, severity: record.Low,
			stage: before(wire.ClientKeyExchange, wire.Message{Type: wire.HelloRequest})},
		{id: "only-finished", text: "refuses a client that goes from ClientHello to Finished", clause: clause, severity: record.Critical,
			stage: all(without(wire.ClientKeyExchange), onRecord(wire.ChangeCipherSpec, 1, func([]byte) []byte { return nil }))},
		{id: "renegotiation", text: "refuses to begin anew behind the handshake", clause: clause, severity: record.Medium, stage: func(s *scene) {
			s.after = func(c conn) error {
				h := wire.Hello{Version: wire.TLCP, Suites: s.own.Suites, Compression: []byte{0}}
				err := c.Wire().WriteRecord(wire.Handshake, wire.Message{Type: wire.ClientHello, Body: h.MarshalClient()}.Marshal())
				return errors.Join(err, echo(c, false))
			}
		}},
		{id: "silence", text: "ends when its client goes before ClientHello", clause: clause, severity: record.High, stage: func(s *scene) {
			s.raw = func(net.Conn) error { return nil }
		}},
		{id: "half-hello", text: "ends when its client goes within ClientHello", clause: clause, severity: record.High, stage: func(s *scene) {
			s.raw = func(c net.Conn) error {
				_, err := c.Write(clearRecord(wire.Handshake, wire.TLCP, 1, 0, 0, 40, 1, 1))
				return err
			}
		}},
		{id: "random-time", text: "begins its Random with the time", clause: "6.4.5.2.1", severity: record.Low, accepts: true, stage: timed},
	}
}

// timed has the own peer look at the first four bytes of the peer's Random: seconds since 1970, give or take an hour.
func timed(s *scene) {
	s.after = func(c conn) error {
		seconds := int64(c.(*tlcp.Conn).PeerTime())
		if apart := time.Duration(s.now.Unix()-seconds) * time.Second; apart.Abs() > time.Hour {
			return errors.New("the first four bytes of Random are not the time")
		}
		return echo(c, !c.IsClient())
	}
}
