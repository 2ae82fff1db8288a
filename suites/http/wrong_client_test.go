package http

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// wrongClients are clients that keep to no rule, each in a way of its own.
var wrongClients = map[string]func(*http.Transport) http.RoundTripper{
	"refuses all":  func(*http.Transport) http.RoundTripper { return answering(refusing) },
	"believes all": func(t *http.Transport) http.RoundTripper { return &credulous{transport: t, conns: map[string]*naive{}} },
	"believes all and reads no body": func(t *http.Transport) http.RoundTripper {
		return &credulous{transport: t, conns: map[string]*naive{}, lazy: true}
	},
	"forgets what it is told": func(t *http.Transport) http.RoundTripper { return forgetting(t) },
	"sends all twice":         func(t *http.Transport) http.RoundTripper { return twice(t) },
	"keeps no connection": func(t *http.Transport) http.RoundTripper {
		t.DisableKeepAlives = true
		return t
	},
	"answers by itself": func(*http.Transport) http.RoundTripper {
		return answering(func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Status: "200 OK", Header: http.Header{}, Body: io.NopCloser(strings.NewReader("hello")), Request: r}, nil
		})
	},
	"waits for nothing": func(t *http.Transport) http.RoundTripper {
		t.ExpectContinueTimeout, t.ResponseHeaderTimeout, t.MaxConnsPerHost, t.IdleConnTimeout = 1, 0, 0, 0
		return t
	},
}

// answering is a RoundTripper that is a function.
type answering func(*http.Request) (*http.Response, error)

func (a answering) RoundTrip(r *http.Request) (*http.Response, error) { return a(r) }

func refusing(*http.Request) (*http.Response, error) { return nil, errors.New("refused") }

// forgetting returns a client that loses an answer's fields and reason.
func forgetting(t *http.Transport) http.RoundTripper {
	return answering(func(r *http.Request) (*http.Response, error) {
		response, err := t.RoundTrip(r)
		if err == nil {
			response.Header, response.Status, response.ContentLength = http.Header{}, "", -1
			body, _ := io.ReadAll(response.Body)
			response.Body, response.Trailer = io.NopCloser(bytes.NewReader(body[:len(body)/2])), nil
		}
		return response, err
	})
}

// twice returns a client that sends each request twice, and again where that fails.
func twice(t *http.Transport) http.RoundTripper {
	return answering(func(r *http.Request) (*http.Response, error) {
		var body []byte
		if r.Body != nil {
			body, _ = io.ReadAll(r.Body)
		}
		var response *http.Response
		var err error
		for range 2 {
			again := r.Clone(r.Context())
			if r.Body != nil {
				again.Body = io.NopCloser(bytes.NewReader(body))
			}
			if response, err = t.RoundTrip(again); err == nil {
				text, _ := io.ReadAll(response.Body)
				response.Body = io.NopCloser(bytes.NewReader(text))
			}
		}
		return response, err
	})
}

// naive is a connection of the client that believes all.
type naive struct {
	net.Conn
	in   *bufio.Reader
	busy sync.Mutex // held by the request that uses it
}

// credulous writes what it is given and takes what it gets: numbers that begin with digits, bodies that end early, any connection again.
type credulous struct {
	transport *http.Transport
	mu        sync.Mutex // for conns
	conns     map[string]*naive
	lazy      bool
}

// conn returns a host's connection, or a new one where there is none or another request uses it. The caller unlocks it.
func (c *credulous) conn(r *http.Request) (*naive, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := c.conns[r.URL.Host]; n != nil && n.busy.TryLock() {
		return n, nil
	}
	raw, err := net.Dial("tcp", r.URL.Host)
	if err != nil {
		return nil, err
	}
	if deadline, is := r.Context().Deadline(); is {
		_ = raw.SetDeadline(deadline)
	}
	n := &naive{Conn: raw, in: bufio.NewReader(raw)}
	n.busy.Lock()
	c.conns[r.URL.Host] = n
	return n, nil
}

func (c *credulous) RoundTrip(r *http.Request) (*http.Response, error) {
	n, err := c.conn(r)
	if err != nil {
		return nil, err
	}
	defer n.busy.Unlock()
	target, host := r.URL.Opaque, r.Host
	if target == "" {
		target = r.URL.Path + "?" + r.URL.RawQuery + "#" + r.URL.Fragment
	}
	if host == "" {
		host = "wrong"
	}
	var head strings.Builder
	fmt.Fprintf(&head, "%s %s HTTP/1.1\r\nHost: %s\r\nAccept-Encoding: gzip\r\n", r.Method, target, host)
	for name, values := range r.Header {
		fmt.Fprintf(&head, "%s: %s\r\n", name, strings.Join(values, ", "))
	}
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
	}
	fmt.Fprintf(&head, "Content-Length: %d\r\n\r\n", len(body))
	_, _ = io.WriteString(n, head.String())
	_, _ = n.Write(body)
	return c.read(n, r)
}

func (c *credulous) read(n *naive, r *http.Request) (*http.Response, error) {
	line, _ := n.in.ReadString('\n')
	response := &http.Response{Status: "200 OK", StatusCode: leadingDigits(strings.TrimPrefix(line, "HTTP/1.1 ")), Header: http.Header{}, Request: r, ContentLength: -1}
	for {
		line, err := n.in.ReadString('\n')
		if strings.TrimSpace(line) == "" {
			break
		}
		name, value, _ := strings.Cut(line, ":")
		response.Header.Set(strings.TrimSpace(name), strings.Trim(value, "\r\n"))
		if err != nil {
			break
		}
	}
	var body []byte
	switch {
	case c.lazy:
	case strings.Contains(strings.ToLower(response.Header.Get("Transfer-Encoding")), "chunked"):
		body = naiveChunks(n.in)
	case response.Header.Get("Content-Length") != "":
		body = make([]byte, min(leadingDigits(strings.TrimLeft(response.Header.Get("Content-Length"), " +-")), 1<<20))
		got, _ := io.ReadFull(n.in, body)
		body = body[:got]
	default:
		body, _ = n.in.Peek(n.in.Buffered())
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	return response, nil
}

// leadingDigits returns the number at the beginning of text, 0 if there is none.
func leadingDigits(text string) (n int) {
	for _, r := range text {
		if r < '0' || r > '9' {
			return n
		}
		n = n*10 + int(r-'0')
	}
	return n
}

// naiveChunks reads what looks like chunks, whatever comes.
func naiveChunks(in *bufio.Reader) (body []byte) {
	for {
		line, err := in.ReadString('\n')
		line, _, _ = strings.Cut(strings.TrimSpace(line), ";")
		n, _ := strconv.ParseUint(strings.Trim(line, "-x_ "), 16, 64)
		if n == 0 || err != nil || n > 1<<20 {
			_, _ = in.ReadString('\n')
			return body
		}
		part := make([]byte, n)
		got, _ := io.ReadFull(in, part)
		body = append(body, part[:got]...)
		_, _ = in.ReadString('\n')
	}
}
