package web

import (
	"fmt"

	"github.com/xcmatrix/xcmatrix/drivers/servers/daemon"
)

// nginx is nginx as a reverse proxy that speaks HTTP/1.1 to the server, with connections that are used again.
func nginx(upstream string) daemon.Kind {
	return proxy("nginx", "nginx.conf", func(s *daemon.Server) string {
		return fmt.Sprintf(`daemon off; worker_processes auto; worker_rlimit_nofile 16384; pid nginx.pid; error_log stderr error;
%s
events { worker_connections 8192; }
http {
	access_log off; client_max_body_size 0; proxy_max_temp_file_size 0; keepalive_requests 1000000000;
	client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
	map $http_upgrade $onward { default upgrade; '' ''; }
	upstream go { server %s; keepalive 64; keepalive_timeout %ss; keepalive_requests 1000000000; }
	server {
		listen 127.0.0.1:%d backlog=4096;
		location / {
			proxy_pass http://go; proxy_http_version 1.1;
			proxy_set_header Host $http_host; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
			proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $onward;
		}
	}
}
`, user(), upstream, seconds(IdleTime), s.Port)
	}, "-e", "stderr", "-p", ".", "-c")
}
