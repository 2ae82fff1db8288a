package mysql

import (
	"errors"

	"github.com/go-sql-driver/mysql"

	"github.com/xcmatrix/xcmatrix/drivers/dialect"
)

// protocol is MySQL's, in which the server sends a greeting first.
var protocol = dialect.Protocol{IsProtocol: dialect.IsMySQLGreeting}

// connectError returns why the driver made no session, for an error that no server sent.
func connectError(dsn string, err error) *dialect.ConnectError {
	network, address, errAddress := Address(dsn)
	if errAddress != nil {
		network, address = "tcp", ""
	}
	return protocol.Explain(network, address, err, errors.Is(err, mysql.ErrNoTLS))
}
