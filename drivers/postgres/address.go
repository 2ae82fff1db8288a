package postgres

import (
	"database/sql"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/url"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/xcmatrix/xcmatrix/drivers/dialect"
)

// Address is where a data source name points.
func Address(dsn string) (network, address string, err error) {
	config, err := Config(dsn)
	if err != nil {
		return "", "", err
	}
	network, address = pgconn.NetworkAddress(config.Host, config.Port)
	return network, address, nil
}

// Via is the data source name with another host:port.
func Via(dsn, address string) (string, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return "", err
	}
	if u, err := url.Parse(dsn); err == nil && u.Scheme != "" {
		u.Host = address
		return u.String(), nil
	}
	return with(with(dsn, dialect.Setting{Key: "host", Value: host}), dialect.Setting{Key: "port", Value: port}), nil
}

// As is the data source name for another user.
func As(dsn, user, password string) (string, error) {
	if u, err := url.Parse(dsn); err == nil && u.Scheme != "" {
		u.User = url.UserPassword(user, password)
		return u.String(), nil
	}
	return with(with(dsn, dialect.Setting{Key: "user", Value: user}), dialect.Setting{Key: "password", Value: password}), nil
}

// Secure opens a pool with sslmode=verify-full.
func Secure(dsn, rootFile string) (*sql.DB, error) {
	return Open(dsn, dialect.Setting{Key: "sslmode", Value: "verify-full"}, dialect.Setting{Key: "sslrootcert", Value: rootFile})
}

// sslRequest is the code in the first message of a client that wants TLS (PostgreSQL documentation, 55.7 SSLRequest).
const sslRequest = 80877103

// StartTLS answers a client's request for TLS with yes.
func StartTLS(conn net.Conn) error {
	var request [8]byte
	if _, err := io.ReadFull(conn, request[:]); err != nil {
		return err
	}
	if code := binary.BigEndian.Uint32(request[4:]); code != sslRequest {
		return fmt.Errorf("the client asks for %d, not for TLS", code)
	}
	_, err := conn.Write([]byte{'S'})
	return err
}
