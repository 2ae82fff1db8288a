package run_test

import (
	"bufio"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix/run"
	"github.com/xcmatrix/xcmatrix/results/needs"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

func init() {
	fakes["starts a spec again and again"] = func(specs []string, events *bufio.Writer) {
		for ; ; time.Sleep(500 * time.Millisecond) {
			start(events, specs[0])
			events.Flush()
		}
	}
	fakes["starts two specs in turn"] = func(specs []string, events *bufio.Writer) {
		for i := 0; ; i++ {
			start(events, specs[i%len(specs)])
			events.Flush()
			time.Sleep(500 * time.Millisecond)
		}
	}
	fakes["logs for ever"] = func(_ []string, events *bufio.Writer) {
		for ; ; time.Sleep(500 * time.Millisecond) {
			fmt.Fprintln(events, `{"v":1,"event":"log","log":{"level":"info","text":{"en":"I am busy"}}}`)
			fmt.Fprintln(events, `{"v":1,"event":"machine","machine":{}}`)
			events.Flush()
		}
	}
	fakes["works steadily"] = func(specs []string, events *bufio.Writer) {
		for _, s := range specs {
			start(events, s)
			events.Flush()
			time.Sleep(300 * time.Millisecond)
			end(events, s, "pass")
			events.Flush()
		}
	}
}

// slowly is how long something takes on this machine now that takes so much processor time alone.
func slowly(d time.Duration) time.Duration {
	began, used := time.Now(), check.CPUTime()
	for check.CPUTime()-used < 20*time.Millisecond {
	}
	return time.Duration(float64(d) * min(max(float64(time.Since(began))/float64(20*time.Millisecond), 1), 20))
}

// timed is a run of a fake payload whose specs may take a second.
func timed(t *testing.T, name string, specs ...string) *store.Run {
	t.Helper()
	t.Setenv(fakeEnv, name)
	o := options(t, self(t), "native")
	o.Specs = func(string) (plan []record.SpecPlan, err error) {
		for _, id := range specs {
			plan = append(plan, record.SpecPlan{ID: id, Deadline: 1})
		}
		return plan, nil
	}
	return mustRun(t, o)
}

// A payload has no more time than it was given, whatever it says meanwhile.
func TestDeadlinesCannotBeExtended(t *testing.T) {
	run.ShortDeadlines(t, 2*slowly(time.Second), time.Second)
	for name, want := range map[string][]string{
		"starts a spec again and again": {"timeout: the deadline passed"},
		"starts two specs in turn":      {"timeout: the deadline passed", "timeout: the deadline passed"},
		"logs for ever":                 {"error: the payload ended before its first spec: the deadline passed"},
	} {
		t.Run(name, func(t *testing.T) {
			specs := []string{"first", "second"}[:len(want)]
			began := time.Now()
			r := timed(t, name, specs...)
			for i, id := range specs {
				if s := spec(t, r, "native", id); !strings.HasPrefix(said(s), want[i]) {
					t.Errorf("%s: %s, want %s", id, said(s), want[i])
				}
			}
			if took := time.Since(began); took > 60*slowly(time.Second) {
				t.Errorf("it took %v", took)
			}
		})
	}
}

// A coordinator that was stopped reads what was said meanwhile, and calls nobody late.
func TestStoppedCoordinator(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: this process is stopped for some seconds")
	}
	run.ShortDeadlines(t, 20*time.Second, time.Second)
	var specs []string
	for i := range 60 {
		specs = append(specs, fmt.Sprint("spec ", i))
	}
	stop := exec.Command("/bin/sh", "-c", "for i in 1 2 3; do sleep 0.5; kill -STOP $PPID; sleep 4; kill -CONT $PPID; done")
	if err := stop.Start(); err != nil {
		t.Fatal(err)
	}
	r := timed(t, "works steadily", specs...)
	if err := stop.Wait(); err != nil {
		needs.Absent(t, needs.Kernel, fmt.Sprintf("this process cannot be stopped: %v", err))
	}
	for _, id := range specs {
		if s := spec(t, r, "native", id); s.Verdict != record.Pass {
			t.Errorf("%s: %s", id, said(s))
		}
	}
}
