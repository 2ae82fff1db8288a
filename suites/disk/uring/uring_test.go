package uring

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// ring returns a ring for some requests; the test is skipped where the kernel refuses one.
func ring(t *testing.T, requests int) *Ring {
	t.Helper()
	r, err := Open(requests)
	if Refused(err) {
		t.Skipf("does not apply: no io_uring here: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// The structures have the kernel's sizes, whatever the architecture.
func TestSizes(t *testing.T) {
	if p, e, a := unsafe.Sizeof(parameters{}), unsafe.Sizeof(entry{}), unsafe.Sizeof(answer{}); p != 120 || e != 64 || a != 16 {
		t.Errorf("%d, %d and %d bytes", p, e, a)
	}
}

func TestRing(t *testing.T) {
	r := ring(t, 8)
	f, err := os.OpenFile(filepath.Join(t.TempDir(), "file"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for turn := range 100 { // the rings begin again at their beginning
		buffers := make([][]byte, 8)
		for i := range buffers {
			buffers[i] = []byte{byte(turn), byte(i)}
			queue(t, r, Request{Op: Write, FD: int(f.Fd()), Buffer: buffers[i], At: int64(2 * i), Tag: i})
		}
		if n := take(t, r, 8, nil); n != 16 {
			t.Fatalf("turn %d: %d bytes written", turn, n)
		}
	}
	queue(t, r, Request{Op: Fsync, FD: int(f.Fd()), Tag: 7})
	take(t, r, 1, nil)
	buffer := make([]byte, 100)
	queue(t, r, Request{Op: Read, FD: int(f.Fd()), Buffer: buffer})
	if n := take(t, r, 1, nil); n != 16 || buffer[0] != 99 || buffer[15] != 7 {
		t.Errorf("%d bytes read: %v", n, buffer[:16])
	}
	queue(t, r, Request{Op: Read, FD: -1, Buffer: buffer})
	take(t, r, 1, unix.EBADF)
	if _, is := r.Next(); is {
		t.Error("an answer to nothing")
	}
}

func queue(t *testing.T, r *Ring, q Request) {
	t.Helper()
	if err := r.Queue(q); err != nil {
		t.Fatal(err)
	}
}

// take takes some answers, which must all have the error, and returns the sum of their bytes.
func take(t *testing.T, r *Ring, n int, want error) (bytes int) {
	t.Helper()
	if err := r.Wait(n); err != nil {
		t.Fatal(err)
	}
	for range n {
		a, is := r.Next()
		if !is || !errors.Is(a.Err, want) {
			t.Fatalf("%v, %+v, want %v", is, a, want)
		}
		bytes += a.N
	}
	return bytes
}

func TestWrongRequests(t *testing.T) {
	for _, n := range []int{-1, 0, 1 << 20} {
		if _, err := Open(n); err == nil || Refused(err) {
			t.Errorf("%d requests at once: %v", n, err)
		}
	}
	r := ring(t, 2)
	queue(t, r, Request{Op: Fsync, FD: -1})
	for _, tag := range []int{-1, 0, 2} {
		if r.Queue(Request{Op: Fsync, FD: -1, Tag: tag}) == nil {
			t.Errorf("tag %d", tag)
		}
	}
	take(t, r, 1, unix.EBADF)
}

func TestRefused(t *testing.T) {
	for err, want := range map[error]bool{os.NewSyscallError("io_uring_setup", unix.ENOSYS): true, unix.EPERM: true, unix.EINVAL: false, nil: false} {
		if Refused(err) != want {
			t.Errorf("%v", err)
		}
	}
}
