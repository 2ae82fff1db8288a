package carrier

import (
	"github.com/xcmatrix/xcmatrix/matrix/gotest/stream"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// remedied runs the tests of a package that builds with newer dependencies alone, and gives the verdict on its build, with how
// many of them pass: nothing is said of the tests themselves.
func (p *pkg) remedied() {
	var names []string
	for _, f := range p.Funcs {
		if !f.Bench {
			names = append(names, f.Name)
		}
	}
	spec := p.spec("build")
	p.carrier.emit(record.Event{Kind: record.KindSpecStart, Spec: spec, Start: &record.SpecStart{Deadline: p.deadline("").Seconds()}})
	x := p.start(names, nil, p.flags(names)...)
	pass, skip := 0, 0
	for _, name := range names {
		switch x.parser.Tests[name].Outcome {
		case stream.Pass:
			pass++
		case stream.Skip:
			skip++
		}
	}
	end := p.Remedy.Build
	said := record.Sayf("builds and %d of %d pass with %s", "使用 %[3]s 可以构建，%[2]d 个测试中通过 %[1]d 个", pass, len(names)-skip, p.Remedy.With)
	end.Remedy = &said
	finding := p.Remedy.Finding
	finding.Evidence += "; " + said.En
	p.carrier.emit(record.Event{Kind: record.KindFinding, Spec: spec, Finding: &finding})
	p.carrier.end(spec, end)
}
