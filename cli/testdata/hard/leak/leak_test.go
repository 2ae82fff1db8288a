package leak

import (
	"testing"
	"time"
)

func TestLeaker(t *testing.T) {
	go func() {
		time.Sleep(300 * time.Millisecond)
		panic("left behind")
	}()
}

func TestVictim(t *testing.T) { time.Sleep(time.Second) }

func TestLater(t *testing.T) {}
