package launch

import (
	"context"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// run starts a shell script as a payload and returns its events and its end.
func run(t *testing.T, ctx context.Context, o Options, script string) (string, Exit) {
	t.Helper()
	p, err := start(ctx, exec.Command("/bin/sh", "-c", script), o)
	if err != nil {
		t.Fatal(err)
	}
	events, err := io.ReadAll(p.Events())
	if err != nil && !os.IsTimeout(err) {
		t.Error(err)
	}
	return string(events), p.Wait()
}

func TestProcess(t *testing.T) {
	for name, c := range map[string]struct {
		script, events, output, signal string
		code                           int
	}{
		"events apart from output":        {"echo event >&3; echo out; echo err >&2", "event\n", "out\nerr\n", "", 0},
		"request on its input":            {"cat >&3", `{"item":"abi","round":1,"seed":7,"specs":["s"],"stretch":1,"launch":{"provenance":"","launcher":{"name":""},"build_key":"","payload":""}}`, "", "", 0},
		"environment":                     {"echo $COLOUR >&3", "red\n", "", "", 0},
		"exit status":                     {"exit 7", "", "", "", 7},
		"signal":                          {"kill -SEGV $$", "", "", "SIGSEGV", -1},
		"signal that the runtime printed": {"echo 'SIGILL: illegal instruction'; exit 2", "", "SIGILL: illegal instruction\n", "SIGILL", 2},
		"child left behind":               {"sleep 60 & echo event >&3", "event\n", "", "", 0},
	} {
		o := Options{Request: record.Request{Item: "abi", Round: 1, Seed: 7, Specs: []string{"s"}, Stretch: 1}, Env: []string{"COLOUR=red"}}
		events, exit := run(t, t.Context(), o, c.script)
		if events != c.events || string(exit.Output) != c.output || exit.Signal != c.signal || exit.Code != c.code || exit.Killed != nil {
			t.Errorf("%s: events %q, %+v, output %q", name, events, exit, exit.Output)
		}
	}
}

func TestMemoryLimit(t *testing.T) {
	_, exit := run(t, t.Context(), Options{Memory: 4 << 10}, "sleep 60")
	if exit.Killed == nil || !strings.Contains(exit.Reason().En, "MiB of memory") || exit.Signal != "SIGKILL" {
		t.Errorf("%+v", exit)
	}
}

func TestStoppedRun(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, exit := run(t, ctx, Options{}, "sleep 60")
	if exit.Killed == nil || exit.Reason().En != "the run was stopped" {
		t.Errorf("%+v", exit)
	}
}

// A kill reaches the whole group, and the first reason stands.
func TestKill(t *testing.T) {
	p, err := start(t.Context(), exec.Command("/bin/sh", "-c", "sleep 60 & echo $! >&3; wait"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Events().Read(make([]byte, 20)); err != nil {
		t.Fatal(err)
	}
	p.Kill(record.Say("first", "一"))
	p.Kill(record.Say("second", "二"))
	// The channel ends by itself only when the grandchild, which has it open too, has ended.
	if _, err := io.ReadAll(p.Events()); err != nil {
		t.Error(err)
	}
	if exit := p.Wait(); exit.Reason().En != "first" {
		t.Errorf("%+v", exit)
	}
	p.Kill(record.Say("after the end", "之后")) // must not reach another process of that id
	if exit := p.Wait(); exit.Reason().En != "first" {
		t.Errorf("%+v", exit)
	}
}

func TestStartFails(t *testing.T) {
	if _, err := start(t.Context(), exec.Command("/nowhere/payload"), Options{}); err == nil {
		t.Error("started")
	}
}
