package run

import (
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/matrix/launch"
	"github.com/xcmatrix/xcmatrix/results/pattern"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// instructionFeatures matches the CPU features that stand for instructions which a program may use: those that matter
// for a SIGILL.
var instructionFeatures = pattern.Of(`^(sse|ssse|sse4a|avx|fma|f16c|bmi|adx|movbe|popcnt|aes|vaes|pclmul|vpclmul|gfni|sha|sm[34]|` +
	`asimd|atomics|crc32|pmull|sve|sme|i8mm|bf16|lsx|lasx|lam|ual|lbt|fpu$)`)

// exitReason returns a sentence that says how the process ended. For an illegal instruction the sentence names the build key
// and the CPU's features too.
func (p *process) exitReason(exit launch.Exit) record.Sentence {
	reason := exit.Reason()
	if exit.Signal != "SIGILL" || exit.Killed != nil {
		return reason
	}
	features := slices.DeleteFunc(slices.Clone(p.cpuFeatures), func(f string) bool { return !instructionFeatures().MatchString(f) })
	if len(features) == 0 {
		return record.Sayf("%s: code %s", "%s：代码 %s", reason, p.target.Key)
	}
	return record.Sayf("%s: code %s on a CPU with %s", "%s：代码 %s，处理器具有 %s", reason, p.target.Key, strings.Join(features, " "))
}
