package parallel

import (
	"testing"
	"time"
)

func TestFirst(t *testing.T) {}

func TestA(t *testing.T) {
	t.Parallel()
	time.Sleep(200 * time.Millisecond)
}

func TestCrash(t *testing.T) {
	t.Parallel()
	time.Sleep(50 * time.Millisecond)
	var nothing *int
	go func() { *nothing = 1 }()
	time.Sleep(10 * time.Second)
}

func TestB(t *testing.T) {
	t.Parallel()
	time.Sleep(200 * time.Millisecond)
}

func TestSubtest(t *testing.T) {
	t.Run("fine", func(t *testing.T) {})
	t.Run("boom", func(t *testing.T) {
		go panic("boom")
		time.Sleep(10 * time.Second)
	})
}

func TestLast(t *testing.T) {}
