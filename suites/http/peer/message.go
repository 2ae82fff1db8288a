package peer

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"syscall"
)

// Request is a request as a raw server has read it.
type Request struct {
	Conn int    // the number of its connection
	Head string // the request line and header fields, as they came
	Body string // without its framing
	Tail string // the trailer fields, as they came
}

// Line returns the request line.
func (r Request) Line() string {
	line, _, _ := strings.Cut(r.Head, "\r\n")
	return line
}

// Field returns the value of a header field, "" if there is none. Several are joined by " | ".
func (r Request) Field(name string) string { return Field(r.Head, name) }

// Response is a response as a raw client has read it.
type Response struct {
	Status int
	Head   string // the status line and header fields, as they came
	Body   string // without its framing
	Tail   string // the trailer fields, as they came
}

// Field returns the value of a header field, "" if there is none. Several are joined by " | ".
func (r Response) Field(name string) string { return Field(r.Head, name) }

// Field returns the value of a field in a head, "" if there is none. Several are joined by " | ".
func Field(head, name string) string {
	var values []string
	for line := range strings.Lines(head) {
		key, value, is := strings.Cut(strings.TrimRight(line, "\r\n"), ":")
		if is && strings.EqualFold(key, name) {
			values = append(values, strings.TrimSpace(value))
		}
	}
	return strings.Join(values, " | ")
}

// Request reads a request with the body that it announces.
func (c *Conn) Request() (r Request, err error) {
	r.Conn = c.N
	if r.Head, err = c.Head(); err != nil {
		return r, err
	}
	r.Body, r.Tail, err = c.body(r.Head, false)
	if err == nil {
		c.heard(r)
	}
	return r, err
}

// Response reads a response, and the body that it announces unless it answers HEAD. Interim responses are returned like others.
func (c *Conn) Response(method string) (r Response, err error) {
	if r.Head, err = c.Head(); err != nil {
		return r, err
	}
	fields := strings.Fields(r.Head)
	if len(fields) < 2 {
		return r, fmt.Errorf("no status line: %.80q", r.Head)
	}
	if r.Status, err = strconv.Atoi(fields[1]); err != nil {
		return r, fmt.Errorf("no status: %.80q", r.Head)
	}
	if method == "HEAD" || r.Status < 200 || r.Status == 204 || r.Status == 304 {
		return r, nil
	}
	r.Body, r.Tail, err = c.body(r.Head, true)
	return r, err
}

// body reads the body of a message. Without a length, that of a response lasts until the connection ends.
func (c *Conn) body(head string, response bool) (body, tail string, err error) {
	if strings.EqualFold(Field(head, "Transfer-Encoding"), "chunked") {
		return c.chunks()
	}
	length := Field(head, "Content-Length")
	if length == "" {
		if response {
			body, err = c.Rest()
		}
		return body, "", err
	}
	n, err := strconv.ParseInt(length, 10, 64)
	if err != nil || n < 0 || n > mostBody {
		return "", "", fmt.Errorf("Content-Length %.40q", length)
	}
	b := make([]byte, n)
	n2, err := io.ReadFull(c.In, b)
	return string(b[:n2]), "", err
}

// mostBody is the longest body that a raw peer keeps.
const mostBody = 64 << 20

// chunks reads a chunked body and its trailer section.
func (c *Conn) chunks() (body, tail string, err error) {
	var all strings.Builder
	for {
		line, err := c.In.ReadString('\n')
		if err != nil {
			return all.String(), "", err
		}
		size, _, _ := strings.Cut(strings.TrimRight(line, "\r\n"), ";")
		n, err := strconv.ParseInt(strings.TrimSpace(size), 16, 64)
		if err != nil || n < 0 || n > mostBody || all.Len() > mostBody {
			return all.String(), "", fmt.Errorf("chunk size %.40q", line)
		}
		if n == 0 {
			tail, err = c.Head()
			return all.String(), tail, err
		}
		if _, err = io.CopyN(&all, c.In, n); err != nil {
			return all.String(), "", err
		}
		if _, err = c.In.Discard(2); err != nil {
			return all.String(), "", err
		}
	}
}

// isReset reports whether an error says that the other side has reset the connection, or closed it while this side wrote.
func isReset(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}
