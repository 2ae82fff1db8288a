package sched

import (
	"fmt"
	"testing"

	"github.com/xcmatrix/xcmatrix/suites/check"
)

// channelling are channels with room and without, of one sender or several.
func channelling() (all []operation) {
	for _, room := range []int{1, 128} {
		all = append(all, operation{fmt.Sprintf("channel/room=%d", room), func(b *testing.B) {
			c := make(chan int, room)
			go func() {
				for range c {
				}
			}()
			check.BeforeLoop(b)
			for b.Loop() {
				c <- 1
			}
			check.AfterLoop(b)
			close(c)
		}})
	}
	full := make(chan int, 1)
	return append(all, operation{"channel/uncontended", loop(func() { full <- 1; <-full })}, operation{"channel/four-senders", fourSenders})
}

// fourSenders is a value from one of four senders that wait.
func fourSenders(b *testing.B) {
	c := make(chan int)
	done := make(chan struct{})
	for range 4 {
		go func() {
			for {
				select {
				case c <- 1:
				case <-done:
					return
				}
			}
		}()
	}
	check.BeforeLoop(b)
	for b.Loop() {
		<-c
	}
	check.AfterLoop(b)
	close(done)
}

// selecting are selects with some cases.
func selecting() []operation {
	full := make(chan int, 1)
	never := make(chan int)
	return []operation{
		{"select/default", loop(func() {
			select {
			case <-never:
			default:
			}
		})},
		{"select/two", loop(func() {
			full <- 1
			select {
			case <-full:
			case <-never:
			}
		})},
		{"select/eight", loop(func() {
			full <- 1
			select {
			case <-full:
			case <-never:
			case never <- 1:
			case <-never:
			case never <- 2:
			case <-never:
			case never <- 3:
			case <-never:
			}
		})},
	}
}
