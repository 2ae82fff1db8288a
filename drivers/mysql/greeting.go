package mysql

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
)

// Capability flags (MySQL source documentation, Capabilities Flags).
const (
	clientConnectWithDB    = 0x8
	clientProtocol41       = 0x200
	clientSSL              = 0x800
	clientTransactions     = 0x2000
	clientSecureConnection = 0x8000
	clientPluginAuth       = 0x80000
)

// greeting returns the first packet of a server that offers TLS (Protocol::HandshakeV10). It is enough up to the TLS handshake, not
// for a login.
func greeting() []byte {
	const capabilities = clientConnectWithDB | clientProtocol41 | clientSSL | clientTransactions |
		clientSecureConnection | clientPluginAuth
	body := append([]byte{10}, "8.0.0-xcmatrix\x00"...)
	body = binary.LittleEndian.AppendUint32(body, 1) // connection
	body = append(body, "01234567\x00"...)           // first part of the scramble
	body = binary.LittleEndian.AppendUint16(body, capabilities&0xffff)
	body = append(body, 45) // utf8mb4_general_ci
	body = binary.LittleEndian.AppendUint16(body, 2)
	body = binary.LittleEndian.AppendUint16(body, capabilities>>16)
	body = append(body, 21)
	body = append(body, make([]byte, 10)...)
	body = append(body, "890123456789\x00mysql_native_password\x00"...)
	return append([]byte{byte(len(body)), 0, 0, 0}, body...)
}

// StartTLS sends a greeting and reads the client's request for TLS (Protocol::SSLRequest). It returns an error if the client does not
// request TLS.
func StartTLS(conn net.Conn) error {
	if _, err := conn.Write(greeting()); err != nil {
		return err
	}
	var request [36]byte
	if _, err := io.ReadFull(conn, request[:]); err != nil {
		return err
	}
	if binary.LittleEndian.Uint32(request[4:])&clientSSL == 0 {
		return errors.New("the client does not ask for TLS")
	}
	return nil
}
