package abi

import (
	"os"
	"testing"
)

// A goroutine that ends locked ends its thread, but for the process's first thread, which Go keeps: endLocked never chooses it.
func TestEndLockedNeverTakesTheFirstThread(t *testing.T) {
	for range 2000 {
		if thread := endLocked(); thread == os.Getpid() {
			t.Fatalf("thread %d is the process's first one, which stays", thread)
		}
	}
}
