package cli

import (
	"strings"

	"github.com/xcmatrix/xcmatrix/matrix"
	"github.com/xcmatrix/xcmatrix/matrix/machine"
	"github.com/xcmatrix/xcmatrix/results/certify/profile"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// warnUndeclared prints before a run which targets differ from their declaration, because no certificate can be issued for
// them.
func (a *app) warnUndeclared(targets []matrix.Target) {
	for _, t := range targets {
		for _, why := range undeclared(t) {
			printf(a.err, a.say("xcmatrix: target %s: %s: it will reach no level; mend chip and system in the matrix, or leave them out\n",
				"xcmatrix：目标 %s：%s：不会达到任何级别；请更正矩阵中的 chip 与 system，或将其省略\n"), t.ID, why.In(a.lang))
		}
	}
}

// undeclared returns the differences of a target from its declaration that are known before it runs.
func undeclared(t matrix.Target) []record.Sentence {
	switch {
	case t.Run == "native":
		found := machine.Detect()
		return profile.Differs(store.Target{GOARCH: t.GOARCH, Chip: t.Chip, System: t.System}, &found)
	case t.Run == "emulated" && t.Chip+t.System != "":
		return []record.Sentence{record.Sayf("declared %s, but emulated", "声明为 %s，但为模拟运行", strings.TrimSpace(t.Chip+" "+t.System))}
	}
	return nil
}
