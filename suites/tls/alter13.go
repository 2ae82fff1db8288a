package tls

import (
	"bytes"
	"errors"
	"slices"

	"github.com/xcmatrix/xcmatrix/suites/tls/wire"
)

// The functions of this file return stages of TLS 1.3, or help to make them.

// set puts an extension into a hello, in place of one of its type.
func set(h *wire.Hello, t uint16, data []byte) {
	for i := range h.Extensions {
		if h.Extensions[i].Type == t {
			h.Extensions[i].Data = data
			return
		}
	}
	h.Extensions = append(h.Extensions, wire.Extension{Type: t, Data: data})
}

// offers has the own client's ClientHello have an extension.
func offers(t uint16, data []byte) func(*scene) {
	return helloBody(func(h *wire.Hello) { set(h, t, data) })
}

// offersNone has the own client's ClientHello lack an extension.
func offersNone(t uint16) func(*scene) {
	return helloBody(func(h *wire.Hello) { drop(h, t) })
}

func drop(h *wire.Hello, t uint16) {
	h.Extensions = slices.DeleteFunc(h.Extensions, func(e wire.Extension) bool { return e.Type == t })
}

// answers has the own server's ServerHello have an extension.
func answers(t uint16, data []byte) func(*scene) {
	return serverHello(func(h *wire.Hello) { set(h, t, data) })
}

// share has the own side's share for curveSM2 changed.
func share(change func(point []byte) []byte) func(*scene) {
	return func(s *scene) {
		if s.asServer {
			helloBody(func(h *wire.Hello) {
				data, _ := h.Extension(wire.ExtKeyShare)
				set(h, wire.ExtKeyShare, wire.Vector16(slices.Concat(wire.Uint16s[uint16](wire.CurveSM2), wire.Vector16(change(bytes.Clone(data[6:]))))))
			})(s)
			return
		}
		serverHello(func(h *wire.Hello) {
			data, _ := h.Extension(wire.ExtKeyShare)
			set(h, wire.ExtKeyShare, slices.Concat(data[:2], wire.Vector16(change(bytes.Clone(data[4:])))))
		})(s)
	}
}

// retried has the own server ask for a cookie by HelloRetryRequest, which change, if not nil, changes.
func retried(change func(*wire.Hello)) func(*scene) {
	return func(s *scene) {
		s.own13.Cookie = []byte("cookie")
		if change != nil {
			onRetry(change)(s)
		}
	}
}

// onRetry changes the own server's HelloRetryRequest.
func onRetry(change func(*wire.Hello)) func(*scene) {
	return serverHello(func(h *wire.Hello) {
		if h.Random == wire.RetryRandom {
			change(h)
		}
	})
}

// encryptedExtensions has the own server's EncryptedExtensions have this list.
func encryptedExtensions(list ...wire.Extension) func(*scene) {
	return edit(wire.EncryptedExtensions, func([]byte) []byte { return wire.Vector16(wire.MarshalExtensions(list)) })
}

// request is a CertificateRequest with a context and extensions.
func request(context []byte, list ...wire.Extension) wire.Message {
	return wire.Message{Type: wire.CertificateRequest, Body: slices.Concat(wire.Vector8(context), wire.Vector16(wire.MarshalExtensions(list)))}
}

// schemes is the extension that a CertificateRequest must have.
var schemes = wire.Extension{Type: wire.ExtSignatureAlgorithms, Data: wire.Vector16(wire.Uint16s[uint16](wire.SM2SigSM3))}

// afterwards has the own peer send a handshake message behind the handshake, and then carry the line.
func afterwards(m wire.Message) func(*scene) {
	return inRecord(wire.Handshake, m.Marshal())
}

// inRecord has the own peer send a protected record of a type behind the handshake, and then carry the line. Type 0 gives the
// content as the record has it, with its type and padding but for a last zero.
func inRecord(t wire.ContentType, content []byte) func(*scene) {
	return behind(func(c conn) error { return c.Wire().WriteRecord(t, content) })
}

// behind has the own peer do something behind the handshake, and then carry the line.
func behind(do func(conn) error) func(*scene) {
	return func(s *scene) {
		s.after = func(c conn) error {
			if err := do(c); err != nil {
				return err
			}
			return echo(c, !c.IsClient())
		}
	}
}

// sealed writes one protected record, whatever its length.
func sealed(c conn, t wire.ContentType, content []byte) error {
	w := c.Wire()
	outer, body, err := w.Out.Seal(t, w.Version, content)
	if err != nil {
		return err
	}
	_, errWrite := w.Conn.Write(clearRecord(outer, w.Version, body...))
	return errors.Join(err, errWrite)
}

// data changes the record that has the own peer's line.
func data(change func(record []byte) []byte) func(*scene) {
	return func(s *scene) {
		n := 1 // of TLCP
		switch {
		case s.version == wire.TLS13 && s.asServer:
			n = 2 // behind Finished
		case s.version == wire.TLS13:
			n = 5 // behind EncryptedExtensions, Certificate, CertificateVerify, Finished
		}
		onRecord(wire.ApplicationData, n, change)(s)
	}
}
