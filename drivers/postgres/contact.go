package postgres

import (
	"regexp"
	"strings"

	"github.com/xcmatrix/xcmatrix/drivers/dialect"
)

// Protocol is how servers of PostgreSQL's protocol answer to a client that asks for TLS: by one letter, or an error.
var Protocol = dialect.Protocol{Hello: dialect.TLSRequest, IsProtocol: func(answer []byte) bool {
	switch answer[0] {
	case 'S', 'N':
		return len(answer) == 1
	case 'E': // an error's length follows
		return len(answer) > 4 && answer[1] == 0
	}
	return false
}}

// withoutTLS is what a server adds to its refusal of a host where TLS is what is missing; there is no code for that.
var withoutTLS = regexp.MustCompile(`no encryption|SSL off`)

// contact returns why no session came about, by an error that no server sent.
func contact(dsn string, err error) *dialect.ConnectError {
	network, address, wrong := Address(dsn)
	if wrong != nil {
		network, address = "tcp", ""
	}
	noTLS := err != nil && strings.Contains(err.Error(), "server refused TLS connection") // pgx has no variable for it
	return Protocol.Explain(network, address, err, noTLS)
}
