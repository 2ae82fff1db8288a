package diagnosis

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// authority is a root, an intermediate below it, and what both make.
type authority struct {
	t               *testing.T
	roots           *x509.CertPool
	root, middle    *x509.Certificate
	rootKey, midKey *ecdsa.PrivateKey
	serial          int64
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t, roots: x509.NewCertPool()}
	a.rootKey, a.midKey = a.key(), a.key()
	a.root = a.make("root", nil, nil, a.rootKey, func(c *x509.Certificate) { c.IsCA = true })
	a.middle = a.make("intermediate", a.root, a.rootKey, a.midKey, func(c *x509.Certificate) { c.IsCA = true })
	a.roots.AddCert(a.root)
	return a
}

func (a *authority) key() *ecdsa.PrivateKey {
	a.t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	return k
}

func (a *authority) make(name string, parent *x509.Certificate, parentKey, own *ecdsa.PrivateKey, change func(*x509.Certificate)) *x509.Certificate {
	a.t.Helper()
	a.serial++
	c := &x509.Certificate{SerialNumber: big.NewInt(a.serial), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(time.Hour),
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, DNSNames: []string{"localhost"}}
	change(c)
	if parent == nil {
		parent, parentKey = c, own
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, &own.PublicKey, parentKey)
	if err != nil {
		a.t.Fatal(err)
	}
	made, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return made
}

// server starts a TLS server with a certificate of the intermediate, and sends the intermediate too if whole is true.
func (a *authority) server(whole bool, status int, change func(*x509.Certificate)) *url.URL {
	a.t.Helper()
	key := a.key()
	leaf := a.make("localhost", a.middle, a.midKey, key, change)
	chain := [][]byte{leaf.Raw}
	if whole {
		chain = append(chain, a.middle.Raw)
	}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
	s.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: chain, PrivateKey: key}}}
	s.Config.ErrorLog = nil
	s.StartTLS()
	a.t.Cleanup(s.Close)
	return named(a.t, s.URL)
}

// named returns the address of a local server with the name that its certificate has.
func named(t *testing.T, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	u.Host = net.JoinHostPort("localhost", u.Port())
	return u
}

// listen starts a server that answers each connection in its own way.
func listen(t *testing.T, answer func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				c.SetDeadline(time.Now().Add(10 * time.Second))
				answer(c)
			}()
		}
	}()
	return l.Addr().String()
}

// filter is a firewall that cuts what names the host, and passes on all else.
func filter(t *testing.T, to string, name string) string {
	return listen(t, func(c net.Conn) {
		hello := make([]byte, 4096)
		n, err := c.Read(hello)
		if err != nil || strings.Contains(string(hello[:n]), name) {
			c.(*net.TCPConn).SetLinger(0)
			return
		}
		out, err := net.Dial("tcp", to)
		if err != nil {
			return
		}
		defer out.Close()
		out.Write(hello[:n])
		go io.Copy(out, c)
		io.Copy(c, out)
	})
}

// httpProxy answers CONNECT with a status, and passes on where that is 200.
func httpProxy(t *testing.T, status string) *url.URL {
	at := listen(t, func(c net.Conn) {
		request, err := http.ReadRequest(bufio.NewReader(c))
		if err != nil {
			return
		}
		if status == "" && request.Header.Get("Proxy-Authorization") == "Basic dXNlcjpodW50ZXIy" {
			status = "200 OK"
		}
		if !strings.HasPrefix(status, "200") {
			io.WriteString(c, "HTTP/1.1 "+status+"\r\nContent-Length: 0\r\n\r\n")
			return
		}
		out, err := net.Dial("tcp", "127.0.0.1:"+strings.Split(request.Host, ":")[1])
		if err != nil {
			return
		}
		defer out.Close()
		io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n")
		go io.Copy(out, c)
		io.Copy(c, out)
	})
	return &url.URL{Scheme: "http", Host: at}
}

// Local servers misbehave in each way, and each is told apart.
func TestReach(t *testing.T) {
	a := newAuthority(t)
	none := func(*x509.Certificate) {}
	good := a.server(true, 200, none)
	closed, _ := net.Listen("tcp", "127.0.0.1:0")
	closed.Close()
	raw := func(u *url.URL, host string) *url.URL { c := *u; c.Host = host; return &c }
	withUser := httpProxy(t, "")
	withUser.User = url.UserPassword("user", "hunter2")
	for name, c := range map[string]struct {
		reach Reach
		step  string
		words string // in the cause, or in what shows it
	}{
		"all is well":              {Reach{Target: good}, "done", ""},
		"by way of a proxy":        {Reach{Target: good, Proxy: httpProxy(t, "200 OK")}, "done", ""},
		"a proxy with a password":  {Reach{Target: good, Proxy: withUser}, "done", ""},
		"not there":                {Reach{Target: a.server(true, 404, none)}, "done", ""},
		"an intermediate missing":  {Reach{Target: a.server(false, 200, none)}, "certificate", "intermediate certificate of CN=intermediate"},
		"expired":                  {Reach{Target: a.server(true, 200, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Hour) })}, "certificate", "has expired"},
		"another host's":           {Reach{Target: a.server(true, 200, func(c *x509.Certificate) { c.DNSNames = []string{"example.com"} })}, "certificate", "another host's"},
		"an unknown authority":     {Reach{Target: good, Roots: x509.NewCertPool()}, "certificate", "trusts the authority"},
		"filtered by name":         {Reach{Target: raw(good, "localhost:"+strings.Split(filter(t, good.Host, "localhost"), ":")[1])}, "sni", "name this host (SNI)"},
		"cut whatever it names":    {Reach{Target: raw(good, "localhost:"+strings.Split(listen(t, func(c net.Conn) { c.Read(make([]byte, 1)) }), ":")[1])}, "tls", "no TLS connection"},
		"plain text where TLS is":  {Reach{Target: raw(good, listen(t, func(c net.Conn) { io.WriteString(c, "hello\r\n") }))}, "tls", "no TLS connection"},
		"no HTTP":                  {Reach{Target: &url.URL{Scheme: "http", Host: listen(t, func(c net.Conn) { io.WriteString(c, "SSH-2.0-x\r\n") })}}, "http", "speaks no HTTP"},
		"refused by the proxy":     {Reach{Target: good, Proxy: httpProxy(t, "403 Forbidden")}, "proxy", "refuses the way there"},
		"a password for the proxy": {Reach{Target: good, Proxy: httpProxy(t, "407 Proxy Authentication Required")}, "proxy", "asks for a password"},
		"nothing listens":          {Reach{Target: raw(good, closed.Addr().String())}, "dial", "nothing answers"},
		"no name":                  {Reach{Target: raw(good, "nowhere.invalid:443"), DNS: dns(t, nil)}, "dns", "not known to the resolver"},
		"forbidden":                {Reach{Target: a.server(true, 403, none)}, "done", "it refuses"},
		"an error of its own":      {Reach{Target: a.server(true, 502, none)}, "done", "an error of its own"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.reach.Roots == nil {
				c.reach.Roots = a.roots
			}
			e := c.reach.Try(t.Context())
			f := JudgeReach(e)
			switch {
			case e["step"] != c.step:
				t.Errorf("%q, want %q: %v", e["step"], c.step, e)
			case c.words == "" && f != nil:
				t.Errorf("%+v", f)
			case c.words != "" && (f == nil || !strings.Contains(f.Cause.En, c.words) || f.Cause.Zh == f.Cause.En || f.Remedy.Zh == "" || strings.Contains(f.Shown, "hunter2")):
				t.Errorf("%+v, want %q", f, c.words)
			}
		})
	}
}

// dns starts a resolver that has one address for every name, or knows no name.
func dns(t *testing.T, address net.IP) string {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	go func() {
		buffer := make([]byte, 1500)
		for {
			n, from, err := c.ReadFrom(buffer)
			if err != nil {
				return
			}
			c.WriteTo(answer(buffer[:n], address), from)
		}
	}()
	return c.LocalAddr().String()
}

// answer returns the answer to a question (RFC 1035, section 4): one address, nothing of another type, or no such name.
func answer(question []byte, address net.IP) []byte {
	end := 12
	for end < len(question) && question[end] != 0 {
		end += int(question[end]) + 1
	}
	end += 5
	out := append([]byte(nil), question[:end]...)
	binary.BigEndian.PutUint16(out[2:], 0x8180)
	binary.BigEndian.PutUint32(out[8:], 0)
	kind := binary.BigEndian.Uint16(question[end-4:])
	switch {
	case address == nil:
		out[3] |= 3
	case kind == 1:
		out[7] = 1
		out = append(out, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4)
		out = append(out, address.To4()...)
	}
	return out
}

// Resolvers are compared.
func TestLookup(t *testing.T) {
	public, other, private := dns(t, net.IPv4(203, 0, 113, 7)), dns(t, net.IPv4(203, 0, 113, 8)), dns(t, net.IPv4(10, 1, 2, 3))
	for name, c := range map[string]struct {
		resolvers []string
		words     string
	}{
		"the same":         {[]string{public, public}, ""},
		"two of one host":  {[]string{public, other}, ""}, // large hosts have many
		"one leads inside": {[]string{public, private}, "resolvers disagree"},
		"one knows it not": {[]string{public, dns(t, nil)}, "does not know the host"},
		"all lead inside":  {[]string{private, private}, ""}, // a proxy within the network
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			f := JudgeLookup(Lookup{"proxy.example.com", c.resolvers}.Try(ctx))
			if (f == nil) != (c.words == "") || f != nil && !strings.Contains(f.Cause.En, c.words) {
				t.Errorf("%+v, want %q", f, c.words)
			}
		})
	}
}
