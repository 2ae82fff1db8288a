package web

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/drivers/servers/daemon"
	"github.com/xcmatrix/xcmatrix/results/needs"
)

// TestProxies asks a server through each proxy.
func TestProxies(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "hello "+r.Host) }))
	defer server.Close()
	for _, p := range Proxies() {
		t.Run(p.Name, func(t *testing.T) {
			s := start(t, func(dir string) (*daemon.Server, error) {
				return p.Start(t.Context(), dir, strings.TrimPrefix(server.URL, "http://"))
			})
			response, err := http.Get(s.Address() + "/")
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			if err != nil || string(body) != "hello "+s.HostPort() {
				t.Errorf("%s %q, %v", response.Status, body, err)
			}
		})
	}
}

// start starts a server, which ends with the test.
func start(t *testing.T, from func(dir string) (*daemon.Server, error)) *daemon.Server {
	t.Helper()
	s, err := from(t.TempDir())
	var absent *daemon.AbsentError
	if errors.As(err, &absent) {
		needs.Absent(t, needs.Tools, absent.Error()+": scripts/setup --http")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s
}
