package capacity

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// loaded is what came out of a load.
type loaded struct {
	answered, failed int
	err              error // one of those that failed
	took             time.Duration
	times            []time.Duration // of the answered, in their order
}

// at returns the time below which a share of the answered requests took.
func (l loaded) at(share float64) time.Duration {
	return l.times[min(int(share*float64(len(l.times))), len(l.times)-1)]
}

// load has n clients, each with a connection of its own, ask a server for the time span. The connections are opened before.
func load(address string, n int, kept bool, span time.Duration) (l loaded) {
	var ready, all sync.WaitGroup
	var mu sync.Mutex
	begin := make(chan struct{})
	var over atomic.Bool
	ready.Add(n)
	for range n {
		t := &http.Transport{DisableKeepAlives: !kept, DisableCompression: true}
		defer t.CloseIdleConnections()
		all.Go(func() {
			var own loaded
			c := &http.Client{Transport: t, Timeout: 20 * time.Second}
			_ = ask(c, address) // what fails now fails again
			ready.Done()
			<-begin
			for !over.Load() {
				from := time.Now()
				if err := ask(c, address); err != nil {
					own.failed++
					own.err = err
					continue
				}
				own.times = append(own.times, time.Since(from))
			}
			mu.Lock()
			defer mu.Unlock()
			l.failed += own.failed
			l.err = errors.Join(l.err, own.err)
			l.times = append(l.times, own.times...)
		})
	}
	ready.Wait()
	from := time.Now()
	close(begin)
	time.Sleep(span)
	over.Store(true)
	all.Wait()
	l.took, l.answered = time.Since(from), len(l.times)
	slices.Sort(l.times)
	return l
}

// ask sends a request, and returns an error unless the right answer comes.
func ask(c *http.Client, address string) error {
	response, err := c.Get("http://" + address + "/")
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err == nil && (response.StatusCode != http.StatusOK || string(text) != body) {
		err = errors.New(response.Status)
	}
	return err
}
