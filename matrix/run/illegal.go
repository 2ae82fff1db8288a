package run

import (
	"regexp"
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/matrix/launch"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// instructions are the CPU features that stand for instructions which code may choose: those that a SIGILL is about.
var instructions = regexp.MustCompile(`^(sse|ssse|sse4a|avx|fma|f16c|bmi|adx|movbe|popcnt|aes|vaes|pclmul|vpclmul|gfni|sha|sm[34]|` +
	`asimd|atomics|crc32|pmull|sve|sme|i8mm|bf16|lsx|lasx|lam|ual|lbt|fpu$)`)

// why says how the process ended; an illegal instruction with the code that was run and what the CPU has.
func (s *shot) why(exit launch.Exit) record.Sentence {
	why := exit.Why()
	if exit.Signal != "SIGILL" || exit.Killed != nil {
		return why
	}
	has := slices.DeleteFunc(slices.Clone(s.features), func(f string) bool { return !instructions.MatchString(f) })
	if len(has) == 0 {
		return record.Sayf("%s: code %s", "%s：代码 %s", why, s.target.Key)
	}
	return record.Sayf("%s: code %s on a CPU with %s", "%s：代码 %s，处理器具有 %s", why, s.target.Key, strings.Join(has, " "))
}
