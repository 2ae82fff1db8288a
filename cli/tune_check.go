package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/tuning"
)

// prepared are workloads with known answers.
var prepared = []struct {
	args  []string
	want  record.Sentence
	right func(told) bool
}{
	{[]string{"--workload", "request"}, record.Say("GOGC=400 wins", "GOGC=400 最佳"),
		func(t told) bool {
			return t.Verdict == tuning.Gain && t.Recommended.GOGC == "400" && t.Recommended.Limit == "off"
		}},
	{[]string{"--workload", "heap", "--memory", "256MiB"}, record.Say("GOMEMLIMIT decides", "由 GOMEMLIMIT 决定"),
		func(t told) bool { return t.Verdict == tuning.Gain && t.Recommended.Limit != "off" }},
	{[]string{"--workload", "compute"}, record.Say("nothing wins", "无收益"),
		func(t told) bool {
			return t.Verdict == tuning.NoGain && t.Recommended.GOGC == "100" && t.Recommended.Limit == "off"
		}},
}

// told is what `tune gc --json` says.
type told struct {
	Recommended toldSetting
	Verdict     tuning.Verdict
	Gain        tuning.Ratio
	took        time.Duration
}

// toldSetting is a setting as text: "400", "off", "226492416".
type toldSetting struct{ GOGC, Limit string }

// UnmarshalJSON implements json.Unmarshaler.
func (s *toldSetting) UnmarshalJSON(text []byte) error {
	var raw struct {
		GOGC  any `json:"gogc"`
		Limit any `json:"gomemlimit"`
	}
	if err := json.Unmarshal(text, &raw); err != nil {
		return err
	}
	word := func(v any) string {
		if n, is := v.(float64); is {
			return fmt.Sprintf("%.0f", n)
		}
		return fmt.Sprint(v)
	}
	s.GOGC, s.Limit = word(raw.GOGC), word(raw.Limit)
	return nil
}

// tuneCheck is how often `tune gc` answered right for a prepared workload.
type tuneCheck struct {
	Args    []string      `json:"args"`
	Right   int           `json:"right"`
	Runs    int           `json:"runs"`
	Longest time.Duration `json:"longest_ns"`
	Wrong   []string      `json:"wrong,omitempty"` // what it answered instead
	want    record.Sentence
}

func (a *app) tuneCheckCommand() *cobra.Command {
	times := 10
	cmd := &cobra.Command{
		Use:   "check",
		Short: a.say("count how often `tune gc` answers right where the answer is known", "统计 `tune gc` 在答案已知时的正确次数"),
		Long: a.say(`Runs "tune gc" in new processes on three workloads with known answers, by turns, and counts the right ones. Exit status 1 if
fewer than nine in ten are right. It takes about a minute for each of them, on a machine without other work.`,
			`在三种答案已知的负载上轮流以新进程运行 "tune gc"，统计正确次数。正确率低于九成时退出状态为 1。机器空闲时每次约需一分钟。`),
		Example: "  xcmatrix tune check\n  xcmatrix tune check --times 2",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if times < 1 || times > 1000 {
				return record.Wrongf("--times", "must be 1 to 1000", "必须为 1 至 1000")
			}
			return a.tuneCheck(cmd.Context(), times, tuneAgain)
		},
	}
	cmd.Flags().IntVar(&times, "times", times, a.say("how often for each workload", "每种负载的次数"))
	return cmd
}

// tuneAgain runs `tune gc` in a process of its own.
func tuneAgain(ctx context.Context, args []string) (t told, err error) {
	self, err := os.Executable()
	if err != nil {
		return t, err
	}
	began := time.Now()
	cmd := exec.CommandContext(ctx, self, append([]string{"tune", "gc", "--json", "--quiet"}, args...)...)
	cmd.Stderr = os.Stderr
	cmd.Cancel, cmd.WaitDelay = func() error { return cmd.Process.Signal(os.Interrupt) }, 20*time.Second
	out, err := cmd.Output()
	if ended, is := errors.AsType[*exec.ExitError](err); is && ctx.Err() == nil {
		return t, &status{code: max(ended.ExitCode(), exitFound)} // it has said why
	}
	if err != nil {
		return t, err
	}
	t.took = time.Since(began)
	return t, json.Unmarshal(out, &t)
}

func (a *app) tuneCheck(ctx context.Context, times int, run func(context.Context, []string) (told, error)) error {
	checks := make([]tuneCheck, len(prepared))
	for n := range times {
		for i, p := range prepared {
			c := &checks[i]
			c.Args, c.want = p.args, p.want
			t, err := run(ctx, p.args)
			if err != nil {
				return err
			}
			c.Runs++
			c.Longest = max(c.Longest, t.took)
			answer := fmt.Sprintf("%s: GOGC=%s GOMEMLIMIT=%s %.2f (%.2f–%.2f)", t.Verdict, t.Recommended.GOGC, t.Recommended.Limit, t.Gain.Ratio, t.Gain.Low, t.Gain.High)
			if p.right(t) {
				c.Right++
			} else {
				c.Wrong = append(c.Wrong, answer)
			}
			if !a.quiet {
				printf(a.err, "[%d/%d] %s: %s, %v\n", n*len(prepared)+i+1, times*len(prepared), strings.Join(p.args, " "), answer, t.took.Round(time.Second))
			}
		}
	}
	return a.showTuneChecks(checks)
}

// showTuneChecks prints the counts. It returns an error with the exit status of findings if too few are right.
func (a *app) showTuneChecks(checks []tuneCheck) error {
	wrong := false
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.AppendHeader(table.Row{a.say("workload", "负载"), a.say("known answer", "已知答案"), a.say("right", "正确"), a.say("longest", "最长耗时"), a.say("answered instead", "错误回答")})
	for _, c := range checks {
		wrong = wrong || 10*c.Right < 9*c.Runs
		t.AppendRow(row(strings.Join(c.Args, " "), c.want.In(a.lang), fmt.Sprintf("%d/%d", c.Right, c.Runs), c.Longest.Round(time.Second).String(), strings.Join(c.Wrong, "; ")))
	}
	if a.json {
		if err := a.printJSON(checks); err != nil {
			return err
		}
	} else {
		printf(a.out, "%s\n", a.fitted(t))
	}
	if wrong {
		return &status{code: exitFound}
	}
	return nil
}
