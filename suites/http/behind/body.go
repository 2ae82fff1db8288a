package behind

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/http/rule"
)

// large is a body of 20 MiB in which no part is like another.
func large() []byte {
	b := make([]byte, 0, 20<<20)
	for i := 0; len(b) < 20<<20; i++ {
		sum := sha256.Sum256([]byte{byte(i), byte(i >> 8), byte(i >> 16)})
		b = append(b, sum[:]...)
	}
	return b
}

// measured is a handler that tells of the body that it gets.
func measured(w http.ResponseWriter, r *http.Request) {
	h := sha256.New()
	n, err := io.Copy(h, r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	fmt.Fprintf(w, "%d %x", n, h.Sum(nil)[:4])
}

func bodyRules(f front) []rule.Rule {
	const clause, expect = "RFC 9110 §7.7", "RFC 9110 §10.1.1"
	const limit = time.Minute
	size := fmt.Sprintf(`200 "%d %x"`, 20<<20, func() []byte { sum := sha256.Sum256(large()); return sum[:4] }())
	send := func(body func() io.Reader, expects bool) func(*rule.Scene) rule.Outcome {
		return func(s *rule.Scene) rule.Outcome {
			r := s.Request("PUT", "http://"+f.before(s, measured)+"/", body())
			if expects {
				r.Header.Set("Expect", "100-continue")
			}
			return s.Do(s.Client(func(t *http.Transport) { t.ExpectContinueTimeout = 5 * time.Second }), r)
		}
	}
	return []rule.Rule{
		{ID: "up", Text: "gets 20 MiB", Clause: clause, Severity: record.High, Want: []string{size}, Limit: limit, Play: send(func() io.Reader { return bytes.NewReader(large()) }, false)},
		{ID: "up-chunked", Text: "gets 20 MiB whose length is not known before", Clause: "RFC 9112 §7.1", Severity: record.High, Want: []string{size}, Limit: limit,
			Play: send(func() io.Reader { return io.MultiReader(bytes.NewReader(large())) }, false)},
		{ID: "up-continue", Text: "gets 20 MiB from a client that expects 100", Clause: expect, Severity: record.High, Want: []string{size}, Limit: limit,
			Play: send(func() io.Reader { return bytes.NewReader(large()) }, true)},
		{ID: "up-empty", Text: "gets a body of no bytes that is chunked", Clause: "RFC 9112 §7.1", Severity: record.Medium, Want: []string{`200 "0 e3b0c442"`},
			Play: send(func() io.Reader { return io.MultiReader(strings.NewReader("")) }, false)},
		{ID: "down", Text: "sends 20 MiB", Clause: clause, Severity: record.High, Want: []string{size}, Limit: limit,
			Play: func(s *rule.Scene) rule.Outcome {
				address := f.before(s, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(large()) })
				response, err := s.Client().Do(s.Request("GET", "http://"+address+"/", nil))
				if err != nil {
					return rule.Failed(err)
				}
				defer response.Body.Close()
				h := sha256.New()
				n, err := io.Copy(h, response.Body)
				if err != nil {
					return rule.Failed(err)
				}
				return rule.Did(`%d "%d %x"`, response.StatusCode, n, h.Sum(nil)[:4])
			}},
		{ID: "refused", Text: "refuses 5 MiB at once that a client has announced by Expect, and answers the next request", Clause: expect, Severity: record.High,
			Want: []string{`413 "no"; 200 "hello"`}, Play: f.refused("100-continue")},
		{ID: "stream", Text: "sends a part of an answer before the rest is there", Clause: "RFC 9112 §7.1; nginx X-Accel-Buffering", Severity: record.Medium, Want: []string{"first, then rest"}, Play: f.stream},
	}
}

// refused sends 5 MiB to a handler that refuses without reading, and asks again.
func (f front) refused(expect string) func(*rule.Scene) rule.Outcome {
	return func(s *rule.Scene) rule.Outcome {
		url := "http://" + f.before(s, func(w http.ResponseWriter, r *http.Request) {
			if r.Method == "PUT" {
				w.WriteHeader(http.StatusRequestEntityTooLarge)
				_, _ = io.WriteString(w, "no")
				return
			}
			_, _ = io.WriteString(w, "hello")
		}) + "/"
		c := s.Client(func(t *http.Transport) { t.ExpectContinueTimeout = 5 * time.Second })
		r := s.Request("PUT", url, bytes.NewReader(make([]byte, 5<<20)))
		if expect != "" {
			r.Header.Set("Expect", expect)
		}
		first := s.Do(c, r)
		return rule.Join(first, s.Get(c, url))
	}
}

// stream has a handler send a part, and the rest when the client has that.
func (f front) stream(s *rule.Scene) rule.Outcome {
	goOn := make(chan struct{})
	address := f.before(s, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Accel-Buffering", "no")
		_, _ = io.WriteString(w, "first")
		_ = http.NewResponseController(w).Flush()
		select {
		case <-goOn:
		case <-r.Context().Done():
		}
		_, _ = io.WriteString(w, "rest")
	})
	response, err := s.Client().Do(s.Request("GET", "http://"+address+"/", nil))
	if err != nil {
		return rule.Failed(err)
	}
	defer response.Body.Close()
	first := make([]byte, 5)
	if _, err := io.ReadFull(response.Body, first); err != nil {
		return rule.Failed(err)
	}
	close(goOn)
	rest, err := io.ReadAll(response.Body)
	if err != nil {
		return rule.Failed(err)
	}
	return rule.Did("%s, then %s", first, rest)
}
