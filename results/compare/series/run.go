package series

import (
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// run reads a run's directory.
func (r *reader) run(in Input) *part {
	run, err := store.Load(in.Path)
	if err != nil {
		if p, ok := err.(*record.Problem); ok {
			r.problems.list = append(r.problems.list, p)
		} else {
			r.problems.add("open", in.Path, 0, "the run cannot be read: %v", "无法读取运行：%v", err)
		}
		return nil
	}
	r.begin(in.Label)
	for _, cell := range run.Cells {
		r.sampled(Sampled{originOf(run, cell, r.label), cell.Item, samplesOf(cell)}, run.Dir)
	}
	if !r.end() {
		r.problems.add("empty", in.Path, 0, "no samples in this run: it measured nothing; `xcmatrix run --label bench` does", "该运行中没有样本：没有任何测量；请用 `xcmatrix run --label bench` 测量")
		return nil
	}
	return r.part
}

// OfRun returns the samples that a run measured natively on one target.
func OfRun(run *store.Run, target string) *Set {
	var list []Sampled
	for _, cell := range run.Cells {
		if o := originOf(run, cell, ""); cell.Target == target && o.Provenance == record.Native {
			list = append(list, Sampled{o, cell.Item, samplesOf(cell)})
		}
	}
	set, _ := Collect(list, Target)
	return set
}

// OfTargets returns the samples that a run measured natively, a column for each target.
func OfTargets(run *store.Run) *Set {
	var list []Sampled
	for _, cell := range run.Cells {
		if o := originOf(run, cell, ""); o.Provenance == record.Native {
			list = append(list, Sampled{o, cell.Item, samplesOf(cell)})
		}
	}
	set, _ := Collect(list, Target)
	return set
}

// Sampled is samples of one item and one origin.
type Sampled struct {
	Origin
	Item    string
	Samples []record.Sample
}

// Collect returns the set of samples that were just measured, and a problem for each value that cannot be compared.
func Collect(list []Sampled, by By) (*Set, []*record.Problem) {
	r := reader{problems: &problems{}}
	r.begin("")
	for _, s := range list {
		r.sampled(s, "")
	}
	r.end()
	return assemble([]*part{r.part}, by, 1), r.problems.all()
}

// sampled adds samples; place names their source in problems.
func (r *reader) sampled(s Sampled, place string) {
	if len(s.Samples) == 0 {
		return
	}
	r.endGroup()
	r.origin = len(r.part.origins)
	r.part.origins = append(r.part.origins, s.Origin)
	for _, sample := range s.Samples {
		result := benchResult(s.Item, sample)
		v := result.Values[0]
		if !r.acceptable(&result, 0, place, 0) {
			continue
		}
		r.part.better[v.Unit] = sample.Better
		r.addLine([]int32{r.benchmark(r.named(result.Name), r.unit(&v))}, 0, []float64{v.Value})
	}
}

// samplesOf returns the samples of a cell that count.
func samplesOf(cell *store.CellRun) []record.Sample {
	samples := make([]record.Sample, len(cell.Samples))
	for i, s := range cell.Samples {
		samples[i] = s.Sample
	}
	return samples
}

// originOf returns the origin of all samples of a cell.
func originOf(run *store.Run, cell *store.CellRun, label string) Origin {
	launch := cell.Launch()
	from := run.Origin(cell.Target).Run
	o := Origin{File: label, Run: from.Manifest.Run, Commit: from.Manifest.Commit, Target: cell.Target,
		BuildKey: cell.BuildKey, Payload: launch.Payload, Provenance: cell.Provenance(), Round: cell.Round}
	if t, ok := run.Target(cell.Target); ok {
		o.Chip, o.System, o.GOARCH = t.Chip, t.System, t.GOARCH
	}
	if why := cell.Unfit(); why != nil {
		o.Noise, o.NoiseZh = why.En, why.Zh
	}
	if m := cell.Machine; m != nil && cell.Provenance() == record.Native {
		// The detected machine counts, not the declared one.
		if m.Chip != "" {
			o.Chip = m.Chip
		}
		if m.System != "" {
			o.System = m.System
		}
	}
	return o
}
