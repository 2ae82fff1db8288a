package faultproxy

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"
)

// echo is a server that sends back what it gets; ended gets a value at the end of each connection.
func echo(t *testing.T) (addr string, ended <-chan error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	ends := make(chan error, 10)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				_, err := io.Copy(c, c)
				ends <- err
			}()
		}
	}()
	return l.Addr().String(), ends
}

func through(t *testing.T, f Fault) (client net.Conn, p *Proxy, ended <-chan error) {
	addr, ended := echo(t)
	p, err := New("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	client, err = net.Dial("tcp", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	p.Set(f)
	if _, err := client.Write([]byte("0123456789")); err != nil {
		t.Fatal(err)
	}
	return client, p, ended
}

func TestActions(t *testing.T) {
	for _, c := range []struct {
		action     Action
		end        error // what the client reads after the bytes that passed
		serverEnds bool
	}{
		{Reset, syscall.ECONNRESET, true}, {Close, io.EOF, true}, {BlackHole, os.ErrDeadlineExceeded, false},
		{HalfOpen, os.ErrDeadlineExceeded, true},
	} {
		t.Run(string(c.action), func(t *testing.T) {
			client, p, ended := through(t, Fault{Action: c.action, After: 4})
			client.SetReadDeadline(time.Now().Add(300 * time.Millisecond))
			got, err := io.ReadAll(client)
			if err == nil {
				err = io.EOF
			}
			// A reset may overtake the bytes before it.
			if string(got) != "0123" && c.action != Reset || !errors.Is(err, c.end) {
				t.Errorf("read %q, %v; want %q, %v", got, err, "0123", c.end)
			}
			if p.FaultsApplied() != 1 {
				t.Errorf("struck %d times", p.FaultsApplied())
			}
			select {
			case <-ended:
				if !c.serverEnds {
					t.Error("the server's side ended")
				}
			case <-time.After(300 * time.Millisecond):
				if c.serverEnds {
					t.Error("the server's side did not end")
				}
			}
		})
	}
}

func TestStrikesOnce(t *testing.T) {
	client, p, _ := through(t, Fault{Action: Close})
	io.ReadAll(client)
	second, err := net.Dial("tcp", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	second.Write([]byte("again"))
	got := make([]byte, 5)
	if _, err := io.ReadFull(second, got); err != nil || string(got) != "again" {
		t.Errorf("after the fault: %q, %v", got, err)
	}
}

// Whoever sets a fault learns when it strikes, and not before.
func TestStruck(t *testing.T) {
	client, p, _ := through(t, Fault{})
	if _, err := io.ReadFull(client, make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	faultsApplied := p.Set(Fault{Action: BlackHole, After: 3})
	for _, c := range []struct {
		sent string
		want bool
	}{{"abc", false}, {"d", true}} {
		client.Write([]byte(c.sent))
		select {
		case <-faultsApplied:
			if !c.want {
				t.Errorf("it struck after %q", c.sent)
			}
		case <-time.After(map[bool]time.Duration{true: 10 * time.Second, false: 100 * time.Millisecond}[c.want]):
			if c.want {
				t.Errorf("it did not strike after %q", c.sent)
			}
		}
	}
}

func TestPassed(t *testing.T) {
	for _, c := range []struct {
		fault Fault
		want  int
	}{{Fault{}, 10}, {Fault{Action: Close, After: 4}, 4}, {Fault{Action: BlackHole, After: 0}, 0}} {
		client, p, _ := through(t, c.fault)
		client.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
		got := make([]byte, 10)
		n, _ := io.ReadFull(client, got)
		if p.BytesForwarded() != c.want || n != c.want {
			t.Errorf("%+v: %d passed, %d came, want %d", c.fault, p.BytesForwarded(), n, c.want)
		}
	}
}

func TestLatencyAndBandwidth(t *testing.T) {
	for _, f := range []Fault{{Latency: 100 * time.Millisecond}, {Bandwidth: 100}} {
		began := time.Now()
		client, _, _ := through(t, f)
		got := make([]byte, 10)
		if _, err := io.ReadFull(client, got); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took < 100*time.Millisecond {
			t.Errorf("%+v: 10 bytes took %v", f, took)
		}
	}
}
