package rule

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"

	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/http/peer"
)

// Scene is where one conversation takes place. What it opens is closed at the conversation's end.
type Scene struct {
	Ctx      context.Context // ends with the conversation's time
	Deadline time.Time       // of Ctx
	ends     []func()
	wrong    Wrong
}

// Wrong are implementations that keep to no rule, by which a test proves that conversations can fail.
type Wrong struct {
	Client func(right *http.Transport) http.RoundTripper // nil: the right one
	Server func(l net.Listener, right *http.Server)      // serves in place of the right one; nil: the right one
}

// Try has a rule's conversation with a wrong implementation, within a time limit. It reports whether the rule is kept.
func (r Rule) Try(w Wrong, limit time.Duration) (o Outcome, kept bool) {
	o = converseWith(w, r.Play, limit)
	return o, r.keeps(o)
}

// converse has one conversation.
func converse(play func(*Scene) Outcome, limit time.Duration) Outcome {
	GinkgoHelper()
	return converseWith(Wrong{}, play, limit)
}

func converseWith(w Wrong, play func(*Scene) Outcome, limit time.Duration) Outcome {
	GinkgoHelper()
	deadline := time.Now().Add(check.ScaledTimeout(limit))
	ctx, cancel := context.WithDeadline(context.Background(), deadline)
	s := &Scene{Ctx: ctx, Deadline: deadline, wrong: w}
	s.AtEnd(cancel)
	defer func() {
		for _, end := range slices.Backward(s.ends) {
			end()
		}
	}()
	return play(s)
}

// AtEnd has f called when the conversation ends, before what was given to AtEnd earlier.
func (s *Scene) AtEnd(f func()) { s.ends = append(s.ends, f) }

// Must ends the spec if err is one: it is for what a conversation needs and does not judge.
func (s *Scene) Must(err error) {
	GinkgoHelper()
	check.NoError(err)
}

// TempDir returns a new directory, which is removed at the conversation's end.
func (s *Scene) TempDir() string {
	GinkgoHelper()
	dir, err := os.MkdirTemp("", "xcmatrix-http-")
	check.NoError(err)
	s.AtEnd(func() { _ = os.RemoveAll(dir) })
	return dir
}

// Listen listens on a free port of 127.0.0.1.
func (s *Scene) Listen() net.Listener {
	GinkgoHelper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	check.NoError(err)
	s.AtEnd(func() { _ = l.Close() })
	return l
}

// Serve starts a raw server, which plays a script with each connection.
func (s *Scene) Serve(script peer.Script) *peer.Server {
	GinkgoHelper()
	raw := peer.Serve(s.Listen(), s.Deadline, script)
	s.AtEnd(raw.Close)
	return raw
}

// Dial connects a raw client.
func (s *Scene) Dial(address string) *peer.Conn {
	GinkgoHelper()
	c, err := peer.Dial(address, s.Deadline)
	check.NoError(err)
	s.AtEnd(func() { _ = c.Close() })
	return c
}

// Client returns a client of net/http with a transport of its own, which a change may set up. It uses no proxy.
func (s *Scene) Client(changes ...func(*http.Transport)) *http.Client {
	t := &http.Transport{}
	for _, change := range changes {
		change(t)
	}
	s.AtEnd(t.CloseIdleConnections)
	if s.wrong.Client != nil {
		return &http.Client{Transport: s.wrong.Client(t)}
	}
	return &http.Client{Transport: t}
}

// Handle starts a server of net/http, which a change may set up, and returns its address.
func (s *Scene) Handle(handler http.HandlerFunc, changes ...func(*http.Server)) (address string) {
	GinkgoHelper()
	l := s.Listen()
	server := &http.Server{Handler: handler, ErrorLog: Silent()}
	for _, change := range changes {
		change(server)
	}
	if s.wrong.Server != nil {
		go s.wrong.Server(l, server)
		return l.Addr().String()
	}
	go func() { _ = server.Serve(l) }()
	s.AtEnd(func() { _ = server.Close() })
	return l.Addr().String()
}

// HandleTLS is Handle of a server that speaks TLS, and HTTP/2 where the configuration offers it.
func (s *Scene) HandleTLS(config *tls.Config, handler http.HandlerFunc) (address string) {
	GinkgoHelper()
	l := s.Listen()
	server := &http.Server{Handler: handler, ErrorLog: Silent(), TLSConfig: config}
	go func() { _ = server.ServeTLS(l, "", "") }()
	s.AtEnd(func() { _ = server.Close() })
	return l.Addr().String()
}

// DialTo returns a DialContext that connects to one address, whatever it is asked for.
func (s *Scene) DialTo(address string) func(ctx context.Context, network, addr string) (net.Conn, error) {
	return func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "tcp", address)
	}
}

// Request returns a request with the conversation's context.
func (s *Scene) Request(method, url string, body io.Reader) *http.Request {
	GinkgoHelper()
	r, err := http.NewRequestWithContext(s.Ctx, method, url, body)
	check.NoError(err)
	return r
}

// Do sends a request and reads the response's body. It returns the status and the body, such as `200 "hello"`, or how it fails.
func (s *Scene) Do(c *http.Client, r *http.Request) Outcome {
	_, o := s.Response(c, r)
	return o
}

// Response is Do that returns the response, too: nil where there is none. Its body is read and closed.
func (s *Scene) Response(c *http.Client, r *http.Request) (*http.Response, Outcome) {
	response, err := c.Do(r)
	if err != nil {
		return nil, Failed(err)
	}
	return response, Body(response)
}

// Body reads and closes a response's body. It returns the status and the body, such as `200 "hello"`, or how reading fails.
func Body(response *http.Response) Outcome {
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		failed := Failed(err)
		return Outcome{fmt.Sprintf("%d, then %s", response.StatusCode, failed.Did), failed.Said}
	}
	return Did("%d %q", response.StatusCode, brief(string(body)))
}

// Get is Do for GET of a URL.
func (s *Scene) Get(c *http.Client, url string) Outcome {
	GinkgoHelper()
	return s.Do(c, s.Request("GET", url, nil))
}

// brief returns text, or its length where it is long.
func brief(text string) string {
	if len(text) > 100 {
		return fmt.Sprintf("%d bytes", len(text))
	}
	return text
}

// Failed returns the outcome of an error: "hangs" where the conversation's time is over, else "error".
func Failed(err error) Outcome {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) {
		return Outcome{"hangs", err.Error()}
	}
	return Outcome{"error", err.Error()}
}

// Join returns one outcome of several, in their order.
func Join(outcomes ...Outcome) (all Outcome) {
	var did, said []string
	for _, o := range outcomes {
		did = append(did, o.Did)
		if o.Said != "" {
			said = append(said, o.Said)
		}
	}
	return Outcome{strings.Join(did, "; "), strings.Join(said, "; ")}
}
