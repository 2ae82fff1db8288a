package broker

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/xcmatrix/xcmatrix/matrix/fleet"
)

// TestMain has the test binary be a hub, so that its memory is its own and it can be killed.
func TestMain(m *testing.M) {
	if len(os.Args) != 4 || os.Args[1] != "hub" {
		os.Exit(m.Run())
	}
	d, err := ExistingDirectory(os.Args[2])
	if err == nil {
		_, err = Start(context.Background(), d, Options{Listen: os.Args[3]})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	select {}
}

// hubProcess is a hub in a process of its own.
type hubProcess struct {
	*testing.T
	dir     Directory
	address string
	cmd     *exec.Cmd
}

func newHubProcess(t *testing.T) *hubProcess {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	free.Close()
	h := &hubProcess{T: t, address: free.Addr().String()}
	if h.dir, err = OpenDirectory(filepath.Join(t.TempDir(), "hub"), h.address); err != nil {
		t.Fatal(err)
	}
	return h
}

// start starts the hub, and returns how long it took until it could be reached.
func (h *hubProcess) start() time.Duration {
	h.Helper()
	began := time.Now()
	self, err := os.Executable()
	if err != nil {
		h.Fatal(err)
	}
	h.cmd = exec.Command(self, "hub", h.dir.path, h.address)
	h.cmd.Stderr = os.Stderr
	h.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := h.cmd.Start(); err != nil {
		h.Fatal(err)
	}
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if c, err := net.Dial("tcp", h.address); err == nil {
			c.Close()
			return time.Since(began)
		}
	}
	h.Fatal("the hub cannot be reached")
	return 0
}

func (h *hubProcess) kill() {
	_ = h.cmd.Process.Kill()
	_ = h.cmd.Wait()
}

// memory returns the resident memory of the hub now and at most, in MiB.
func (h *hubProcess) memory() (now, most int) {
	h.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", h.cmd.Process.Pid))
	if err != nil {
		h.Fatal(err)
	}
	for line := range strings.Lines(string(raw)) {
		name, value, _ := strings.Cut(line, ":")
		kib, _ := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(value), " kB"))
		switch name {
		case "VmRSS":
			now = kib >> 10
		case "VmHWM":
			most = kib >> 10
		}
	}
	return now, most
}

// enrolMany enrols a coordinator and agents at once.
func (h *hubProcess) enrolMany(agents int) (desk fleet.Credential, all []fleet.Credential) {
	h.Helper()
	credential := func(r *register, name, role string) fleet.Credential {
		seed := must(newSeed())(h.T)
		r.Members[name] = &member{Role: role, User: must(public(seed))(h.T), Enrolled: time.Now()}
		return fleet.Credential{V: fleet.Version, Hub: h.address, Role: role, Name: name, CA: r.Authority.Certificate, Seed: seed}
	}
	if _, err := h.dir.change(func(r *register) error {
		desk = credential(r, "desk", fleet.CoordinatorRole)
		for n := range agents {
			all = append(all, credential(r, fmt.Sprintf("m%d", n), fleet.AgentRole))
		}
		return nil
	}); err != nil {
		h.Fatal(err)
	}
	return desk, all
}

// TestScale connects many agents, which report and wait for jobs, stores results of 20 KB beside a loop that only publishes, and kills
// the hub. The long form has 3,000 agents, and holds the figures of docs/fleet.md.
func TestScale(t *testing.T) {
	agents, results := 50, 100
	long := os.Getenv("XCMATRIX_TEST_SCALE") != ""
	if long {
		agents, results = 3000, 2000
	}
	h := newHubProcess(t)
	desk, credentials := h.enrolMany(agents)
	h.start()
	defer h.kill()
	began := time.Now()
	posts := connectAll(t, credentials)
	connected := time.Since(began)
	now, most := h.memory()
	t.Logf("%d agents have connected and reported in %s; hub: %d MiB, at most %d", agents, connected.Round(10*time.Millisecond), now, most)

	queue := must(NewQueue(desk))(t)
	defer queue.Close()
	bare := h.publishBare(results)
	ours := h.commitAll(queue, posts[:min(16, len(posts))], results)
	_, most = h.memory()
	t.Logf("results of 20 KB: %.0f a second, a bare loop of publishes %.0f: %.0f %%; hub: at most %d MiB", ours, bare, 100*ours/bare, most)

	h.kill()
	back := h.start()
	t.Logf("after kill -9 the hub is back in %s", back.Round(time.Millisecond))
	if _, err := queue.Await(t.Context(), "r1", fmt.Sprint("j", results-1)); err != nil {
		t.Error(err)
	}
	if long && (most >= 450 || ours < 0.9*bare || back > time.Second) {
		t.Errorf("wanted: less than 450 MiB, 90 %%, at most 1 s")
	}
}

// connectAll connects agents; each reports once and then asks for jobs of a pool that has none.
func connectAll(t *testing.T, credentials []fleet.Credential) []*machine {
	t.Helper()
	key := must(fleet.OpenKey(t.TempDir()))(t)
	posts := make([]*machine, len(credentials))
	var waiting sync.WaitGroup
	slots := make(chan struct{}, 32)
	for i, c := range credentials {
		waiting.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			post, err := NewPost(c)
			if err != nil {
				t.Error(err)
				return
			}
			posts[i] = &machine{lab: &lab{T: t}, Post: post, key: key}
			if _, err := post.Report(t.Context(), fleet.Beat{V: fleet.Version, Key: key.Public(), Facts: facts}); err != nil {
				t.Error(err)
			}
		})
	}
	waiting.Wait()
	if t.Failed() {
		t.FailNow()
	}
	t.Cleanup(func() {
		for _, p := range posts {
			p.Close()
		}
	})
	return posts
}

// frames20K are the frames of a result of 20 KB.
var frames20K = bytes.Repeat([]byte("0123456789abcdef"), 20<<10/16)

// publishBare publishes messages one after the other to a stream of the hub's own kind, and returns how many a second.
func (h *hubProcess) publishBare(n int) float64 {
	h.Helper()
	r, err := h.dir.read()
	if err != nil {
		h.Fatal(err)
	}
	conn, err := connect(fleet.Credential{Hub: h.address, CA: r.Authority.Certificate, Seed: r.Seed, Name: "hub"})
	if err != nil {
		h.Fatal(err)
	}
	defer conn.Close()
	js := must(jetstream.New(conn))(h.T)
	if _, err := js.CreateStream(h.Context(), jetstream.StreamConfig{Name: "BARE", Subjects: []string{"bare.>"}}); err != nil {
		h.Fatal(err)
	}
	began := time.Now()
	for i := range n {
		if _, err := js.PublishMsg(h.Context(), &nats.Msg{Subject: fmt.Sprint("bare.", i), Data: frames20K}); err != nil {
			h.Fatal(err)
		}
	}
	return float64(n) / time.Since(began).Seconds()
}

// commitAll submits jobs, and has machines commit their results at the same time. It returns how many results a second.
func (h *hubProcess) commitAll(queue fleet.Queue, machines []*machine, n int) float64 {
	h.Helper()
	for i := range n {
		if err := queue.Submit(h.Context(), fleet.Job{V: fleet.Version, Run: "r1", ID: fmt.Sprint("j", i), Needs: amd64}); err != nil {
			h.Fatal(err)
		}
	}
	began := time.Now()
	var waiting sync.WaitGroup
	for at, m := range machines {
		waiting.Go(func() {
			for i := at; i < n; i += len(machines) {
				r := m.result("r1", fmt.Sprint("j", i), string(frames20K))
				if err := m.Commit(h.Context(), r); err != nil {
					h.Error(err)
				}
			}
		})
	}
	waiting.Wait()
	return float64(n) / time.Since(began).Seconds()
}
