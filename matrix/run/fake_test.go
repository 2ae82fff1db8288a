package run_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/xcmatrix/xcmatrix/matrix/run"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// fakeEnv names a payload that misbehaves, which the test binary then is.
const fakeEnv = "XCMATRIX_TEST_FAKE"

// fakes are payloads that a coordinator must survive. Each is given the specs it was asked for, and its own event
// channel.
var fakes = map[string]func(specs []string, events *bufio.Writer){
	"floods": func(specs []string, events *bufio.Writer) {
		start(events, specs[0])
		for {
			fmt.Fprintf(events, `{"v":1,"event":"log","log":{"level":"info","text":{"en":"%s"}}}`+"\n", strings.Repeat("x", 10_000))
		}
	},
	"dies at once": func([]string, *bufio.Writer) { os.Exit(9) },
	"dies at once, the first time": func(specs []string, events *bufio.Writer) {
		if mark := os.Getenv(fakeEnv + "_MARK"); os.Mkdir(mark, 0o755) == nil {
			os.Exit(9)
		}
		all(specs, events, "pass")
	},
	"speaks for others": func(specs []string, events *bufio.Writer) {
		fmt.Fprintln(events, `{"v":1,"event":"plan","plan":{"item":"abi","specs":[{"id":"invented","deadline_s":1}]}}`)
		fmt.Fprintln(events, `{"v":1,"event":"launch","launch":{"provenance":"native","launcher":{"name":"better"},"build_key":"","payload":""}}`)
		fmt.Fprintln(events, `{"v":1,"event":"noise","noise":{}}`)
		end(events, "invented", "fail")
		end(events, "", "fail")
		all(specs, events, "pass")
		all(specs, events, "fail") // a second verdict
	},
	"says nothing of one spec": func(specs []string, events *bufio.Writer) {
		all(specs[:1], events, "pass")
		fmt.Fprintln(events, `{"v":1,"event":"cell-end","cell_end":{"specs":1}}`)
	},
	"leaves a grandchild": func(specs []string, events *bufio.Writer) {
		all(specs, events, "pass")
		events.Flush()
		cmd := exec.Command("sleep", "60")
		cmd.ExtraFiles = []*os.File{os.NewFile(3, "events")}
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		if err := cmd.Start(); err != nil {
			panic(err)
		}
		if err := os.WriteFile(os.Getenv(fakeEnv+"_MARK"), fmt.Append(nil, cmd.Process.Pid), 0o644); err != nil {
			panic(err)
		}
	},
	"nests too deeply": func(specs []string, events *bufio.Writer) {
		start(events, specs[0])
		fmt.Fprintln(events, `{"v":1,"event":"log","log":{"level":"info","text":{"en":"x"}},"x":`+strings.Repeat("[", 9_999)+strings.Repeat("]", 9_999)+`}`)
		all(specs, events, "pass")
	},
	"ends another spec's line": func(specs []string, events *bufio.Writer) {
		start(events, specs[0])
		fmt.Fprint(events, strings.Repeat("x", 2*record.MaxLine)+"\n")
		all(specs, events, "pass") // too late to be believed
	},
}

func start(events *bufio.Writer, spec string) {
	fmt.Fprintf(events, `{"v":1,"event":"spec-start","spec":%q,"start":{"deadline_s":30}}`+"\n", spec)
}

func end(events *bufio.Writer, spec, verdict string) {
	fmt.Fprintf(events, `{"v":1,"event":"spec-end","spec":%q,"end":{"verdict":%q,"seconds":0,"detail":{"en":"faked"}}}`+"\n", spec, verdict)
}

func all(specs []string, events *bufio.Writer, verdict string) {
	for _, s := range specs {
		start(events, s)
		end(events, s, verdict)
	}
}

// fake is the test binary as a misbehaving payload.
func fake(name string) {
	var req record.Request
	if err := json.NewDecoder(os.Stdin).Decode(&req); err != nil {
		panic(err)
	}
	events := bufio.NewWriter(os.NewFile(3, "events"))
	fakes[name](req.Specs, events)
	events.Flush()
}

func TestMisbehavingPayloads(t *testing.T) {
	const first, second = "meets its expectation: pass", "passes after all of them: pass"
	for name, want := range map[string][2]string{
		"floods":                       {"error: it wrote more than 67108864 bytes of events", "error: it wrote more than"},
		"dies at once":                 {"error: the payload ended before its first spec: the process ended: exit status 9", "error: the payload ended before"},
		"dies at once, the first time": {"pass", "pass"},
		"speaks for others":            {"pass", "pass"},
		"says nothing of one spec":     {"pass", "error: the payload came to its end without a verdict on this spec"},
		"leaves a grandchild":          {"pass", "pass"},
		"nests too deeply":             {"pass", "pass"},
		"ends another spec's line":     {"error: it wrote a line of more than 1048576 bytes", "error: it wrote a line of"},
	} {
		t.Run(name, func(t *testing.T) {
			mark := filepath.Join(t.TempDir(), "mark")
			t.Setenv(fakeEnv, name)
			t.Setenv(fakeEnv+"_MARK", mark)
			t.Cleanup(func() { ended(t, mark) })
			o := options(t, self(t), "native")
			o.Keep = only(first, second)
			r := mustRun(t, o)
			if noise := r.Cells[0].Noise; len(noise) > 0 {
				t.Errorf("it says how quiet the machine was: %+v", noise)
			}
			for i, id := range []string{first, second} {
				s := spec(t, r, "native", id)
				if got := said(s); !strings.HasPrefix(got, want[i]) || s.Launcher.Name != "native" {
					t.Errorf("%s: %s (%+v), want %s", id, got, s.Launcher, want[i])
				}
			}
		})
	}
}

// ended fails when the process whose id a file holds still runs, and ends it.
func ended(t *testing.T, file string) {
	var pid int
	if raw, err := os.ReadFile(file); err == nil {
		if _, err := fmt.Sscan(string(raw), &pid); err == nil && pid > 1 && syscall.Kill(pid, syscall.SIGKILL) == nil {
			t.Errorf("process %d outlives the payload", pid)
		}
	}
}

func TestResumeDoesNothingTwice(t *testing.T) {
	const first, second = "meets its expectation: pass", "passes after all of them: pass"
	o := options(t, self(t), "native")
	o.Keep = only(first, second)
	before := mustRun(t, o)
	again, err := run.Resume(t.Context(), before.Dir, o)
	if err != nil {
		t.Fatal(err)
	}
	if again.Entries != before.Entries || again.Head != before.Head || again.Seal == nil {
		t.Errorf("a whole run grew from %d entries to %d", before.Entries, again.Entries)
	}
}
