package channel

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"runtime"
	"testing"
	"time"
)

// frames are a megabyte of one kind of frame, each of another stream: some hundred thousand.
func frames(kind byte, body []byte) []byte {
	var all []byte
	for id := uint32(2); len(all) < 1<<20; id += 2 {
		all = append(all, magic, kind)
		all = binary.LittleEndian.AppendUint32(all, id)
		all = binary.LittleEndian.AppendUint32(all, uint32(len(body)))
		all = append(all, body...)
	}
	return all
}

// Whoever writes to a line without reading from it costs no more goroutines than there may be streams: a megabyte of
// data for streams that nobody had opened made a hundred thousand.
func TestGoroutinesAreBounded(t *testing.T) {
	one := append([]byte{magic, frameData, 9, 0, 0, 0, 1, 0, 0, 0}, 'x')
	var same []byte
	for len(same) < 1<<20 {
		same = append(same, one...)
	}
	for name, c := range map[string]struct {
		sent   []byte
		breaks bool
	}{
		"data for streams that are not open": {frames(frameData, []byte{'x'}), true},
		"streams that nobody reads":          {frames(frameOpen, nil), true},
		"data for one stream":                {same, false},
	} {
		before := runtime.NumGoroutine()
		a, b := net.Pipe()
		host := Host(a, func(s *Stream) { s.Close() }) // which nobody's reading holds up
		sent := make(chan error, 1)
		go func() {
			_, err := b.Write(c.sent)
			sent <- err
		}()
		most := 0
		for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
			most = max(most, runtime.NumGoroutine()-before)
			select {
			case <-host.Done():
			case <-sent:
			default:
				continue
			}
			break
		}
		if most > maxStreams+10 {
			t.Errorf("%s: %d goroutines", name, most)
		}
		select {
		case <-host.Done():
			if !c.breaks || !errors.Is(host.err, ErrBroken) {
				t.Errorf("%s: the line ended: %v", name, host.err)
			}
		default:
			if c.breaks {
				t.Errorf("%s: the line goes on", name)
			}
		}
		host.Close()
		b.Close()
	}
}

// What came for a stream that is closed is granted again, all of it, though it is not sent at once.
func TestCreditsAreSummed(t *testing.T) {
	a, b := net.Pipe()
	host := Host(a, func(*Stream) {})
	defer host.Close()
	defer b.Close()
	const n = 1000
	go func() {
		for range n {
			_, _ = b.Write(append([]byte{magic, frameData, 9, 0, 0, 0, 1, 0, 0, 0}, 'x'))
		}
	}()
	frame, sum := make([]byte, frameHead+4), uint32(0)
	for sum < n {
		if _, err := io.ReadFull(b, frame); err != nil {
			t.Fatal(err)
		}
		sum += binary.LittleEndian.Uint32(frame[frameHead:])
	}
	if sum != n {
		t.Errorf("%d bytes were granted, want %d", sum, n)
	}
}
