// Package ownthread runs functions that change their thread: its control group, processors, namespaces or privileges.
package ownthread

import (
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// Call calls f on a thread that ends with f, and returns what f returns. What f does to the thread no other goroutine sees. The thread
// is never the process's first one: Go keeps that one when its goroutine ends (runtime.mexit), and /proc/self tells of it.
func Call(f func() error) error {
	ended := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with this goroutine
		if unix.Gettid() == os.Getpid() {
			defer runtime.UnlockOSThread()
			ended <- Call(f) // on another thread, as this goroutine occupies the first one
			return
		}
		ended <- f()
	}()
	return <-ended
}
