package web

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/xcmatrix/xcmatrix/drivers/servers/daemon"
)

// squid is Squid as a reverse proxy that caches nothing.
func squid(upstream string) daemon.Kind {
	return squidKind(func(s *daemon.Server) string {
		host, port := split(upstream)
		return fmt.Sprintf("http_port 127.0.0.1:%d accel vhost\n"+
			"cache_peer %s parent %s 0 no-query originserver name=go max-conn=0\nhttp_access allow all\n", s.Port, host, port)
	})
}

// squidKind is Squid with the ports and peers of a text.
func squidKind(text func(*daemon.Server) string) daemon.Kind {
	k := proxy("squid", "squid.conf", func(s *daemon.Server) string {
		files := filepath.Join(s.Home.Path, "share")
		return text(s) + fmt.Sprintf(`pid_filename none
cache_log %[2]s/cache.log
access_log none
cache deny all
cache_mem 0
memory_cache_shared off
cache_effective_user nobody
http_upgrade_request_protocols websocket allow all
mime_table %[1]s/mime.conf
icon_directory %[1]s/icons
error_directory %[1]s/templates
unlinkd_program /bin/true
logfile_daemon /bin/true
pinger_enable off
coredump_dir %[2]s
max_filedescriptors 8192
server_idle_pconn_timeout %[3]s seconds
shutdown_lifetime 0 seconds
`, files, s.Home.Path, seconds(IdleTime))
	})
	k.Clean = func(s *daemon.Server) { // a Squid that ends by itself takes two seconds
		left, _ := filepath.Glob("/dev/shm/" + shared(s) + "-*.shm")
		for _, path := range left {
			_ = os.Remove(path)
		}
	}
	k.Initialise = squidFiles
	k.Args = func(s *daemon.Server) []string {
		return []string{"-N", "-n", shared(s), "-f", filepath.Join(s.Home.Path, "squid.conf")}
	}
	return k
}

// shared is the beginning of the names of what a Squid has in /dev/shm.
func shared(s *daemon.Server) string { return fmt.Sprintf("xcmatrix%d", s.Port) }

// squidFiles copies what Squid reads as an account without privileges into its home, which that account may enter.
func squidFiles(_ context.Context, s *daemon.Server) error {
	s.Home.Env = Libraries(s.Binary)
	root := filepath.Dir(filepath.Dir(s.Binary))
	share := filepath.Join(s.Home.Path, "share")
	var templates string
	for _, name := range []string{"squid-langpack/templates", "squid/errors/templates", "squid/errors/en"} {
		if dir := filepath.Join(root, "share", name); exists(dir) {
			templates = dir
			break
		}
	}
	if templates == "" {
		return &daemon.AbsentError{Program: "squid (its pages)"}
	}
	mime := filepath.Join(root, "share", "squid", "mime.conf")
	if !exists(mime) {
		mime = "/etc/squid/mime.conf"
	}
	text, errMime := os.ReadFile(mime)
	return errors.Join(errMime, os.Chmod(s.Home.Path, 0o755), os.CopyFS(filepath.Join(share, "templates"), os.DirFS(templates)),
		os.MkdirAll(filepath.Join(share, "icons"), 0o755), os.WriteFile(filepath.Join(share, "mime.conf"), text, 0o644))
}
