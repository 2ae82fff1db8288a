package check_test

import (
	"bytes"
	"encoding/binary"
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// integers is a small suite: one spec for each verdict that a spec can give itself.
var integers = check.Suite{Item: "integers", Specs: func() {
	check.Section("arithmetic", func() {
		It("the largest int64 plus one is the smallest", func() { // Go specification, Integer overflow
			largest := int64(1<<63 - 1)
			check.Observe("largest plus one", largest+1)
			Expect(largest + 1).To(Equal(int64(-1 << 63)))
		})
		It("a known defect is reported", check.Finding("integers/example/sum"), func() {
			check.Report(record.Finding{ID: "integers/example/sum", Subject: "example", Severity: record.Low, Evidence: "1 + 1 = 3"})
			Fail("1 + 1 = 3")
		})
	})
	check.Section("file", func() {
		It("numbers are read from a file", func() {
			if check.Files()["numbers"] == nil {
				check.Miss(record.Say("there is no file of numbers", "没有数字文件"), record.Say("write one", "请提供该文件"))
			}
		})
		It("big-endian machines read it, too", func() {
			if binary.NativeEndian.Uint16([]byte{0, 1}) != 1 {
				check.Skip(record.Say("this machine is little-endian", "本机为小端"))
			}
		})
	})
}}

// A suite is a list of specs, which can be listed without running them.
func ExampleList() {
	plan, err := check.List(integers, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, spec := range plan.Specs {
		fmt.Println(spec.ID, spec.Labels)
	}
	// Output:
	// arithmetic / the largest int64 plus one is the smallest []
	// arithmetic / a known defect is reported [finding=integers/example/sum]
	// file / numbers are read from a file []
	// file / big-endian machines read it, too []
}

// Exec runs a suite and writes events, of which this prints the observations, the findings and the verdicts.
func ExampleExec() {
	var events bytes.Buffer
	err := check.Exec(integers, check.Options{Seed: 1, Events: record.NewWriter(&events),
		Launch: record.Launch{Provenance: record.Native}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for reader := record.NewReader(&events); ; {
		e, _, err := reader.Next()
		if err != nil {
			return
		}
		switch e.Kind {
		case record.KindObservation:
			fmt.Printf("  observed %s: %s\n", e.Observation.Name, e.Observation.Value)
		case record.KindFinding:
			fmt.Printf("  finding %s: %s\n", e.Finding.ID, e.Finding.Evidence)
		case record.KindSpecEnd:
			fmt.Printf("%s: %s\n", e.Spec, e.End.Verdict)
		}
	}
	// Output:
	//   observed largest plus one: -9223372036854775808
	// arithmetic / the largest int64 plus one is the smallest: pass
	//   finding integers/example/sum: 1 + 1 = 3
	// arithmetic / a known defect is reported: fail
	// file / numbers are read from a file: miss
	// file / big-endian machines read it, too: skip
}
