package remote

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/results/store"
)

// Each frame is there for the reader as soon as it is written, with its event as it was.
func TestFramesArriveAtOnce(t *testing.T) {
	r, w := io.Pipe()
	defer w.Close()
	out, err := NewWriter(w)
	if err != nil {
		t.Fatal(err)
	}
	in, err := NewReader(r)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	const event = `{"v":1,"event":"log", "x":"<&>"}`
	for n := range 100 {
		sent := make(chan error, 1)
		go func() {
			sent <- out.Write(Frame{Entry: &Entry{N: n, Cell: &store.Cell{Target: "m", Item: "abi", Round: 1, Attempt: 1}, Event: []byte(event)}})
		}()
		got := make(chan Frame, 1)
		go func() {
			f, err := in.Next()
			if err != nil {
				t.Error(err)
			}
			got <- f
		}()
		select {
		case f := <-got:
			if f.Entry == nil || f.Entry.N != n || string(f.Entry.Event) != event || f.Entry.Cell.Target != "m" {
				t.Fatalf("%+v", f.Entry)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("a frame that was written does not arrive")
		}
		if err := <-sent; err != nil {
			t.Fatal(err)
		}
	}
}

// Whatever a machine sends ends in an error, in bounded memory, and never in a panic.
func TestHostileFrames(t *testing.T) {
	var whole bytes.Buffer
	out, err := NewWriter(&whole)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 50 {
		if err := out.Write(Frame{Entry: &Entry{N: n, Event: []byte(`{"v":1}`)}}); err != nil {
			t.Fatal(err)
		}
	}
	drain := func(raw []byte) error {
		in, err := NewReader(bytes.NewReader(raw))
		if err != nil {
			return err
		}
		defer in.Close()
		for {
			if _, err := in.Next(); err != nil {
				return err
			}
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		raw := bytes.Clone(whole.Bytes())
		for range 1 + r.IntN(3) {
			raw[r.IntN(len(raw))] ^= byte(1 + r.IntN(255))
		}
		if drain(raw[:r.IntN(len(raw))]) == nil {
			t.Fatal("no end")
		}
	}
	var bomb bytes.Buffer
	if out, err = NewWriter(&bomb); err != nil {
		t.Fatal(err)
	}
	if err := out.Write(Frame{Entry: &Entry{Event: []byte(`"` + strings.Repeat("a", 200<<20) + `"`)}}); err != nil {
		t.Fatal(err)
	}
	if err := drain(bomb.Bytes()); !errors.Is(err, errFrame) {
		t.Error(err)
	}
}
