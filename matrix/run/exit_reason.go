package run

import (
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/matrix/launch"
	"github.com/xcmatrix/xcmatrix/results/executable"
	"github.com/xcmatrix/xcmatrix/results/executable/code"
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
	if told := predicted(p.target.payload.Path, p.cpuFeatures); told.En != "" {
		return record.Sayf("%[1]s: %[4]s (foreseen by elf, code %[3]s)", "%[2]s：%[5]s（elf 已预见，代码 %[3]s）", reason.En, reason.In("zh"), p.target.Key, told.En, told.In("zh"))
	}
	if len(features) == 0 {
		return record.Sayf("%s: code %s", "%s：代码 %s", reason, p.target.Key)
	}
	return record.Sayf("%s: code %s on a CPU with %s", "%s：代码 %s，处理器具有 %s", reason, p.target.Key, strings.Join(features, " "))
}

// predicted returns what the rules for programs say of a payload's instructions that a CPU with these features lacks; an empty sentence if
// they say nothing, or if the features are not known.
func predicted(path string, features []string) record.Sentence {
	if path == "" || len(features) == 0 {
		return record.Sentence{}
	}
	f, err := executable.Open(path)
	if err != nil {
		return record.Sentence{}
	}
	f.Vectors.Uses = slices.DeleteFunc(f.Vectors.Uses, func(u code.Use) bool { return slices.Contains(features, u.Feature) })
	for _, r := range executable.Rules() {
		if r.Topic != "code" {
			continue
		}
		if all := r.Find(f); len(all) > 0 {
			return all[len(all)-1] // of LASX and LSX the latter: what lacks it lacks both
		}
	}
	return record.Sentence{}
}
