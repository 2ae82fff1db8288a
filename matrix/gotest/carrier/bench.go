package carrier

import (
	"strconv"
	"strings"

	"github.com/xcmatrix/xcmatrix/matrix/gotest/stream"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// bench runs one benchmark in a process of its own, and makes samples of its figures.
func (p *pkg) bench(name string) {
	p.begun(name)
	count := 0
	line := func(text string) {
		for _, s := range samples(p.Path, text) {
			count++
			p.carrier.emit(record.Event{Kind: record.KindSample, Spec: p.spec(name), Sample: &s})
		}
	}
	args := []string{"-test.v=test2json", "-test.run=^$", "-test.bench=^" + name + "$", "-test.paniconexit0", "-test.timeout=0"}
	if p.carrier.Request.Launch.Provenance != record.Native { // its speed says nothing: it only shows that it works
		args = append(args, "-test.benchtime=100ms")
	}
	x := p.start([]string{name}, line, append(args, p.carrier.Image.Args...)...)
	p.give(name, p.measured(x, name, count))
}

// measured returns the verdict on a benchmark.
func (p *pkg) measured(x *process, name string, count int) record.SpecEnd {
	t := x.parser.Tests[name]
	switch {
	case x.err != nil:
		return x.unstartable()
	case !t.Started():
		return p.silence(x)
	case x.abnormal():
		return p.crash(x, name)
	case t.Outcome == stream.Fail || x.parser.Final == stream.Fail:
		why := record.Sentence{En: reason(t.Output.String())}
		return record.SpecEnd{Verdict: record.Fail, Seconds: x.took.Seconds(), Detail: &why, Stack: t.Output.String()}
	case t.Outcome == stream.Skip || count == 0:
		why := record.Sentence{En: reason(t.Output.String())}
		return record.SpecEnd{Verdict: record.Skip, Seconds: x.took.Seconds(), Detail: &why}
	}
	return record.SpecEnd{Verdict: record.Pass, Seconds: x.took.Seconds()}
}

// samples reads "BenchmarkName/sub-8  100  12.5 ns/op  3 B/op", in the Go benchmark format.
func samples(path, line string) []record.Sample {
	fields := strings.Fields(line)
	if len(fields) < 4 || len(fields)%2 != 0 {
		return nil
	}
	n, err := strconv.Atoi(fields[1])
	if err != nil {
		return nil
	}
	var all []record.Sample
	for i := 2; i < len(fields); i += 2 {
		value, err := strconv.ParseFloat(fields[i], 64)
		if err != nil {
			return nil
		}
		better := record.Lower
		if unit := fields[i+1]; strings.HasSuffix(unit, "/s") {
			better = record.Higher
		}
		name := strings.TrimPrefix(fields[0], "Benchmark")
		all = append(all, record.Sample{Name: path + "/" + withoutProcessors(name), Value: value, Unit: fields[i+1], Better: better, N: n})
	}
	return all
}

// withoutProcessors returns a benchmark's name without the number of processors at its end.
func withoutProcessors(name string) string {
	dash := strings.LastIndexByte(name, '-')
	if dash < 0 {
		return name
	}
	if _, err := strconv.Atoi(name[dash+1:]); err != nil {
		return name
	}
	return name[:dash]
}
