package diagnosis

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// modules starts a module proxy that answers each path by the status that statuses has for a part of it; 404 where none is.
func (a *authority) modules(statuses map[string]int) *url.URL {
	a.t.Helper()
	key := a.key()
	leaf := a.make("localhost", a.middle, a.midKey, key, func(c *x509.Certificate) {})
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for part, status := range statuses {
			if strings.Contains(r.URL.Path, part) {
				w.WriteHeader(status)
				return
			}
		}
		http.NotFound(w, r)
	}))
	s.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{leaf.Raw, a.middle.Raw}, PrivateKey: key}}}
	s.StartTLS()
	a.t.Cleanup(s.Close)
	return named(a.t, s.URL)
}

// environment is what a network check finds: GOPROXY, variables of the shell, and the answers of resolvers to the host's name.
type environment struct {
	goproxy string
	goes    map[string]string
	env     map[string]string
	dns     []string // HOST:PORT; the first is asked
}

// host returns a prepared host with the environment, which trusts the authority.
func (e environment) host(t *testing.T, a *authority) *Host {
	t.Helper()
	p := prepare(t)
	p.goes["GOPROXY"] = e.goproxy
	p.goes["GOSUMDB"] = "off"
	for name, value := range e.goes {
		p.goes[name] = value
	}
	p.env["SSL_CERT_FILE"] = p.write("roots.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.root.Raw})))
	for name, value := range e.env {
		p.env[name] = value
	}
	h := p.host()
	lines := ""
	for _, server := range e.dns {
		lines += "nameserver " + server + "\n"
	}
	h.Resolvers = filepath.Join(p.dir, "resolv.conf")
	if err := os.WriteFile(h.Resolvers, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	if len(e.dns) > 0 {
		h.DNS = e.dns[0]
	}
	return h
}

// networkCase is an environment, and words of what the check says of it; "" where it finds nothing.
type networkCase struct {
	name string
	environment
	words string
}

// networkCases has both ways of each check of the network.
func networkCases(t *testing.T, a *authority) map[string][]networkCase {
	none := func(*x509.Certificate) {}
	good := a.modules(map[string]int{"x/text": 200}).String()
	refusing := a.modules(map[string]int{"x/text": 200, "no-such": 403}).String()
	with := func(goproxy string) environment { return environment{goproxy: goproxy} }
	by := func(proxy *url.URL, goproxy string, more ...string) environment {
		e := environment{goproxy: goproxy, env: map[string]string{"HTTPS_PROXY": proxy.String()}, dns: []string{dns(t, net.IPv4(127, 0, 0, 1))}}
		for i := 0; i < len(more); i += 2 {
			e.env[more[i]] = more[i+1]
		}
		return e
	}
	// Go leaves localhost and loopback addresses out of proxies: names of another domain show what NO_PROXY covers.
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(good, "https://"))
	example := a.server(true, 200, func(c *x509.Certificate) { c.DNSNames = []string{"proxy.example.com", "example.com"} })
	sub, apex := "https://proxy.example.com:"+example.Port(), "https://example.com:"+example.Port()
	cutting := filter(t, "127.0.0.1:"+port, "localhost")
	_, cuttingPort, _ := net.SplitHostPort(cutting)
	refusal := httpProxy(t, "403 Forbidden")
	database := a.modules(map[string]int{"x/text": 200, "/sumdb/sum.example.com/supported": 200}).String()
	sums := a.server(true, 200, none)
	resolvers := func(all ...string) environment {
		return environment{goproxy: "https://proxy.example.com", dns: all}
	}
	public, private := dns(t, net.IPv4(203, 0, 113, 7)), dns(t, net.IPv4(10, 1, 2, 3))
	return map[string][]networkCase{
		"reach-proxy": {
			{"in order", with(good), ""},
			{"air-gapped", with("off"), ""},
			{"from the modules' own hosts", with("direct"), ""},
			{"an intermediate missing", with(a.server(false, 200, none).String()), "intermediate certificate of CN=intermediate"},
			{"filtered by name", with("https://localhost:" + cuttingPort), "name this host (SNI)"},
			{"refused by the HTTP proxy", by(refusal, sub), "refuses the way there"},
			{"by an HTTP proxy", by(httpProxy(t, "200 OK"), sub), ""},
			{"NO_PROXY covers a host below its own", by(refusal, sub, "NO_PROXY", "example.com"), ""},
			{"NO_PROXY with a dot leaves the domain itself to the proxy", by(refusal, apex, "NO_PROXY", ".example.com"), "refuses the way there"},
			{"NO_PROXY in small letters", by(refusal, sub, "no_proxy", ".example.com"), ""},
		},
		"reach-next": {
			{"404 goes on", with(good + ",direct"), ""},
			{"403 does not", with(refusing + ",direct"), "put | between"},
			{"403 goes on behind a bar", with(refusing + "|direct"), ""},
			{"one entry alone", with(refusing), ""},
			{"air-gapped", with("off"), ""},
		},
		"reach-sumdb": {
			{"off", with(good), ""},
			{"served by the proxy", environment{goproxy: database, goes: map[string]string{"GOSUMDB": "sum.example.com"}}, ""},
			{"reached itself", environment{goproxy: good, goes: map[string]string{"GOSUMDB": sums.Host}}, ""},
			{"not known", environment{goproxy: good, goes: map[string]string{"GOSUMDB": "sum.example.com"}, dns: []string{dns(t, nil)}}, "not known to the resolver"},
			{"an error of its own", environment{goproxy: good, goes: map[string]string{"GOSUMDB": a.server(true, 502, none).Host}}, "an error of its own"},
		},
		"resolvers": {
			{"the same", resolvers(public, public), ""},
			{"one leads inside", resolvers(public, private), "resolvers disagree"},
			{"one knows it not", resolvers(public, dns(t, nil)), "does not know the host"},
			{"air-gapped", environment{goproxy: "off", dns: []string{public, private}}, ""},
		},
	}
}

// Each check of the network finds nothing where local servers are in order, and its own fault where they misbehave, in an environment that the
// go command would have, too.
func TestNetworkChecksBothWays(t *testing.T) {
	a := newAuthority(t)
	cases := networkCases(t, a)
	for _, c := range NetworkChecks() {
		sound, faults := 0, 0
		for _, n := range cases[c.ID] {
			if n.words == "" {
				sound++
			} else {
				faults++
			}
			t.Run(c.ID+" "+n.name, func(t *testing.T) {
				e := c.Gather(t.Context(), n.host(t, a))
				f := c.Judge(e)
				if f == nil && n.words == "" {
					return
				}
				if f == nil || n.words == "" || !strings.Contains(f.Cause.En+f.Remedy.En, n.words) {
					t.Errorf("%+v, want %q: %v", f, n.words, e)
					return
				}
				complete(t, 0, f)
			})
		}
		if sound == 0 || faults == 0 {
			t.Errorf("%s: %d sound environments, %d with a fault", c.ID, sound, faults)
		}
	}
}

// TestChecksAreCounted prints how many checks there are of each kind, each of which another test proves both ways.
func TestChecksAreCounted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "Dockerfile")
	if err := os.WriteFile(path, []byte(goodDockerfile), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := Dockerfile(path)
	if err != nil {
		t.Fatal(err)
	}
	host, network := len(Checks()), len(NetworkChecks())
	t.Logf("checks: %d of the host, %d of the network, %d of a Dockerfile", host, network, len(file))
	if host+network+len(file) < 40 {
		t.Error("there are fewer than 40")
	}
}
