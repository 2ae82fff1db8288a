package broker

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix/fleet"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// lab is a hub with a coordinator.
type lab struct {
	*testing.T
	dir   Directory
	hub   *Hub
	queue fleet.Queue
}

func newLab(t *testing.T, lease time.Duration) *lab {
	t.Helper()
	path := t.TempDir() + "/hub"
	dir, err := OpenDirectory(path, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &lab{T: t, dir: dir}
	l.start(lease)
	l.queue = must(NewQueue(l.enrol("desk", fleet.CoordinatorRole)))(t)
	t.Cleanup(func() { l.queue.Close(); l.hub.Close() })
	return l
}

// start starts the hub, on a port of its own choice the first time.
func (l *lab) start(lease time.Duration) {
	l.Helper()
	r, err := l.dir.read()
	if err != nil {
		l.Fatal(err)
	}
	if l.hub, err = Start(l.Context(), l.dir, Options{Listen: r.Address, Lease: lease}); err != nil {
		l.Fatal(err)
	}
	if _, err := l.dir.change(func(r *register) error { r.Address = l.hub.Address(); return nil }); err != nil {
		l.Fatal(err)
	}
}

func must[V any](v V, err error) func(*testing.T) V {
	return func(t *testing.T) V {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// enrol enrols somebody, and has the hub read of it at once.
func (l *lab) enrol(name, role string, labels ...string) fleet.Credential {
	l.Helper()
	c, err := l.dir.Enrol(name, role, labels)
	if err == nil {
		err = l.hub.reload()
	}
	if err != nil {
		l.Fatal(err)
	}
	return c
}

// machine is an agent's side in a test: connection and key.
type machine struct {
	*lab
	fleet.Post
	key   fleet.Key
	pools []string
}

// facts are those of an amd64 machine.
var facts = record.Machine{GOOS: "linux", GOARCH: "amd64", Chip: "hygon-c86-3g", System: "uos-20"}

func (l *lab) machine(name string, labels ...string) *machine {
	l.Helper()
	post, err := NewPost(l.enrol(name, fleet.AgentRole, labels...))
	if err != nil {
		l.Fatal(err)
	}
	l.Cleanup(post.Close)
	m := &machine{lab: l, Post: post, key: must(fleet.OpenKey(l.TempDir()))(l.T)}
	m.report()
	return m
}

func (m *machine) report() {
	m.Helper()
	orders, err := m.Report(m.Context(), fleet.Beat{V: fleet.Version, Key: m.key.Public(), Facts: facts})
	if err != nil {
		m.Fatal(err)
	}
	m.pools = orders.Pools
}

// next takes the next job; it fails if there is none within a quarter of a minute.
func (m *machine) next() fleet.Delivery {
	m.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		m.report()
		d, err := m.Next(m.Context(), m.pools)
		if err != nil {
			m.Fatal(err)
		}
		if d != nil {
			return d
		}
	}
	m.Fatal("no job comes")
	return nil
}

// result returns the machine's result of a job.
func (m *machine) result(run, job, frames string) fleet.Result {
	m.Helper()
	r := fleet.Result{V: fleet.Version, Run: run, Job: job, Machine: m.Machine(), Lease: 1, Frames: []byte(frames)}
	if err := m.key.Sign(&r); err != nil {
		m.Fatal(err)
	}
	return r
}

var amd64 = fleet.Needs{GOOS: "linux", GOARCH: "amd64"}

func (l *lab) submit(job string, needs fleet.Needs) fleet.Job {
	l.Helper()
	j := fleet.Job{V: fleet.Version, Run: "r1", ID: job, Needs: needs, Payload: "sha256:" + strings.Repeat("0", 64)}
	if err := l.queue.Submit(l.Context(), j); err != nil {
		l.Fatal(err)
	}
	return j
}

func (l *lab) await(job string) fleet.Result {
	l.Helper()
	ctx, cancel := context.WithTimeout(l.Context(), time.Minute)
	defer cancel()
	r, err := l.queue.Await(ctx, "r1", job)
	if err != nil {
		l.Fatal(err)
	}
	return r
}

func TestAJobHasOneResult(t *testing.T) {
	t.Parallel()
	l := newLab(t, 0)
	one := l.machine("one")
	l.submit("j1", amd64)
	l.submit("j1", amd64) // is queued already
	d := one.next()
	if d.Job().ID != "j1" || d.Lease() != 1 {
		t.Fatalf("job %+v of lease %d", d.Job(), d.Lease())
	}
	two := l.machine("two")
	for range 2 { // an answer may be lost: the second time is no other result
		if err := one.Commit(t.Context(), one.result("r1", "j1", "first")); err != nil {
			t.Fatal(err)
		}
	}
	if err := two.Commit(t.Context(), two.result("r1", "j1", "second")); !errors.Is(err, fleet.ErrLate) {
		t.Errorf("a second result: %v", err)
	}
	if err := d.Done(); err != nil {
		t.Fatal(err)
	}
	if r := l.await("j1"); string(r.Frames) != "first" || r.Machine != "one" || r.Verify(one.key.Public()) != nil {
		t.Errorf("result %q of %s", r.Frames, r.Machine)
	}
	l.submit("j1", amd64) // has a result
	two.report()
	if d, err := two.Next(t.Context(), two.pools); d != nil || err != nil {
		t.Errorf("a job with a result comes again: %v %v", d, err)
	}
	if err := two.Commit(t.Context(), two.result("r1", "j1", "late")); !errors.Is(err, fleet.ErrLate) {
		t.Errorf("a late result: %v", err)
	}
}

func TestWhatTheHubRefuses(t *testing.T) {
	t.Parallel()
	l := newLab(t, 0)
	one, two := l.machine("one"), l.machine("two")
	l.submit("j1", amd64)
	l.submit("j2", fleet.Needs{GOOS: "linux", GOARCH: "amd64", Labels: []string{"rack-a"}})
	good := one.result("r1", "j1", "frames")
	altered := good
	altered.Frames = []byte("frames of somebody else")
	lease := good
	lease.Lease = 7
	stolen := two.result("r1", "j1", "frames")
	other := good
	other.Machine = "two"
	for name, c := range map[string]struct {
		result fleet.Result
		words  string
	}{
		"another machine's result":       {stolen, "one reports a result of two"},
		"another machine's name":         {other, "one reports a result of two"},
		"frames that were not signed":    {altered, "not those that machine one signed"},
		"a lease that was not signed":    {lease, "the signature of job j1 is not of machine one"},
		"a job that was never submitted": {one.result("r1", "j9", "frames"), "none that one may do"},
		"a job that it does not fit":     {one.result("r1", "j2", "frames"), "none that one may do"},
		"a run that is a path":           {one.result("../r1", "j1", "frames"), "no result of a job"},
	} {
		var p *record.Problem
		if err := one.Commit(t.Context(), c.result); !errors.As(err, &p) || !strings.Contains(err.Error(), c.words) {
			t.Errorf("%s: %v", name, err)
		}
	}
	again := must(fleet.OpenKey(t.TempDir()))(t)
	if _, err := one.Report(t.Context(), fleet.Beat{V: fleet.Version, Key: again.Public(), Facts: facts}); err == nil || !strings.Contains(err.Error(), "another machine key") {
		t.Errorf("another machine key: %v", err)
	}
	if _, err := one.Report(t.Context(), fleet.Beat{V: fleet.Version + 2, Key: one.key.Public()}); err == nil || !strings.Contains(err.Error(), "version") {
		t.Errorf("a version that is too new: %v", err)
	}
	if _, err := one.Report(t.Context(), fleet.Beat{V: fleet.Version - 1, Key: one.key.Public(), Facts: facts}); err != nil {
		t.Errorf("the version before: %v", err)
	}
	if err := one.Commit(t.Context(), good); err != nil {
		t.Error(err)
	}
}

// An agent's permissions end at its own subjects, whatever it sends.
func TestPermissionsOfAnAgent(t *testing.T) {
	t.Parallel()
	l := newLab(t, 0)
	one, two := l.machine("one"), l.machine("two")
	l.submit("j1", amd64)
	conn := one.Post.(*post).conn
	forged, err := resultMessage(commitSubject+"two", two.result("r1", "j1", "frames"))
	if err != nil {
		t.Fatal(err)
	}
	direct, err := resultMessage(resultSubject+"r1.j1", one.result("r1", "j1", "frames"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	if _, err := conn.RequestMsgWithContext(ctx, forged); err == nil {
		t.Error("an agent writes another machine's results")
	}
	if _, err := conn.RequestMsgWithContext(ctx, direct); err == nil {
		t.Error("an agent writes results past the hub")
	}
	if err := two.Commit(t.Context(), two.result("r1", "j1", "own")); err != nil {
		t.Fatal(err)
	}
	if r := l.await("j1"); string(r.Frames) != "own" {
		t.Errorf("result %q", r.Frames)
	}
}

func TestRevokedAtOnce(t *testing.T) {
	t.Parallel()
	l := newLab(t, 0)
	one := l.machine("one")
	l.submit("j1", amd64)
	if err := l.dir.Revoke("one"); err != nil {
		t.Fatal(err)
	}
	if err := l.hub.reload(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	if err := one.Commit(ctx, one.result("r1", "j1", "frames")); err == nil {
		t.Error("a revoked machine commits a result")
	}
	all := must(l.queue.Machines(t.Context()))(t)
	if len(all) != 1 || !all[0].Revoked || all[0].Key == "" {
		t.Errorf("machines %+v", all)
	}
}

// A job that is not renewed goes to another agent; one that is renewed stays.
func TestLeases(t *testing.T) {
	t.Parallel()
	l := newLab(t, 6*time.Second)
	one, two := l.machine("one"), l.machine("two")
	l.submit("j1", amd64)
	first := one.next()
	for end := time.Now().Add(8 * time.Second); time.Now().Before(end); {
		renewed := time.Now()
		if err := first.Renew(); err != nil {
			t.Fatal(err)
		}
		two.report()
		d, err := two.Next(t.Context(), two.pools)
		if err != nil {
			t.Fatal(err)
		}
		if d == nil {
			continue
		}
		if took := time.Since(renewed); took < 4*time.Second {
			t.Fatalf("a job came to another agent %s after it was renewed", took)
		}
		first = d // this machine was busy for a lease
	}
	if d := two.next(); d.Lease() < 2 {
		t.Errorf("lease %d of a job that was lost", d.Lease())
	}
	if err := one.Commit(t.Context(), one.result("r1", "j1", "late, but the only one")); err != nil {
		t.Errorf("the first result counts, whoever has the lease: %v", err)
	}
}

func TestReserved(t *testing.T) {
	t.Parallel()
	l := newLab(t, 0)
	one := l.machine("one")
	l.submit("j1", amd64)
	if err := l.dir.Reserve("one", "new memory"); err != nil {
		t.Fatal(err)
	}
	if err := l.hub.reload(); err != nil {
		t.Fatal(err)
	}
	if one.report(); len(one.pools) != 0 {
		t.Errorf("a reserved machine gets jobs of %v", one.pools)
	}
}

// After a kill -9 the hub has all that it acknowledged, and coordinators and agents go on.
func TestHubStartsAgain(t *testing.T) {
	t.Parallel()
	l := newLab(t, 0)
	one := l.machine("one")
	l.submit("j1", amd64)
	l.submit("j2", amd64)
	if err := one.Commit(t.Context(), one.result("r1", "j1", "frames")); err != nil {
		t.Fatal(err)
	}
	l.hub.Close()
	l.start(0)
	one.report()
	if r := l.await("j1"); string(r.Frames) != "frames" {
		t.Errorf("result %q", r.Frames)
	}
	if d := one.next(); d == nil {
		t.Error("the second job is lost")
	}
	if err := one.Commit(t.Context(), one.result("r1", "j2", "frames")); err != nil {
		t.Fatal(err)
	}
	l.await("j2")
}

func TestPayloads(t *testing.T) {
	t.Parallel()
	l := newLab(t, 0)
	one := l.machine("one")
	content := bytes.Repeat([]byte("payload "), 200_000)
	sum := sha256.Sum256(content)
	digest := "sha256:" + hex.EncodeToString(sum[:])
	if there, err := l.queue.HasPayload(t.Context(), digest); there || err != nil {
		t.Fatal(there, err)
	}
	if err := l.queue.PutPayload(t.Context(), digest, bytes.NewReader(content)); err != nil {
		t.Fatal(err)
	}
	if there, err := l.queue.HasPayload(t.Context(), digest); !there || err != nil {
		t.Fatal(there, err)
	}
	var got bytes.Buffer
	if err := one.Payload(t.Context(), digest, &got); err != nil || !bytes.Equal(got.Bytes(), content) {
		t.Errorf("%d bytes of %d: %v", got.Len(), len(content), err)
	}
	wrong := "sha256:" + strings.Repeat("1", 64)
	if err := l.queue.PutPayload(t.Context(), wrong, strings.NewReader("another content")); err != nil {
		t.Fatal(err)
	}
	for name, digest := range map[string]string{"another content": wrong, "absent": "sha256:" + strings.Repeat("2", 64), "a path": "../../hub.json"} {
		var p *record.Problem
		if err := one.Payload(t.Context(), digest, io.Discard); !errors.As(err, &p) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDirectories(t *testing.T) {
	t.Parallel()
	l := newLab(t, 0)
	foreign := t.TempDir()
	if err := os.WriteFile(foreign+"/letter", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	newer := t.TempDir()
	if err := os.WriteFile(newer+"/hub.json", []byte(`{"v":99,"authority":{"certificate":"x"},"members":{}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	_, errForeign := OpenDirectory(foreign, "")
	_, errNewer := OpenDirectory(newer, "")
	_, errAbsent := ExistingDirectory(t.TempDir())
	_, errTwice := Start(t.Context(), l.dir, Options{Listen: "127.0.0.1:0"})
	other := must(OpenDirectory(t.TempDir()+"/hub", ""))(t)
	_, errPort := Start(t.Context(), other, Options{Listen: l.hub.Address()})
	_, errListen := Start(t.Context(), other, Options{Listen: "nowhere"})
	_, errAddress := other.Enrol("m", fleet.AgentRole, nil)
	_, errName := l.dir.Enrol("../m", fleet.AgentRole, nil)
	_, errLabel := l.dir.Enrol("m", fleet.AgentRole, []string{"a b"})
	_, errTaken := l.dir.Enrol("desk", fleet.AgentRole, nil)
	for words, err := range map[string]error{
		"it is not empty":            errForeign,
		"a newer hub":                errNewer,
		"there is no hub here":       errAbsent,
		"runs on this directory":     errTwice,
		"cannot be listened on":      errPort,
		"is no address":              errListen,
		"has no address yet":         errAddress,
		"it cannot be a name":        errName,
		"cannot be a label":          errLabel,
		"there is a coordinator of ": errTaken,
		"nobody of this name":        l.dir.Revoke("nobody"),
	} {
		var p *record.Problem
		if !errors.As(err, &p) || !strings.Contains(err.Error(), words) {
			t.Errorf("%q: %v", words, err)
		}
	}
}

func TestCredentialOfAnotherHub(t *testing.T) {
	t.Parallel()
	l, m := newLab(t, 0), newLab(t, 0)
	c := l.enrol("one", fleet.AgentRole)
	c.Hub = m.hub.Address()
	if _, err := NewPost(c); err == nil {
		t.Error("the other hub's certificate is taken")
	}
	c.CA = m.enrol("two", fleet.AgentRole).CA
	var p *record.Problem
	if _, err := NewPost(c); !errors.As(err, &p) || !strings.Contains(err.Error(), "refuses one") {
		t.Errorf("the other hub takes it: %v", err)
	}
	c.Hub = "127.0.0.1:1"
	var gone *UnreachableError
	if _, err := NewPost(c); !errors.As(err, &gone) {
		t.Errorf("a hub that is not there: %v", err)
	}
}
