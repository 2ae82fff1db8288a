package check

import (
	"encoding/json"

	"github.com/onsi/ginkgo/v2"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// Skip ends the spec: it does not apply here, and why.
func Skip(reason record.Sentence) {
	ginkgo.GinkgoHelper()
	run.say(record.SpecEnd{Verdict: record.Skip, Detail: &reason})
	ginkgo.Skip(reason.En)
}

// Miss ends the spec: something that it needs is absent, and how to provide it.
func Miss(reason, remedy record.Sentence) {
	ginkgo.GinkgoHelper()
	run.say(record.SpecEnd{Verdict: record.Miss, Detail: &reason, Remedy: &remedy})
	ginkgo.Skip(reason.En)
}

// Broken ends the spec: the harness or its environment broke, which says nothing about the subject.
func Broken(reason record.Sentence) {
	ginkgo.GinkgoHelper()
	run.say(record.SpecEnd{Verdict: record.Error, Detail: &reason})
	ginkgo.Fail(reason.En)
}

// Ends is for a spec whose last act it is to skip or to fail: it says so, and returns where nobody reads a report of
// Ginkgo's own. Ginkgo takes two stack traces of every Skip and Fail, which is milliseconds where the machine is emulated,
// and a suite may have hundreds of known findings.
func Ends(end record.SpecEnd) {
	ginkgo.GinkgoHelper()
	end.Detail = &record.Sentence{En: bounded(end.Detail.En), Zh: bounded(end.Detail.Zh)}
	run.say(end)
	switch {
	case run.unread:
	case end.Verdict == record.Skip:
		ginkgo.Skip(end.Detail.En)
	default:
		ginkgo.Fail(end.Detail.En)
	}
}

// Observe records a raw value that must be equal on all targets and in all runs: it cannot come of the plan's seed, and a
// spec that has asked for that observes no such value. value must encode as JSON.
func Observe(name string, value any) { observe(name, value, nil) }

// ObserveDiffers records a raw value that may differ between targets, and says why it may.
func ObserveDiffers(name string, value any, why record.Sentence) { observe(name, value, &why) }

func observe(name string, value any, why *record.Sentence) {
	raw, err := json.Marshal(value)
	if err != nil {
		Broken(record.Sayf("observation %s does not encode: %v", "观测值 %s 无法编码：%v", name, err))
	}
	if drew := run.observed(); drew && why == nil {
		Broken(record.Sayf("observation %s must be equal in all runs, and the spec draws from this run's seed: draw from a fixed one, or say why it differs",
			"观测值 %s 须在各次运行中一致，而检查项使用了本次运行的随机种子：请使用固定种子，或说明为何可以不同", name))
	}
	tell(name, record.Event{Kind: record.KindObservation,
		Observation: &record.Observation{Name: name, Value: raw, Differs: why}})
}

// Sample records one measured value.
func Sample(s record.Sample) { tell(s.Name, record.Event{Kind: record.KindSample, Sample: &s}) }

// Report records a finding. It does not end the spec: the caller fails it with what was expected and what came.
func Report(f record.Finding) { tell(f.ID, record.Event{Kind: record.KindFinding, Finding: &f}) }

// tell records what the spec says. What cannot be recorded, such as a sample that is no number, is not lost in silence:
// the spec ends.
func tell(name string, e record.Event) {
	ginkgo.GinkgoHelper()
	if err := run.emit(e); err != nil {
		Broken(record.Sayf("%s %s cannot be recorded: %v", "无法记录 %s %s：%v", e.Kind, name, err))
	}
}
