package mysql

import (
	"errors"

	"github.com/go-sql-driver/mysql"

	"github.com/xcmatrix/xcmatrix/drivers/dialect"
)

// protocol is that a server greets its client.
var protocol = dialect.Protocol{IsProtocol: dialect.IsMySQLGreeting}

// contact returns why no session came about, by an error that no server sent.
func contact(dsn string, err error) *dialect.ConnectError {
	network, address, wrong := Address(dsn)
	if wrong != nil {
		network, address = "tcp", ""
	}
	return protocol.Explain(network, address, err, errors.Is(err, mysql.ErrNoTLS))
}
