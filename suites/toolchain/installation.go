package toolchain

import (
	"context"
	"os/exec"
	"sync"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/xcmatrix/xcmatrix/results/diagnosis"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// host returns this machine as `xcmatrix doctor` looks at it: without a checkout, which payloads do not have.
var host = sync.OnceValue(func() *diagnosis.Host { return diagnosis.Here("") })

// installation holds this machine's Go against the checks of doctor, except for those that only give hints.
func installation() {
	for _, c := range diagnosis.Checks() {
		if c.Hints {
			continue
		}
		It(c.Holds.En, func(ctx SpecContext) {
			f := c.Judge(check.Gather(evidenceOf(c), func() diagnosis.Evidence {
				check.NeedsKernel(record.Say("the Go that is installed is the host's", "所安装的 Go 属于宿主机"))
				if _, err := exec.LookPath("go"); err != nil && c.NeedsGo {
					check.Skip(record.Say("there is no go command on this machine, and none is needed", "本机没有 go 命令，也不需要"))
				}
				return c.Gather(context.WithoutCancel(ctx), host())
			}))
			if f != nil {
				Fail(f.Cause.En + ": " + f.Shown + ": " + f.Remedy.En)
			}
			Expect(f).To(BeNil())
		})
	}
}

// evidenceOf returns the name of the fact that a check judges.
func evidenceOf(c diagnosis.Check) string { return "evidence of " + c.ID }
