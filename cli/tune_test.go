package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// A server that computes more slowly than Go's default allows is none; one whose load always takes as long shows no gain, and the
// answer is JSON with the promised fields.
func TestTuneServer(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("XCMATRIX_LOCK", filepath.Join(dir, "lock"))
	plot := filepath.Join(dir, "settings.svg")
	s := call("tune", "gc", "--json", "--memory", "1GiB", "--load", "echo 'BenchmarkLoad 1 100 req/s 5 p99-ns'", "--plot", plot,
		"--time", "60s", "--", "/bin/sleep", "1000")
	var got struct {
		Workload, Objective, Verdict string
		Memory                       uint64
		Recommended                  struct{ GOGC, GOMEMLIMIT any }
	}
	if err := json.Unmarshal([]byte(s.out), &got); err != nil || s.code != exitPass {
		t.Fatalf("%+v, %v", s, err)
	}
	if got.Workload != "sleep" || got.Objective != "throughput" || got.Verdict != "no gain shown" || got.Memory != 1<<30 || got.Recommended.GOGC != 100.0 || got.Recommended.GOMEMLIMIT != "off" {
		t.Errorf("%s", s.out)
	}
	if svg, err := os.ReadFile(plot); err != nil || !strings.HasPrefix(string(svg), "<svg") {
		t.Errorf("plot: %v", err)
	}
}

// Wrong input is told in one sentence, before anything runs.
func TestTuneBadInput(t *testing.T) {
	t.Setenv("XCMATRIX_LOCK", filepath.Join(t.TempDir(), "lock"))
	for args, want := range map[string]string{
		"--workload none":                      "--workload: \"none\" is none of request",
		"--objective speed":                    "--objective: \"speed\" is none of",
		"--memory much":                        "--memory: \"much\" is not a size",
		"--memory 8MiB":                        "--memory: \"8MiB\" is not a size",
		"--memory 9000000000GiB":               "--memory:",
		"--time 1ms":                           "--time: must be",
		"--delta -1":                           "--delta: -1 is not",
		"--load x":                             "--load: name the server behind --",
		"--ready 1:1":                          "--load: name the server behind --",
		"./server":                             "name the server behind --",
		"-- /bin/sleep 1":                      "--load: name the command",
		"--load x -- /none":                    "/none: no such program",
		"--load x --ready 1 -- /bin/sleep":     "--ready: \"1\" is not HOST:PORT",
		"--bench x --load x -- /bin/sleep":     "--bench: name a benchmark or a server, not both",
		"--bench nothing":                      "--bench: \"nothing\" is not PACKAGE.BenchmarkName",
		"--load exit --time 60s -- /bin/false": "the server ended",
	} {
		s := call(append([]string{"tune", "gc"}, strings.Fields(args)...)...)
		wantCode := exitUsage
		if strings.HasSuffix(args, "false") {
			wantCode = exitLost
		}
		if s.code != wantCode || !strings.Contains(s.err, want) || strings.Count(s.err, "\n") != 1 {
			t.Errorf("%s: status %d, %s", args, s.code, s.err)
		}
	}
	for text, want := range map[string]uint64{"8GiB": 8 << 30, "512MiB": 512 << 20, "100": 100, "100B": 100, "1TiB": 1 << 40, "64KiB": 64 << 10} {
		if got, ok := parseBytes(text); !ok || got != want {
			t.Errorf("%s: %d, %v", text, got, ok)
		}
	}
	for _, text := range []string{"", "GiB", "8Gi", "8GB", "-1MiB", "1.5GiB", "99999999999TiB"} {
		if got, ok := parseBytes(text); ok {
			t.Errorf("%q: %d", text, got)
		}
	}
}

// The check counts right answers, and ends with 1 where fewer than nine in ten are right.
func TestTuneCheck(t *testing.T) {
	answers := map[string]string{"request": `{"recommended":{"gogc":400,"gomemlimit":"off"},"gain":{"ratio":1.5,"low":1.4,"high":1.6},"verdict":"gain"}`,
		"heap":    `{"recommended":{"gogc":"off","gomemlimit":226492416},"gain":{"ratio":1.2,"low":1.1,"high":1.3},"verdict":"gain"}`,
		"compute": `{"recommended":{"gogc":100,"gomemlimit":"off"},"gain":{"ratio":1.0,"low":0.99,"high":1.01},"verdict":"no gain shown"}`}
	for wrong, want := range map[int]int{0: 0, 1: 0, 2: exitFound, 10: exitFound} {
		var out, errOut bytes.Buffer
		a := &app{out: &out, err: &errOut, lang: "en", json: true, quiet: true}
		calls := 0
		err := a.tuneCheck(t.Context(), 10, func(_ context.Context, args []string) (t told, err error) {
			text := answers[args[1]]
			if args[1] == "heap" {
				if calls++; calls <= wrong {
					text = answers["compute"]
				}
			}
			return t, json.Unmarshal([]byte(text), &t)
		})
		code := 0
		if ended := new(status); errors.As(err, &ended) {
			code = ended.code
		}
		var got []tuneCheck
		if e := json.Unmarshal(out.Bytes(), &got); e != nil || code != want || len(got) != 3 || got[0].Right != 10 || got[1].Right != 10-wrong || len(got[1].Wrong) != wrong || got[2].Right != 10 {
			t.Errorf("%d wrong: %v, status %d, %s", wrong, e, code, out.String())
		}
	}
}

// The rows have the medians of the samples, by number, and what Go chose.
func TestTuneProcs(t *testing.T) {
	specs, err := procsSpecs()
	if err != nil || len(specs) != 5 {
		t.Fatalf("%v, %v", specs, err)
	}
	var samples []record.Sample
	for _, name := range []string{"automatic", "8", "1"} {
		for n := range 3 {
			put := func(what string, value float64) {
				samples = append(samples, record.Sample{Name: "quota=0.5/GOMAXPROCS=" + name + "/" + what, Value: value})
			}
			put("total", 1e9*float64(n+1))
			put("task-p99", 1e6*float64(n+1))
			put("throttled", 90)
			if name == "automatic" {
				put("chosen", 2)
			}
		}
	}
	rows := procsRows(samples)
	if len(rows) != 3 || rows[0].GOMAXPROCS != "1" || rows[2].GOMAXPROCS != "automatic" || rows[2].Chosen != 2 || rows[1] != (procsRow{"8", 0, 2, 0.002, 90, 3}) {
		t.Errorf("%+v", rows)
	}
	var out bytes.Buffer
	(&app{out: &out, lang: "en"}).showProcs(rows)
	if !strings.Contains(out.String(), "automatic: 2") || !strings.Contains(out.String(), "90 %") {
		t.Errorf("%s", out.String())
	}
}
