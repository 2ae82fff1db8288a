package selftest

import (
	"os"
	"runtime"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// PlantVariable is the environment variable that lists the defects to plant, by the class that triage must give them, separated
// by commas: "library,platform=loong64,flaky". Without it all these specs are skipped.
const PlantVariable = "XCMATRIX_PLANT"

// plants returns defects that PlantVariable selects: some fail as each class of finding does, others crash a kernel.
func plants() []act {
	return append(kernelPlants(), []act{
		{does: "planted library: fails everywhere, unless not planted", right: record.Skip, body: func() {
			planted("library")
			Fail("planted everywhere")
		}},
		{does: "planted platform: fails on one GOARCH, unless not planted", right: record.Skip, body: func() {
			if planted("platform") == runtime.GOARCH {
				Fail("planted on " + runtime.GOARCH)
			}
		}},
		{does: "planted emulator: fails when emulated, unless not planted", right: record.Skip, body: func() {
			planted("emulator")
			if check.Emulated() {
				Fail("planted under the emulator")
			}
		}},
		{does: "planted environment: lacks something, unless not planted", right: record.Skip, body: func() {
			planted("environment")
			check.Miss(record.Say("planted: a licence is absent", "预设：缺少许可证"),
				record.Sayf("unset %s", "取消设置 %s", PlantVariable))
		}},
		{does: "planted pages: takes pages of 4096 bytes for granted, unless not planted", right: record.Skip, body: func() {
			planted("pages")
			Expect(os.Getpagesize()).To(Equal(4096))
		}},
		{does: "planted flaky: fails in even rounds, unless not planted", right: record.Skip, body: func() {
			planted("flaky")
			if check.Round()%2 == 0 {
				Fail("planted in this round")
			}
		}},
	}...)
}

// planted returns the value of a class in PlantVariable. If the class is not there, it skips the spec.
func planted(class string) string {
	for one := range strings.SplitSeq(os.Getenv(PlantVariable), ",") {
		if name, value, _ := strings.Cut(one, "="); name == class {
			return value
		}
	}
	check.Skip(record.Sayf("%s does not name %s", "%s 未指定 %s", PlantVariable, class))
	return ""
}
