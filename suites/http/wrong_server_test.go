package http

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
)

// wrongServers are servers that keep to no rule, each in a way of its own.
var wrongServers = map[string]func(net.Listener, *http.Server){
	"believes all": func(l net.Listener, right *http.Server) {
		each(l, func(c net.Conn) {
			for in := bufio.NewReader(c); believe(in, c, right.Handler, false); {
			}
		})
	},
	"believes all and closes": func(l net.Listener, right *http.Server) {
		each(l, func(c net.Conn) { believe(bufio.NewReader(c), c, right.Handler, true) })
	},
	"refuses all": func(l net.Listener, _ *http.Server) {
		each(l, func(c net.Conn) {
			_, _ = bufio.NewReader(c).ReadString('\n')
			_, _ = io.WriteString(c, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
		})
	},
	"says 100 to all": func(l net.Listener, right *http.Server) {
		each(l, func(c net.Conn) {
			_, _ = io.WriteString(c, "HTTP/1.1 100 Continue\r\n\r\n")
			believe(bufio.NewReader(c), c, right.Handler, true)
		})
	},
	"says nothing and closes": func(l net.Listener, _ *http.Server) {
		each(l, func(c net.Conn) { _, _ = bufio.NewReader(c).ReadString('\n') })
	},
	"answers 200 by itself": func(l net.Listener, _ *http.Server) {
		each(l, func(c net.Conn) {
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
			_, _ = io.Copy(io.Discard, c)
		})
	},
}

// each serves each connection by a function of its own.
func each(l net.Listener, serve func(net.Conn)) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			serve(c)
		}()
	}
}

// believe reads a request without any doubt, and answers it. It returns false at the end of the connection.
func believe(in *bufio.Reader, c net.Conn, handler http.Handler, closes bool) bool {
	line, err := in.ReadString('\n')
	if err != nil {
		return false
	}
	words := strings.Fields(line)
	for len(words) < 2 {
		words = append(words, "/")
	}
	r := &http.Request{Method: strings.ToUpper(words[0]), RequestURI: words[1], Header: http.Header{}, ProtoMajor: 1, ProtoMinor: 1, Host: "wrong"}
	path, query, _ := strings.Cut(words[1], "?")
	if plain, err := url.PathUnescape(path); err == nil {
		path = strings.ReplaceAll(plain, "\\", "/")
	}
	r.URL = &url.URL{Path: path, RawQuery: strings.ReplaceAll(query, ";", "&")}
	for {
		line, err := in.ReadString('\n')
		if strings.TrimSpace(line) == "" || err != nil {
			break
		}
		name, value, _ := strings.Cut(line, ":")
		r.Header.Set(strings.TrimSpace(name), strings.TrimSpace(value))
	}
	var body []byte
	if strings.Contains(strings.ToLower(r.Header.Get("Transfer-Encoding")), "chunked") {
		body = naiveChunks(in)
	} else if length := r.Header.Get("Content-Length"); length != "" {
		body = make([]byte, min(leadingDigits(strings.Trim(length, " +-")), 1<<20))
		_, _ = io.ReadFull(in, body)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	w := httptest.NewRecorder()
	func() {
		defer func() { _ = recover() }()
		handler.ServeHTTP(w, r)
	}()
	_, err = fmt.Fprintf(c, "HTTP/1.1 %d OK\r\nContent-Length: %d\r\n\r\n%s", w.Code, w.Body.Len(), w.Body)
	return err == nil && !closes
}
