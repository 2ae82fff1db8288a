package check

import (
	"encoding/json"
	"runtime/debug"

	"github.com/onsi/ginkgo/v2"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// Skip ends the spec with the verdict skip: it does not apply here, for the reason.
func Skip(reason record.Sentence) {
	ginkgo.GinkgoHelper()
	run.report(record.SpecEnd{Verdict: record.Skip, Detail: &reason})
	ginkgo.Skip(reason.En)
}

// Miss ends the spec with the verdict miss: something that it needs is absent. The remedy says how to get it.
func Miss(reason, remedy record.Sentence) {
	ginkgo.GinkgoHelper()
	run.report(record.SpecEnd{Verdict: record.Miss, Detail: &reason, Remedy: &remedy})
	ginkgo.Skip(reason.En)
}

// Error ends the spec with the verdict error: the harness or its environment broke, which says nothing about the subject.
func Error(reason record.Sentence) {
	ginkgo.GinkgoHelper()
	run.report(record.SpecEnd{Verdict: record.Error, Detail: &reason})
	ginkgo.Fail(reason.En)
}

// Finish gives the spec a verdict. It must be the last call of a spec, since it returns if nobody reads Ginkgo's own report.
// It is faster than Skip and Fail of Ginkgo, which take two stack traces each: milliseconds under an emulator, in a suite
// that may have hundreds of known findings.
func Finish(end record.SpecEnd) {
	ginkgo.GinkgoHelper()
	end.Detail = &record.Sentence{En: bounded(end.Detail.En), Zh: bounded(end.Detail.Zh)}
	run.report(end)
	switch {
	case run.noReport:
	case end.Verdict == record.Skip:
		ginkgo.Skip(end.Detail.En)
	default:
		ginkgo.Fail(end.Detail.En)
	}
}

// Observe records a raw value that must be equal on all targets and in all runs: it cannot come of the plan's seed, and a
// spec that has asked for that observes no such value. value must encode as JSON.
func Observe(name string, value any) { observe(name, value, nil) }

// ObserveDiffers records a raw value that may differ between targets, for the reason why.
func ObserveDiffers(name string, value any, why record.Sentence) { observe(name, value, &why) }

func observe(name string, value any, why *record.Sentence) {
	raw, err := json.Marshal(value)
	if err != nil {
		Error(record.Sayf("observation %s does not encode: %v", "观测值 %s 无法编码：%v", name, err))
	}
	if drew := run.observed(); drew && why == nil {
		Error(record.Sayf("observation %s must be equal in all runs, and the spec draws from this run's seed: draw from a fixed one, or say why it differs",
			"观测值 %s 须在各次运行中一致，而检查项使用了本次运行的随机种子：请使用固定种子，或说明为何可以不同", name))
	}
	emit(name, record.Event{Kind: record.KindObservation,
		Observation: &record.Observation{Name: name, Value: raw, Differs: why}})
}

// Sample records one measured value.
func Sample(s record.Sample) { emit(s.Name, record.Event{Kind: record.KindSample, Sample: &s}) }

// Report records a finding. It does not end the spec: the caller fails it with the expected and the actual value.
func Report(f record.Finding) { emit(f.ID, record.Event{Kind: record.KindFinding, Finding: &f}) }

// emit records an event of the spec. If it cannot be recorded, such as a sample that is not a number, the spec ends as an error.
func emit(name string, e record.Event) {
	ginkgo.GinkgoHelper()
	if err := run.emit(e); err != nil {
		Error(record.Sayf("%s %s cannot be recorded: %v", "无法记录 %s %s：%v", e.Kind, name, err))
	}
}

// ModuleVersion returns the version of a module that is linked into this program; "" if the program has no such module, or no
// build information.
func ModuleVersion(module string) string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, d := range info.Deps {
		if d.Path == module {
			return d.Version
		}
	}
	return ""
}
