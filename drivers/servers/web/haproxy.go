package web

import (
	"fmt"

	"github.com/xcmatrix/xcmatrix/drivers/servers/daemon"
)

// haproxy is HAProxy as a reverse proxy, with connections to the server that are used again.
func haproxy(upstream string) daemon.Kind {
	return proxy("haproxy", "haproxy.cfg", func(s *daemon.Server) string {
		return fmt.Sprintf(`global
	maxconn 4096
defaults
	mode http
	option forwardfor
	timeout connect 10s
	timeout client 60s
	timeout server 60s
	timeout tunnel 60s
	http-reuse always
frontend front
	bind 127.0.0.1:%d backlog 4096
	default_backend go
backend go
	server go %s pool-purge-delay %ss
`, s.Port, upstream, seconds(IdleTime))
	}, "-db", "-f")
}
