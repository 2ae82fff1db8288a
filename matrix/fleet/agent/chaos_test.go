package agent_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix/fleet"
	"github.com/xcmatrix/xcmatrix/matrix/fleet/broker"
	"github.com/xcmatrix/xcmatrix/matrix/remote"
)

// agents is how many hosts with an agent there are, beside the hub's.
const agents = 4

// chaos is a hub with agents on hosts of their own, and jobs whose results are awaited.
type chaos struct {
	*network
	rng     *rand.Rand
	hub     *process
	agents  []*process // host 2 and later
	dirs    []string
	queue   fleet.Queue
	payload string

	mu      sync.Mutex
	results map[string]fleet.Result
	waiting sync.WaitGroup
}

// TestChaos runs jobs while agents are killed, the hub is killed, links are cut, agents are stopped for longer than a lease and a
// disk is full. Each job has one result, and a late one is refused. The long form has 200 jobs for each of three seeds.
func TestChaos(t *testing.T) {
	jobs, seeds := 12, []uint64{1}
	if text := os.Getenv("XCMATRIX_TEST_CHAOS"); text != "" {
		jobs, seeds = 200, []uint64{1, 2, 3}
	}
	for _, seed := range seeds {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) { newChaos(t, seed).run(jobs) })
	}
}

func newChaos(t *testing.T, seed uint64) *chaos {
	t.Helper()
	c := &chaos{network: newNetwork(t, agents+1), rng: rand.New(rand.NewPCG(seed, seed)), results: map[string]fleet.Result{}}
	hubDir, address := filepath.Join(c.dir, "hub"), c.address(1)+":7422"
	d, err := broker.OpenDirectory(hubDir, address)
	if err != nil {
		t.Fatal(err)
	}
	c.hub = c.start(1, "hub", hubDir, address)
	for i := range agents {
		credential, dir := filepath.Join(c.dir, fmt.Sprintf("m%d", i)), filepath.Join(c.dir, fmt.Sprintf("agent%d", i))
		made, err := d.Enrol(fmt.Sprintf("m%d", i), fleet.AgentRole, nil)
		if err == nil {
			err = made.Write(credential)
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		c.agents, c.dirs = append(c.agents, c.start(i+2, "agent", credential, dir)), append(c.dirs, dir)
	}
	desk, err := d.Enrol("desk", fleet.CoordinatorRole, nil)
	if err != nil {
		t.Fatal(err)
	}
	c.within(2*time.Minute, "the hub answers", func() bool { c.queue, err = broker.NewQueue(desk); return err == nil })
	t.Cleanup(c.queue.Close)
	c.within(2*time.Minute, "all agents report", func() bool {
		all, err := c.queue.Machines(t.Context())
		n := 0
		for _, m := range all {
			if !m.Seen.IsZero() {
				n++
			}
		}
		return err == nil && n == agents
	})
	c.sendPayload()
	return c
}

// sendPayload stores the test binary at the hub.
func (c *chaos) sendPayload() {
	c.Helper()
	self, err := os.Executable()
	if err != nil {
		c.Fatal(err)
	}
	raw, err := os.ReadFile(self)
	if err != nil {
		c.Fatal(err)
	}
	sum := sha256.Sum256(raw)
	c.payload = "sha256:" + hex.EncodeToString(sum[:])
	f, err := os.Open(self)
	if err != nil {
		c.Fatal(err)
	}
	defer f.Close()
	if err := c.queue.PutPayload(c.Context(), c.payload, f); err != nil {
		c.Fatal(err)
	}
}

var amd64 = fleet.Needs{GOOS: "linux", GOARCH: "amd64"}

// submit submits a job that takes some time, and awaits its result.
func (c *chaos) submit(id string, takes time.Duration) {
	c.Helper()
	j := fleet.Job{V: fleet.Version, Run: "r1", ID: id, Needs: amd64, Payload: c.payload,
		Open: remote.Open{V: remote.Version, Job: remote.Job{Memory: uint64(takes.Milliseconds())}}}
	ctx, cancel := context.WithTimeout(c.Context(), 10*time.Minute)
	if err := c.queue.Submit(ctx, j); err != nil {
		c.Fatalf("%s: %v", id, err)
	}
	c.waiting.Go(func() {
		defer cancel()
		r, err := c.queue.Await(ctx, "r1", id)
		if err != nil {
			c.Errorf("%s: %v", id, err)
			return
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.results[id] = r
	})
}

func (c *chaos) result(id string) (fleet.Result, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r, ok := c.results[id]
	return r, ok
}

func (c *chaos) run(jobs int) {
	stopped := c.lateAfter("stopped", func(i int) { c.agents[i].signal(syscall.SIGSTOP) }, func(i int) { c.agents[i].signal(syscall.SIGCONT) })
	cut := c.lateAfter("cut", func(i int) { c.cut(i+2, "down") }, func(i int) { c.cut(i+2, "up") })
	began := time.Now()
	for n := range jobs {
		c.submit("j"+strconv.Itoa(n), time.Duration(50+c.rng.IntN(400))*time.Millisecond)
	}
	all := make(chan struct{})
	go func() { c.waiting.Wait(); close(all) }()
	faults := c.trouble(all)
	<-all
	refused, executed := 0, 0
	for _, a := range c.agents {
		refused, executed = refused+a.logged("is late"), executed+a.logged("begins")
	}
	c.check(jobs + 2)
	c.Logf("%d jobs, %d results in %s, %d executions, %d late results refused (after SIGSTOP: %t, after a cut: %t); faults %v",
		jobs+2, len(c.results), time.Since(began).Round(100*time.Millisecond), executed, refused, stopped, cut, faults)
}

// lateAfter has an agent lose its lease while it runs a job, waits until another agent has done the job, and sees that the result of
// the first is refused.
func (c *chaos) lateAfter(id string, lose, restore func(i int)) bool {
	c.Helper()
	c.submit(id, 1500*time.Millisecond)
	holder := -1
	c.within(time.Minute, "job "+id+" begins", func() bool {
		for i, dir := range c.dirs {
			var held struct{ Job fleet.Job }
			raw, err := os.ReadFile(filepath.Join(dir, "job.json"))
			if err == nil && json.Unmarshal(raw, &held) == nil && held.Job.ID == id {
				holder = i
			}
		}
		return holder >= 0
	})
	before := c.agents[holder].logged("is late")
	lose(holder)
	c.within(2*time.Minute, "another agent does job "+id, func() bool { _, ok := c.result(id); return ok })
	restore(holder)
	if r, _ := c.result(id); r.Machine == fmt.Sprintf("m%d", holder) {
		c.Errorf("job %s: the agent that lost its lease was the faster one", id)
		return false
	}
	c.within(2*time.Minute, "the late result of job "+id+" is refused", func() bool { return c.agents[holder].logged("is late") > before })
	return true
}

// trouble makes faults until all results are there, and at least one of each kind, and returns how many of each.
func (c *chaos) trouble(all <-chan struct{}) map[string]int {
	kinds := []struct {
		name string
		make func(i int)
	}{
		{"agent killed", func(i int) { c.agents[i].kill(); c.pause(500); c.agents[i].begin() }},
		{"hub killed", func(int) { c.hub.kill(); c.pause(1500); c.hub.begin() }},
		{"link down", func(i int) { c.cut(i+2, "down"); c.pause(2 * int(lease.Milliseconds())); c.cut(i+2, "up") }},
		{"agent stopped", func(i int) {
			c.agents[i].signal(syscall.SIGSTOP)
			c.pause(2 * int(lease.Milliseconds()))
			c.agents[i].signal(syscall.SIGCONT)
		}},
		{"disk full", c.fillDisk},
	}
	count := map[string]int{}
	for n := 0; ; n++ {
		kind := kinds[n%len(kinds)]
		if n >= len(kinds) {
			kind = kinds[c.rng.IntN(len(kinds))]
			select {
			case <-all:
				return count
			default:
			}
		}
		c.pause(300)
		kind.make(c.rng.IntN(agents))
		count[kind.name]++
	}
}

// pause waits for up to so many milliseconds, and half of them at least.
func (c *chaos) pause(limit int) {
	time.Sleep(time.Duration(limit/2+c.rng.IntN(limit/2+1)) * time.Millisecond)
}

// fillDisk covers an agent's directory with one of 64 KiB that is full, so that it can note no job, and takes it away again.
func (c *chaos) fillDisk(i int) {
	c.agents[i].kill()
	key, err := os.ReadFile(filepath.Join(c.dirs[i], "machine-key.pem"))
	if err != nil {
		c.Fatal(err)
	}
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=64k", "none", c.dirs[i]).CombinedOutput(); err != nil {
		c.Fatalf("%v: %s", err, out)
	}
	if err := os.WriteFile(filepath.Join(c.dirs[i], "machine-key.pem"), key, 0o600); err != nil {
		c.Fatal(err)
	}
	_ = os.WriteFile(filepath.Join(c.dirs[i], "full"), make([]byte, 1<<20), 0o600) // as much as there is space for
	c.agents[i].begin()
	c.pause(2000)
	c.agents[i].kill()
	if out, err := exec.Command("umount", "-l", c.dirs[i]).CombinedOutput(); err != nil {
		c.Fatalf("%v: %s", err, out)
	}
	c.agents[i].begin()
}

// check holds the results against what they must be: one for each job, signed by an enrolled machine, none given up.
func (c *chaos) check(jobs int) {
	machines, err := c.queue.Machines(c.Context())
	if err != nil {
		c.Fatal(err)
	}
	keys := map[string]string{}
	for _, m := range machines {
		keys[m.ID] = m.Key
	}
	if len(c.results) != jobs {
		c.Errorf("%d results of %d jobs", len(c.results), jobs)
	}
	for id, r := range c.results {
		if err := r.Verify(keys[r.Machine]); err != nil || r.Lost != nil && r.Lease <= fleet.MaxLeases {
			c.Errorf("job %s: %v %v", id, err, r.Lost)
		}
	}
}
