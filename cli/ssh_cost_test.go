package cli

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix/ssh/sshtest"
)

// Bounds of what SSH may cost.
const (
	maxUp       = 64 << 10 // bytes that a second run sends before its first event
	maxLoopback = 250 * time.Millisecond
	maxFar      = 1500 * time.Millisecond
)

// A second run sends no payload: what goes over before the first event is small, though the plan has thousands of specs.
func TestSSHSendsLittle(t *testing.T) {
	l := newRemoteLab(t, "m1")
	p := sshtest.NewProxy(t, l.Port)
	matrix := l.write(t, "proxy.yaml", l.ClientConfig(t, "proxy", p.Port), "m1")
	first := try(t, program(t, l.dir, "run", "--matrix", matrix, "--target", "m1", "--suite", "selftest", "--spec", "meets its expectation: pass", "--quiet"))
	if first.code != exitPass {
		t.Fatalf("exit status %d: %s", first.code, first.err)
	}
	sent := p.Up.Load()
	if sent < 1<<20 {
		t.Errorf("the first run sent %d bytes: where is the payload?", sent)
	}
	cmd := program(t, l.dir, "run", "--matrix", matrix, "--target", "m1", "--suite", "crypto,database,abi,disk,gc", "--rounds", "5", "--runs", "second", "--quiet")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait() //nolint:errcheck // it is killed
	defer cmd.Process.Kill()
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(time.Millisecond) {
		found, _ := filepath.Glob(filepath.Join(l.dir, "second", "*", "journal.ndjson"))
		if len(found) > 0 {
			if raw, err := os.ReadFile(found[0]); err == nil && bytes.Contains(raw, []byte(`"from":`)) {
				break
			}
		}
		if time.Now().After(end) {
			t.Fatal("no event comes")
		}
	}
	sent = p.Up.Load() - sent
	t.Logf("a second run with all suites and five rounds sends %d bytes before its first event (limit %d)", sent, maxUp)
	if sent > maxUp {
		t.Errorf("%d bytes, limit %d", sent, maxUp)
	}
}

// What a cell takes longer by SSH than natively, paired: over the loopback, and over a line of 100 ms there and back and
// 10 Mbit/s. `make bench` prints it; a busy machine judges nothing.
func TestSSHCost(t *testing.T) {
	if os.Getenv("XCMATRIX_TEST_COST") == "" {
		t.Skip("long form: figures are for a quiet machine: make bench")
	}
	l := newRemoteLab(t, "m1")
	p := sshtest.NewProxy(t, l.Port)
	p.Delay, p.Rate = 50*time.Millisecond, 10e6/8
	far := l.write(t, "far.yaml", l.ClientConfig(t, "far", p.Port), "m1")
	cell := func(matrix, target string) time.Duration {
		began := time.Now()
		got := try(t, program(t, l.dir, "run", "--matrix", matrix, "--target", target, "--suite", "abi", "--quiet", "--runs", "cost"))
		if got.code != exitPass && got.code != exitFound {
			t.Fatalf("exit status %d: %s", got.code, got.err)
		}
		return time.Since(began)
	}
	cell(l.matrix, "m1") // sends the payload
	cell(l.matrix, "native")
	const times = 7
	var near, away []time.Duration
	for range times {
		native := cell(l.matrix, "native")
		near, away = append(near, cell(l.matrix, "m1")-native), append(away, cell(far, "m1")-native)
	}
	slices.Sort(near)
	slices.Sort(away)
	lines := []string{"one cell (abi) by SSH, longer than natively, " + fmt.Sprint(times) + " pairs:"}
	for _, x := range []struct {
		name  string
		took  []time.Duration
		limit time.Duration
	}{{"loopback", near, maxLoopback}, {"100 ms there and back, 10 Mbit/s", away, maxFar}} {
		lines = append(lines, fmt.Sprintf("  %-34s median %5d ms, least %5d ms (limit %d ms)", x.name, x.took[times/2].Milliseconds(), x.took[0].Milliseconds(), x.limit.Milliseconds()))
		if x.took[times/2] > x.limit {
			t.Errorf("%s: %v, limit %v", x.name, x.took[times/2], x.limit)
		}
	}
	t.Log("\n" + strings.Join(lines, "\n"))
}
