package sched

import (
	"context"
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/rerun"
)

// tableProcs are the values of GOMAXPROCS that the table tries with half a processor; "" is the one that Go chooses.
var tableProcs = []string{"1", "2", "4", "8", ""}

// rowName is the spec of a row of the table. `xcmatrix tune procs` runs these.
func rowName(procs string) string {
	if procs == "" {
		return "of half a processor with the GOMAXPROCS that Go chooses"
	}
	return "of half a processor with GOMAXPROCS=" + procs
}

// quotaTable registers fixed work under half a processor with some values of GOMAXPROCS.
func quotaTable() {
	for _, procs := range tableProcs {
		It(rowName(procs), check.Bench(), check.Deep(), func(ctx SpecContext) {
			judgeRow(check.Gather("work under half a processor: "+rowName(procs), func() quotaRow { return tableRow(ctx, procs) }))
		})
	}
	It("of half a processor costs with GOMAXPROCS=8 no less than with 1", check.Deep(), check.Within(2*check.DefaultDeadline), func(ctx SpecContext) {
		seconds := check.Gather("seconds of work under half a processor with GOMAXPROCS of 1 and 8", func() []float64 {
			return []float64{tableRow(ctx, "1").Seconds, tableRow(ctx, "8").Seconds}
		})
		check.ObserveDiffers("seconds of work with GOMAXPROCS of 1 and 8", seconds, record.Say("machines differ in speed", "各机器速度不同"))
		Expect(seconds[1]).To(BeNumerically(">=", 0.8*seconds[0]))
	})
	It("of half a processor costs with GOMAXPROCS=8 not nearly eight times as much as with 1", check.Deep(), check.Within(2*check.DefaultDeadline), func(ctx SpecContext) {
		check.Eventually(func() float64 { // what else runs may delay either
			seconds := check.Gather("seconds with GOMAXPROCS of 1 and of 8", func() []float64 {
				notTurns()
				return []float64{tableRow(ctx, "1").Seconds, tableRow(ctx, "8").Seconds}
			})
			return seconds[1] / seconds[0]
		}).Should(BeNumerically("<", 4))
	})
}

// quotaRow is a row of the table of quota and GOMAXPROCS: fixed work under half a processor.
type quotaRow struct {
	Seconds, P99, Used float64
	Throttled, Periods float64
	Procs, Wanted      int // GOMAXPROCS, and what it is to be; 0 for at most two, as Go chooses
}

// judgeRow checks that the quota holds, that the kernel has counted it, and that GOMAXPROCS was in force. How long the work takes is
// not judged.
func judgeRow(r quotaRow) {
	GinkgoHelper()
	Expect(r.Used).To(And(BeNumerically(">", 0), BeNumerically("<", 0.75)))
	Expect(r.Throttled).To(And(BeNumerically(">", 0), BeNumerically("<=", r.Periods)))
	if r.Wanted > 0 {
		Expect(r.Procs).To(Equal(r.Wanted))
	} else {
		Expect(r.Procs).To(And(BeNumerically(">", 0), BeNumerically("<=", 2)))
	}
}

// needsQuota skips the spec if a process has used clearly less than its quota of half a processor: then other work has kept it from
// that, and the quota was never used up.
func needsQuota(used float64) {
	GinkgoHelper()
	if used < 0.4 {
		check.Skip(record.Say("other work leaves this process less than half a processor: nothing can be said of a quota of that",
			"其他负载使本进程得不到半个处理器：无法判断该配额"))
	}
}

// tableRow does the fixed work with a GOMAXPROCS and records it.
func tableRow(ctx context.Context, procs string) quotaRow {
	GinkgoHelper()
	g := rerun.NewGroup("cpu")
	g.SetQuota(0.5)
	var env []string
	row, name := quotaRow{}, "automatic"
	if procs != "" {
		env, name = []string{"GOMAXPROCS=" + procs}, procs
		_, err := fmt.Sscan(procs, &row.Wanted)
		check.NoError(err)
	}
	r := inProcess(ctx, "fixed work", rerun.Options{Group: g, Env: env})
	row.Seconds, row.P99, row.Used, row.Procs = r.Number("seconds"), r.Number("p99 seconds"), r.Number("processors used"), int(r.Number("GOMAXPROCS"))
	row.Throttled, row.Periods = g.Throttled()
	var complete bool
	if r.Value("complete", &complete); !complete {
		row.Used = 0
	}
	needsQuota(row.Used)
	sample := func(what string, value float64, unit string) {
		check.Sample(record.Sample{Name: "quota=0.5/GOMAXPROCS=" + name + "/" + what, Value: value, Unit: unit, Better: record.Lower, N: 1})
	}
	sample("total", row.Seconds*float64(time.Second), "ns")
	sample("task-p99", row.P99*float64(time.Second), "ns")
	if row.Periods > 0 {
		sample("throttled", 100*row.Throttled/row.Periods, "%")
	}
	if procs == "" {
		sample("chosen", float64(row.Procs), "processors")
	}
	return row
}
