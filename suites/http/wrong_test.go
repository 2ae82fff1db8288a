package http

import (
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/onsi/gomega"

	"github.com/xcmatrix/xcmatrix/suites/http/rule"
)

// TestWrongPeersAreFound has each rule's conversation with implementations that are wrong on purpose: at least one must break it. That
// the right one keeps to it is TestSuite's.
func TestWrongPeersAreFound(t *testing.T) {
	gomega.RegisterFailHandler(func(message string, _ ...int) { panic(message) })
	wrong := clients()
	maps.Copy(wrong, servers())
	for _, g := range groups() {
		if g.Optional {
			continue // what a proxy of the machine can be told wrongly, the standard library's can be
		}
		t.Run(g.Name, func(t *testing.T) {
			var all sync.WaitGroup
			room := make(chan struct{}, 24)
			for _, r := range g.Rules {
				if r.Deep {
					continue // its short form is a rule of its own
				}
				all.Go(func() {
					room <- struct{}{}
					defer func() { <-room }()
					if !breaks(r, wrong) {
						t.Errorf("%s: no wrong implementation breaks it", r.ID)
					}
				})
			}
			all.Wait()
		})
	}
}

// breaks reports whether one of the implementations does not keep to a rule, or does not come to the conversation's end.
func breaks(r rule.Rule, wrong map[string]rule.Wrong) bool {
	for _, name := range slices.Sorted(maps.Keys(wrong)) {
		broken := make(chan bool, 1)
		go func() {
			defer func() {
				if recover() != nil {
					broken <- false // a conversation that cannot be had proves nothing
				}
			}()
			_, kept := r.Try(wrong[name], 2*time.Second)
			broken <- !kept
		}()
		select {
		case is := <-broken:
			if is {
				return true
			}
		case <-time.After(4 * time.Second):
			return true
		}
	}
	return false
}

func clients() map[string]rule.Wrong {
	all := map[string]rule.Wrong{}
	for name, c := range wrongClients {
		all[name] = rule.Wrong{Client: c}
	}
	return all
}

func servers() map[string]rule.Wrong {
	all := map[string]rule.Wrong{}
	for name, s := range wrongServers {
		all[name] = rule.Wrong{Server: s}
	}
	return all
}
