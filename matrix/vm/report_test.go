package vm

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/matrix/guest"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// endless is a report that does not end, and counts what is read of it.
type endless struct {
	begin io.Reader
	read  int
}

func (e *endless) Read(p []byte) (int, error) {
	n, err := e.begin.Read(p)
	if err == io.EOF {
		n, err = len(p), nil
		for i := range p {
			p[i] = 'x'
		}
	}
	e.read += n
	return n, err
}

func TestReportsAreBounded(t *testing.T) {
	for name, c := range map[string]struct {
		begin string
		read  func(io.Reader) error
		most  int
	}{
		"hello": {`{"kernel":"`, func(r io.Reader) error { _, err := readHello(r); return err }, maxHello},
		"exit":  {`{"code":1,"name":"`, func(r io.Reader) error { _, err := readExit(r); return err }, maxExit},
		"disks": {`[{"name":"`, func(r io.Reader) error { _, err := readDisks(r); return err }, maxDisks},
	} {
		report := &endless{begin: strings.NewReader(c.begin)}
		if err := c.read(report); err == nil || report.read > c.most {
			t.Errorf("%s: %v after %d bytes, of which %d may be read", name, err, report.read, c.most)
		}
	}
}

func TestReportsOfAHostileGuest(t *testing.T) {
	long := strings.Repeat("长", 10_000)
	raw, err := json.Marshal(guest.Exit{Code: -1, Signal: 9, Name: long, Killed: &record.Sentence{En: long, Zh: long}, Output: bytes.Repeat([]byte("x"), 500<<10)})
	if err != nil {
		t.Fatal(err)
	}
	exit, err := readExit(bytes.NewReader(raw))
	if err != nil || exit.Name != "SIGKILL" || len(exit.Killed.En)+len(exit.Killed.Zh) > 2*maxText+10 || len(exit.Output) > 300<<10 {
		t.Errorf("name %.20q, killed by %d bytes, %d bytes printed, %v", exit.Name, len(exit.Killed.En), len(exit.Output), err)
	}
	raw, err = json.Marshal(guest.Hello{Kernel: long[:3000], Problems: strings.Split(strings.Repeat("p,", 1000), ",")})
	if err != nil {
		t.Fatal(err)
	}
	if h, err := readHello(bytes.NewReader(raw)); err != nil || len(h.Kernel) > maxText+10 || len(h.Problems) != maxProblems {
		t.Errorf("%d bytes, %d problems, %v", len(h.Kernel), len(h.Problems), err)
	}
}
