package sched

import (
	"io"
	"net"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/suites/check"
)

// timing are timers and sleeps.
func timing() []operation {
	return []operation{
		{"timer/create-stop", loop(func() { time.NewTimer(time.Hour).Stop() })},
		{"timer/reset-of-ten-thousand", func(b *testing.B) {
			timers := make([]*time.Timer, 10000)
			for i := range timers {
				timers[i] = time.NewTimer(time.Hour + time.Duration(i)*time.Second)
			}
			n := 0
			check.BeforeLoop(b)
			for b.Loop() {
				timers[n%len(timers)].Reset(time.Hour)
				n++
			}
			check.AfterLoop(b)
			for _, t := range timers {
				t.Stop()
			}
		}},
		{"timer/fire", loop(func() { <-time.After(0) })},
		{"sleep/100us", loop(func() { time.Sleep(100 * time.Microsecond) })},
	}
}

// waiting are system calls, the network and other threads.
func waiting() []operation {
	return []operation{
		{"system-call/getppid", loop(func() { unix.Getppid() })},
		{"network/ping-pong", func(b *testing.B) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				check.Fatal(b, err)
			}
			defer l.Close()
			go func() {
				if c, err := l.Accept(); err == nil {
					_, _ = io.Copy(c, c)
					c.Close()
				}
			}()
			c, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				check.Fatal(b, err)
			}
			defer c.Close()
			pingPong(b, c, c)
		}},
		{"thread/ping-pong", func(b *testing.B) {
			thereAndBack(b, runtime.LockOSThread)
		}},
	}
}

// pingPong writes a byte and waits for it to come back.
func pingPong(b *testing.B, w io.Writer, r io.Reader) {
	buffer := make([]byte, 1)
	check.BeforeLoop(b)
	for b.Loop() {
		if _, err := w.Write(buffer); err != nil {
			check.Fatal(b, err)
		}
		if _, err := io.ReadFull(r, buffer); err != nil {
			check.Fatal(b, err)
		}
	}
	check.AfterLoop(b)
}
