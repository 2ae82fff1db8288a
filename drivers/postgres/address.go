package postgres

import (
	"crypto/x509"
	"database/sql"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/xcmatrix/xcmatrix/drivers/authority"
	"github.com/xcmatrix/xcmatrix/drivers/dialect"
)

// Address returns the server's address in a data source name, for net.Dial.
func Address(dsn string) (network, address string, err error) {
	config, err := Config(dsn)
	if err != nil {
		return "", "", err
	}
	network, address = pgconn.NetworkAddress(config.Host, config.Port)
	return network, address, nil
}

// Via returns the data source name with another host:port.
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

// As returns the data source name with another user.
func As(dsn, user, password string) (string, error) {
	if u, err := url.Parse(dsn); err == nil && u.Scheme != "" {
		u.User = url.UserPassword(user, password)
		return u.String(), nil
	}
	return with(with(dsn, dialect.Setting{Key: "user", Value: user}), dialect.Setting{Key: "password", Value: password}), nil
}

// cutRoots returns a URL without the root certificate that it contains (see authority.Inline), and that root; nil if it has none.
func cutRoots(dsn string) (string, *x509.CertPool) {
	u, err := url.Parse(dsn)
	if err != nil {
		return dsn, nil
	}
	query := u.Query()
	roots, ok := authority.Roots(query.Get("sslrootcert"))
	if !ok {
		return dsn, nil
	}
	query.Del("sslrootcert")
	u.RawQuery = strings.ReplaceAll(query.Encode(), "+", "%20")
	return u.String(), roots
}

// Plain returns the data source name without TLS if it is of a server that this program has started; otherwise it returns it
// unchanged.
func Plain(dsn string) string {
	without, roots := cutRoots(dsn)
	if roots == nil {
		return dsn
	}
	return with(without, dialect.Setting{Key: "sslmode", Value: "disable"})
}

// Secure returns a pool with sslmode=verify-full that trusts only the root certificates in the PEM file.
func Secure(dsn, rootFile string) (*sql.DB, error) {
	return Open(dsn, dialect.Setting{Key: "sslmode", Value: "verify-full"}, dialect.Setting{Key: "sslrootcert", Value: rootFile})
}

// sslRequest is the code in the message by which a client requests TLS (PostgreSQL documentation, 55.7 SSLRequest).
const sslRequest = 80877103

// StartTLS reads a client's request for TLS and accepts it. It returns an error if the client sends something else.
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
