package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/xcmatrix/xcmatrix/matrix/gotest"
	"github.com/xcmatrix/xcmatrix/matrix/guest"
	"github.com/xcmatrix/xcmatrix/matrix/machine"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/regular"
	"github.com/xcmatrix/xcmatrix/suites"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

type execOptions struct {
	suite   string
	specs   []string
	request string
	events  int
	seed    uint64
	list    bool
}

func (a *app) execCommand() *cobra.Command {
	var o execOptions
	cmd := &cobra.Command{
		Use:   "exec",
		Short: a.say("be a payload: run one suite in this process, and write its events", "作为测试程序：在本进程内运行一个套件并输出事件"),
		Long: a.say(`Runs specs in this process and writes their events, one JSON object a line. On a target, run starts it; by hand it is
the quickest way to see one spec again.`,
			`在本进程内运行检查项并逐行输出 JSON 事件。在目标上由 run 启动；手工使用时，是单独复现一个检查项的最快办法。`),
		Example: `  xcmatrix exec --suite crypto
  xcmatrix exec --suite selftest --spec 'meets its expectation: pass' --seed 7
  xcmatrix exec --suite abi --list`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return a.exec(o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.suite, "suite", "", a.say("the item", "检测项目"))
	f.StringArrayVar(&o.specs, "spec", nil, a.say("id of a spec to run (default: all that do not measure)", "要运行的检查项编号（默认为全部非性能项）"))
	f.StringVar(&o.request, "request", "", a.say("a request as JSON, from a file or - for standard input", "JSON 请求文件，- 表示标准输入"))
	f.IntVar(&o.events, "events-fd", 1, a.say("descriptor to write events to", "写事件的文件描述符"))
	f.Uint64Var(&o.seed, "seed", 1, a.say("seed of everything random", "随机种子"))
	f.BoolVar(&o.list, "list", false, a.say("print the plan alone", "只输出计划"))
	return cmd
}

// exec runs a suite in this process. The coordinator calls it with --request, people with --suite.
func (a *app) exec(o execOptions) error {
	req, err := a.readRequest(o)
	if err != nil {
		return err
	}
	if req.Item == gotest.Item {
		return a.execTests(req, o)
	}
	suite, ok := suites.Find(req.Item)
	if !ok {
		return record.Wrongf("--suite", "there is no suite %q", "没有套件 %q", req.Item)
	}
	if o.list || len(o.specs) > 0 {
		plan, err := check.List(suite, nil)
		if err != nil {
			return err
		}
		if o.list {
			return a.printJSON(plan)
		}
		if err := checkSpecIDs(plan, o.specs); err != nil {
			return err
		}
	}
	if o.request == "" {
		if req.Files, err = suite.UserFiles(nil); err != nil {
			return err
		}
	}
	events, err := a.events(o)
	if err != nil {
		return err
	}
	m := machine.Detect()
	m.Provenance, m.Launcher = req.Launch.Provenance, &req.Launch.Launcher
	return check.Exec(suite, check.Options{Events: record.NewWriter(events), Selection: specSelection(req, o), Seed: req.Seed,
		Round: req.Round, Stretch: req.Stretch, Launch: req.Launch, Machine: m, Load: machine.Load,
		ReportDir: req.ReportDir, Files: req.Files})
}

// events is where a payload writes its events.
func (a *app) events(o execOptions) (io.Writer, error) {
	if o.events == 1 {
		return a.out, nil
	}
	syscall.CloseOnExec(o.events)
	events, err := guest.Events(o.events)
	if err != nil {
		return nil, record.Wrongf("--events-fd", "%v", "%v", err)
	}
	return events, nil
}

// checkSpecIDs returns a *record.Problem for the first id that is no spec of the plan.
func checkSpecIDs(plan record.Plan, ids []string) error {
	for _, id := range ids {
		if !slices.ContainsFunc(plan.Specs, func(p record.SpecPlan) bool { return p.ID == id }) {
			return record.Wrongf("--spec", "%[2]s has no spec %[1]q: `xcmatrix exec --suite %[2]s --list` shows them",
				"%[2]s 没有检查项 %[1]q：可用 `xcmatrix exec --suite %[2]s --list` 查看", id, plan.Item)
		}
	}
	return nil
}

// specSelection returns which specs run: those that the coordinator's request names, else those of --spec. If neither names any,
// these are all that neither measure nor are deep.
func specSelection(r record.Request, o execOptions) check.Selection {
	s := check.Selection{Match: func(p record.SpecPlan) bool { return !p.Measures() && !p.Deep() }}
	switch {
	case o.request != "":
		s.IDs, s.WithoutLabels = r.Specs, r.Without
	case len(o.specs) > 0:
		s.Match = func(p record.SpecPlan) bool { return slices.Contains(o.specs, p.ID) }
	}
	return s
}

func (a *app) readRequest(o execOptions) (record.Request, error) {
	r := record.Request{Item: o.suite, Specs: o.specs, Seed: o.seed, Round: 1, Stretch: 1,
		Launch: record.Launch{Provenance: record.Native, Launcher: record.Launcher{Name: "native"}}}
	switch o.request {
	case "":
	case "-":
		if err := json.NewDecoder(io.LimitReader(a.in, math.MaxInt32)).Decode(&r); err != nil {
			return r, record.Wrongf("--request", "not a request: %v", "不是有效的请求：%v", err)
		}
	default:
		text, err := regular.ReadNamed(o.request, math.MaxInt32)
		if err != nil {
			return r, err
		}
		if err = json.Unmarshal(text, &r); err == nil {
			err = record.Strict(text, r)
		}
		if err != nil {
			return r, record.Wrongf(o.request, "not a request: %v", "不是有效的请求：%v", err)
		}
	}
	if o.suite == "" && o.request == "" {
		return r, record.Wrongf("--suite", "name a suite: %s", "请指定套件：%s", fmt.Sprint(itemsThereAre()))
	}
	return r, nil
}

func itemsThereAre() []string {
	var items []string
	for _, s := range suites.All() {
		items = append(items, s.Item)
	}
	slices.Sort(items)
	return items
}
