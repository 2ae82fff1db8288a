package selftest

import (
	"errors"
	"math"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// verdicts have one spec for each verdict, and use all functions that record something.
func verdicts() []act {
	return []act{
		{does: "meets its expectation", right: record.Pass, body: func() { Expect(1 + 1).To(Equal(2)) }},
		{does: "fails its expectation", right: record.Fail, body: func() { Expect(1 + 1).To(Equal(3)) }},
		{does: "does not apply", right: record.Skip, body: func() {
			check.Skip(record.Say("planted: it applies nowhere", "预设：任何环境都不适用"))
		}},
		{does: "lacks something", right: record.Miss, body: func() {
			check.Miss(record.Say("planted: a device is absent", "预设：缺少一个设备"),
				record.Say("there is none to attach: the spec only shows how a miss looks", "无需连接：本项只用于演示缺少条件的样子"))
		}},
		{does: "finds its environment broken", right: record.Error, body: func() {
			check.Error(record.Say("planted: the environment broke", "预设：环境损坏"))
		}},
		{does: "panics", right: record.Fail, body: func() { panic("planted") }},
		{does: "reports a finding and fails", right: record.Fail, body: func() {
			check.Report(record.Finding{ID: "selftest/planted/arithmetic", Subject: "selftest", Severity: record.Low,
				Evidence: "1+1 was expected to be 3"})
			Expect(1 + 1).To(Equal(3))
		}},
		{does: "observes a value", right: record.Pass, body: func() { check.Observe("planted", 42) }},
		{does: "samples a value", right: record.Pass, body: func() {
			check.Sample(record.Sample{Name: "planted", Value: 42, Unit: "B", Better: record.Lower, N: 1})
		}},
		{does: "samples what is no number", right: record.Error, body: func() {
			check.Sample(record.Sample{Name: "planted", Value: math.NaN(), Unit: "B", Better: record.Lower})
		}},
		{does: "measures a loop", right: record.Pass, with: []any{check.Bench()}, body: func() {
			check.Benchmark("planted/loop", func(b *testing.B) {
				for b.Loop() {
				}
			})
		}},
		{does: "measures what fails", right: record.Error, with: []any{check.Bench()}, body: func() {
			check.Benchmark("planted/failure", func(b *testing.B) { check.Fatal(b, errors.New("planted: the operation failed")) })
		}},
	}
}
