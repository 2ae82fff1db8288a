package cli

import (
	"github.com/xcmatrix/xcmatrix/matrix"
	"github.com/xcmatrix/xcmatrix/matrix/machine"
)

// warnUndeclared prints before a run which targets differ from their declaration, because no certificate can be issued for
// them.
func (a *app) warnUndeclared(targets []matrix.Target) {
	here := machine.Detect()
	for _, t := range targets {
		for _, why := range t.Undeclared(&here) {
			printf(a.err, a.say("xcmatrix: target %s: %s: it will reach no level; mend chip and system in the matrix, or leave them out\n",
				"xcmatrix：目标 %s：%s：不会达到任何级别；请更正矩阵中的 chip 与 system，或将其省略\n"), t.ID, why.In(a.lang))
		}
	}
}
