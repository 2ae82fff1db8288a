package channel

import (
	"bytes"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// pair is a line with an echo at its guest end.
func pair(t *testing.T) (host *Conn, transport net.Conn) {
	t.Helper()
	a, b := net.Pipe()
	guest := Guest(b, func(s *Stream) {
		io.Copy(s, s)
		s.Close()
	})
	host = Host(a, func(s *Stream) { t.Errorf("a stream %q came", s.Header) })
	t.Cleanup(func() { host.Close(); guest.Close() })
	return host, a
}

func TestManyStreamsComeBackWhole(t *testing.T) {
	host, _ := pair(t)
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			want := bytes.Repeat([]byte{byte(i), 'x', magic}, 100_000)
			s, err := host.Open([]byte("echo"))
			if err != nil {
				t.Error(err)
				return
			}
			go func() {
				s.Write(want)
				s.CloseWrite()
			}()
			got, err := io.ReadAll(s)
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("stream %d: %d of %d bytes came back: %v", i, len(got), len(want), err)
			}
		})
	}
	wait.Wait()
}

func TestStreamThatNobodyReadsStopsNoOther(t *testing.T) {
	host, _ := pair(t)
	stuck, err := host.Open(nil)
	if err != nil {
		t.Fatal(err)
	}
	go stuck.Write(make([]byte, 10*window)) // its echo is never read
	time.Sleep(20 * time.Millisecond)
	s, err := host.Open(nil)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		s.Write([]byte("through"))
		s.CloseWrite()
	}()
	if got, err := io.ReadAll(s); string(got) != "through" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

// Who writes to a stream that the other end has closed comes to an end, however much it is.
func TestStreamThatTheOtherEndHasClosedTakesAll(t *testing.T) {
	for name, close := range map[string]func(*Stream){
		"at once":            func(s *Stream) { s.Close() },
		"when much was read": func(s *Stream) { io.ReadFull(s, make([]byte, window)); s.Close() },
		"when no room is left": func(s *Stream) {
			for full := false; !full; time.Sleep(time.Millisecond) {
				s.mu.Lock()
				full = len(s.unread) == window
				s.mu.Unlock()
			}
			s.Close()
		},
	} {
		a, b := net.Pipe()
		guest := Guest(b, close)
		host := Host(a, func(*Stream) {})
		s, err := host.Open(nil)
		if err != nil {
			t.Fatal(err)
		}
		wrote := make(chan error, 1)
		go func() {
			_, err := s.Write(make([]byte, 10*window))
			wrote <- err
		}()
		select {
		case err := <-wrote:
			if err != nil {
				t.Errorf("closed %s: %v", name, err)
			}
		case <-time.After(10 * time.Second):
			t.Errorf("closed %s: it waits for room for ever", name)
		}
		host.Close()
		guest.Close()
	}
}

func TestBrokenLineEndsEveryStream(t *testing.T) {
	for name, noise := range map[string][]byte{
		"no frame":          []byte("[    0.000000] Linux version"),
		"a frame too large": {magic, frameData, 1, 0, 0, 0, 0, 0, 1, 0},
		"a kind unknown":    {magic, '?', 1, 0, 0, 0, 0, 0, 0, 0},
		"over the window":   append([]byte{magic, frameData, 1, 0, 0, 0, 0, 16, 0, 0}, make([]byte, 4096)...),
	} {
		a, b := net.Pipe()
		host := Host(a, func(*Stream) {})
		go io.Copy(io.Discard, b)
		s, err := host.Open(nil)
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			for range 5 { // the window's size and a frame
				b.Write(noise)
			}
		}()
		<-host.Done()
		if _, err := s.Write([]byte("x")); !errors.Is(err, ErrBroken) {
			t.Errorf("%s: write gave %v", name, err)
		}
		if _, err := io.ReadAll(s); !errors.Is(err, ErrBroken) {
			t.Errorf("%s: read gave %v", name, err)
		}
		host.Close()
		b.Close()
	}
}

// FuzzLine feeds any bytes to a line: it must end, without a panic and in bounded memory.
func FuzzLine(f *testing.F) {
	f.Add([]byte{magic, frameOpen, 2, 0, 0, 0, 1, 0, 0, 0, 'x', magic, frameEnd, 2, 0, 0, 0, 0, 0, 0, 0})
	f.Add([]byte{magic, frameCredit, 2, 0, 0, 0, 4, 0, 0, 0, 255, 255, 255, 255})
	f.Fuzz(func(t *testing.T, data []byte) {
		c := Host(struct {
			io.Reader
			io.WriteCloser
		}{bytes.NewReader(data), discard{}}, func(s *Stream) { s.Close() })
		<-c.Done()
	})
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) Close() error                { return nil }
