package report

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/xcmatrix/xcmatrix/results/internal/browser"
	"github.com/xcmatrix/xcmatrix/results/internal/trial"
	"github.com/xcmatrix/xcmatrix/results/joint"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
	"github.com/xcmatrix/xcmatrix/results/triage"
)

const odd = "<script>alert(1)</script>\u202e=1+1"

// joined are runs of three machines; the last plans more, and one is emulated.
func joined(t *testing.T) *store.Run {
	t.Helper()
	var runs []joint.Named
	for i, m := range []struct {
		goarch, chip string
		specs        int
	}{{"arm64", "kunpeng-920", 12}, {"loong64", "3a6000", 12}, {"amd64", "hygon-c86-3g", 13}} {
		targets := []trial.Target{{Provenance: record.Native, Target: store.Target{ID: "native", GOOS: "linux", GOARCH: m.goarch, Chip: m.chip, Launcher: "native", BuildKey: "k"}}}
		if i == 2 {
			targets = append(targets, trial.Base[1])
		}
		dir := trial.Dir(t, trial.Shape{Run: fmt.Sprintf("20261121-08000%d-test", i), Targets: targets, Items: []string{"crypto", "database", "gc"}, Specs: m.specs, Rounds: 6, Odd: odd})
		runs = append(runs, joint.Named{Run: trial.Load(t, dir)})
	}
	return joint.Join(runs, func(string) bool { return true })
}

func made(t *testing.T) Report {
	t.Helper()
	run := joined(t)
	r, err := Make(run, triage.Apply(run, nil, time.Now()), Options{Damaged: []*record.Problem{record.Wrongf("x.xcr", "damaged", "已损坏")}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestReport(t *testing.T) {
	r := made(t)
	if len(r.Open) == 0 || r.Speed.Reference != "kunpeng-920" || len(r.Speed.Others) != 2 || len(r.Speed.Rows) == 0 || len(r.Machines) != 4 {
		t.Errorf("%d new, %+v, %d machines", len(r.Open), r.Speed, len(r.Machines))
	}
	if len(r.Figures) != 9 || !strings.HasSuffix(r.Figures[0].Chart.Title.En, "@ kunpeng-920: memory and CPU time by setting") {
		t.Errorf("%d plots, want three of each real machine", len(r.Figures))
	}
	for _, want := range []string{"miss database", "not planned crypto", "not planned database"} {
		found := false
		for _, u := range r.Unseen {
			found = found || u.What.En+" "+u.Item == want && u.Count > 0 && len(u.Targets) > 0
		}
		if !found {
			t.Errorf("%s: %+v", want, r.Unseen)
		}
	}
	if _, err := Make(joined(t), triage.Result{}, Options{Reference: "nobody"}); err == nil || !strings.Contains(err.Error(), `there is no target "nobody" here`) {
		t.Errorf("%v", err)
	}
}

func TestPage(t *testing.T) {
	r := made(t)
	for _, lang := range []string{"en", "zh"} {
		var b bytes.Buffer
		if err := r.HTML(&b, lang); err != nil {
			t.Fatal(err)
		}
		page := b.String()
		for _, want := range []string{"kunpeng-920", "3a6000", "whose fault", "差异及其归属", "未检查的内容及原因", "x.xcr: damaged", "平台", "× (", "not planned", "not look"} {
			if !strings.Contains(page, want) {
				t.Errorf("%s: %q is missing", lang, want)
			}
		}
		for _, bad := range []string{"<script", "\u202e", "http-equiv=\"refresh\"", "src=\"http", "href=\"http", "NaN", "ZgotmplZ"} {
			if strings.Contains(page, bad) {
				t.Errorf("%s: there is %q", lang, bad)
			}
		}
	}
}

func TestWorkbook(t *testing.T) {
	r := made(t)
	for lang, names := range map[string]string{"en": "verdicts findings speed machines not looked at", "zh": "结论 问题清单 性能 机器 未检查"} {
		var b bytes.Buffer
		if err := r.Workbook(&b, lang); err != nil {
			t.Fatal(err)
		}
		f, err := excelize.OpenReader(&b)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		sheets := f.GetSheetList()
		if strings.Join(sheets, " ") != names {
			t.Errorf("%v", sheets)
		}
		for i, least := range []int{9, 2, 4, 5, 4} {
			rows, err := f.GetRows(sheets[i])
			if err != nil || len(rows) < least {
				t.Errorf("%s: %d rows: %v", sheets[i], len(rows), err)
			}
		}
	}
}

// One run on one machine has a report too, and so has one of which nothing ran.
func TestSmallReports(t *testing.T) {
	for name, run := range map[string]*store.Run{"one": trial.Load(t, trial.Dir(t, trial.Shape{Targets: trial.Base[:1], Items: []string{"abi"}, Specs: 2})),
		"empty": {Manifest: store.Manifest{Run: "r", Targets: []store.Target{{ID: "native"}}}}} {
		r, err := Make(run, triage.Apply(run, nil, time.Now()), Options{})
		if err != nil {
			t.Fatal(name, err)
		}
		var b bytes.Buffer
		if err := r.HTML(&b, "en"); err != nil || !strings.Contains(b.String(), "</html>") {
			t.Error(name, err)
		}
		if err := r.Workbook(&b, "en"); err != nil {
			t.Error(name, err)
		}
	}
}

// In a browser the page runs over no edge, from phone to wide screen.
func TestPageInBrowser(t *testing.T) {
	program := browser.Find(t)
	var b bytes.Buffer
	if err := made(t).HTML(&b, "zh"); err != nil {
		t.Fatal(err)
	}
	for _, width := range []int{360, 1280, 1920} {
		browser.Fits(t, program, b.String(), width)
	}
}
