package sched

import (
	"net"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/suites/check"
)

// ended writes how a read ended.
func ended(n int, err error) string {
	if err == nil {
		return "data"
	}
	return string(rune('0'+n)) + " " + err.Error()
}

// countsBeside returns how far a goroutine counts while n others block in system calls, with one processor.
func countsBeside(n int) (counted int64) {
	GinkgoHelper()
	withProcs(1)
	write := blockReaders(n, func() {})
	for end := time.Now().Add(20 * time.Millisecond); time.Now().Before(end); {
		counted++
		runtime.Gosched()
	}
	write()
	return counted
}

// blockedReads returns how many of n blocked reads end within a second after they may.
func blockedReads(n int) int {
	GinkgoHelper()
	var done atomic.Int64
	write := blockReaders(n, func() { done.Add(1) })
	write()
	for end := time.Now().Add(time.Second); done.Load() < int64(n) && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	return int(done.Load())
}

// blockReaders has n threads read from a pipe in the kernel, and returns the function that gives each of them a byte and waits for
// them. Each calls done at its end.
func blockReaders(n int, done func()) (write func()) {
	GinkgoHelper()
	var pipe [2]int
	check.NoError(unix.Pipe2(pipe[:], unix.O_CLOEXEC))
	var all sync.WaitGroup
	for range n {
		all.Go(func() {
			_ = check.RetryEINTR(func() error { _, err := unix.Read(pipe[0], make([]byte, 1)); return err })
			done()
		})
	}
	runtime.Gosched()
	return func() {
		_, err := unix.Write(pipe[1], make([]byte, n))
		all.Wait()
		unix.Close(pipe[0])
		unix.Close(pipe[1])
		check.NoError(err)
	}
}

// wokenConnections returns how many of n goroutines that wait for the network wake when their connections get a byte.
func wokenConnections(n int) int {
	GinkgoHelper()
	l := listen()
	var woken atomic.Int64
	var all sync.WaitGroup
	var ends []net.Conn
	for range n {
		c, err := net.Dial("tcp", l.Addr().String())
		check.NoError(err)
		accepted, err := l.Accept()
		check.NoError(err)
		ends = append(ends, accepted)
		all.Go(func() {
			defer c.Close()
			if got, _ := c.Read(make([]byte, 1)); got == 1 {
				woken.Add(1)
			}
		})
	}
	for _, c := range ends {
		_, _ = c.Write([]byte("x"))
	}
	all.Wait()
	for _, c := range ends {
		c.Close()
	}
	return int(woken.Load())
}

// connected returns the two ends of a connection.
func connected() (one, other net.Conn) {
	GinkgoHelper()
	l := listen()
	one, err := net.Dial("tcp", l.Addr().String())
	check.NoError(err)
	other, err = l.Accept()
	check.NoError(err)
	return one, other
}

// readDeadline returns how much later than its deadline a read ended; an hour if it did not end with the deadline's error.
func readDeadline() time.Duration {
	GinkgoHelper()
	one, other := connected()
	defer one.Close()
	defer other.Close()
	deadline := time.Now().Add(20 * time.Millisecond)
	check.NoError(one.SetReadDeadline(deadline))
	_, err := one.Read(make([]byte, 1))
	if late := time.Since(deadline); os.IsTimeout(err) {
		return late
	}
	return -time.Hour
}

// closedRead returns the error of a read whose connection is closed meanwhile.
func closedRead() error {
	GinkgoHelper()
	one, other := connected()
	defer other.Close()
	go func() { time.Sleep(2 * time.Millisecond); one.Close() }()
	_, err := one.Read(make([]byte, 1))
	return err
}
