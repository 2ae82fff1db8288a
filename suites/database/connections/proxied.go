package connections

import (
	"database/sql"

	"github.com/xcmatrix/xcmatrix/drivers/dialect"
	"github.com/xcmatrix/xcmatrix/drivers/faultproxy"
	"github.com/xcmatrix/xcmatrix/suites/database/dbtest"
)

// Proxied opens a pool that reaches the case's server through a proxy. It uses no TLS if the server allows that: a fault
// then falls between two bytes of the database's own protocol. Proxy and pool are closed at the end of the run.
func Proxied(t *dbtest.T, settings ...dialect.Setting) (*faultproxy.Proxy, *sql.DB) {
	return ProxiedTo(t, t.Clear(t.DSN), settings...)
}

// ProxiedTo is Proxied for another data source name, whose TLS it leaves as it is.
func ProxiedTo(t *dbtest.T, dsn string, settings ...dialect.Setting) (*faultproxy.Proxy, *sql.DB) {
	network, address, err := t.Address(dsn)
	t.Must(err, "the server's address")
	p, err := faultproxy.New(network, address)
	t.Must(err, "a proxy")
	t.AtEnd(p.Close)
	dsn, err = t.Via(dsn, p.Addr())
	t.Must(err, "the proxy's address")
	return p, t.Pool(dsn, settings...)
}
