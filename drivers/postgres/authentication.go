package postgres

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
)

// authenticationTime bounds the time to find out a server's authentication method.
const authenticationTime = 2 * time.Second

// UnsupportedAuthentication reports whether the server requires an authentication method that pgx does not support, and returns the
// code of the server's message Authentication (PostgreSQL documentation, 55.7; servers derived from PostgreSQL have their own
// codes). It uses the user and database of the data source name and sends no password.
func UnsupportedAuthentication(dsn string) (code uint32, unsupported bool) {
	code, body, err := authentication(dsn)
	switch {
	case err != nil:
		return 0, false
	case code == 10: // SASL, or openGauss' own SHA-256
		return code, !bytes.Contains(body, []byte("SCRAM-SHA-256"))
	default:
		return code, code != 0 && code != 3 && code != 5
	}
}

// authentication sends a start-up message and returns the server's message Authentication.
func authentication(dsn string) (code uint32, body []byte, err error) {
	config, err := Config(dsn)
	if err != nil {
		return 0, nil, err
	}
	network, address, err := Address(dsn)
	if err != nil {
		return 0, nil, err
	}
	conn, err := net.DialTimeout(network, address, authenticationTime)
	if err != nil {
		return 0, nil, err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(authenticationTime))
	startup := pgproto3.StartupMessage{ProtocolVersion: pgproto3.ProtocolVersion30,
		Parameters: map[string]string{"user": config.User, "database": config.Database}}
	request, err := startup.Encode(nil)
	if err != nil {
		return 0, nil, err
	}
	if _, err := conn.Write(request); err != nil {
		return 0, nil, err
	}
	var head [9]byte // type, length, code
	if _, err := io.ReadFull(conn, head[:]); err != nil {
		return 0, nil, err
	}
	length := binary.BigEndian.Uint32(head[1:])
	if head[0] != 'R' || length < 8 || length > 1<<10 {
		return 0, nil, fmt.Errorf("the server answers with %q, not with a request for authentication", head[0])
	}
	body = make([]byte, length-8)
	_, err = io.ReadFull(conn, body)
	return binary.BigEndian.Uint32(head[5:]), body, err
}
