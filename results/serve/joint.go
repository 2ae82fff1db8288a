package serve

import (
	"net/http"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/joint"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/report"
)

// maxJoint is the largest number of runs of a joint page.
const maxJoint = 64

// joint shows the runs of the address as one, with the content of the report's page.
func (s Site) joint(w http.ResponseWriter, r *http.Request) {
	lang := s.language(r)
	names := r.URL.Query()["run"]
	if len(names) == 0 || len(names) > maxJoint {
		s.problem(w, record.Wrongf("", "choose some runs on the first page, %d at most", "请在首页选择运行，最多 %d 个", maxJoint), lang)
		return
	}
	var inputs []joint.Input
	for _, name := range names {
		path, ok := s.find(name)
		if !ok {
			http.NotFound(w, r)
			return
		}
		if !strings.ContainsRune(path, '/') {
			path = "./" + path
		}
		inputs = append(inputs, joint.Input{Ref: path})
	}
	runs, problems, err := joint.Load(s.Runs, inputs)
	if err == nil && len(runs) == 0 {
		err = problems[0]
	}
	if err != nil {
		s.problem(w, err, lang)
		return
	}
	isChip := s.Chip
	if isChip == nil {
		isChip = func(string) bool { return false }
	}
	run := joint.Join(runs, isChip)
	found, err := s.Judge(run)
	if err != nil {
		s.problem(w, err, lang)
		return
	}
	made, err := report.Make(run, found, report.Options{Names: s.Names, Reference: r.URL.Query().Get("reference"), Damaged: problems})
	if err != nil {
		s.problem(w, err, lang)
		return
	}
	s.page(w, "joint", struct {
		report.Report
		Lang string
	}{made, lang})
}
