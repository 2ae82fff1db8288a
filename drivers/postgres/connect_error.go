package postgres

import (
	"strings"

	"github.com/xcmatrix/xcmatrix/drivers/dialect"
	"github.com/xcmatrix/xcmatrix/results/pattern"
)

// Protocol is PostgreSQL's. A server answers a request for TLS with one letter or an error.
var Protocol = dialect.Protocol{Hello: dialect.TLSRequest, IsProtocol: func(answer []byte) bool {
	switch answer[0] {
	case 'S', 'N':
		return len(answer) == 1
	case 'E': // followed by the length of the error
		return len(answer) > 4 && answer[1] == 0
	}
	return false
}}

// withoutTLS matches the end of a server's message when it rejects a host because TLS is missing. There is no error code for that.
var withoutTLS = pattern.Of(`no encryption|SSL off`)

// connectError returns why the driver made no session, for an error that no server sent.
func connectError(dsn string, err error) *dialect.ConnectError {
	network, address, errAddress := Address(dsn)
	if errAddress != nil {
		network, address = "tcp", ""
	}
	noTLS := err != nil && strings.Contains(err.Error(), "server refused TLS connection") // pgx exports no error value for it
	return Protocol.Explain(network, address, err, noTLS)
}
