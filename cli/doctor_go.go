package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/results/diagnosis"
)

// explained are the checks whose faults are told by that of the go command in this shell, where that finds one.
var explained = []string{"go-answers", "goroot-there", "goroot-own", "goroot-whole", "goroot-version", "goroot-mixed", "goflags-shape", "goflags-known", "goexperiment-known", "gotoolchain-shape", "gowork-there", "module-loads"}

// needGo holds this machine's Go, its settings and what builds reach against the checks that the item toolchain has too.
func (a *app) needGo(ctx context.Context, b *build.Builder, o doctorOptions) []need {
	h := diagnosis.Here(b.Source)
	var needs []need
	shellFails := false
	if h.Go() != "" {
		err := b.CheckShell(ctx)
		shellFails = err != nil
		needs = append(needs, a.newNeed(a.say("the go command in this shell", "此 shell 中的 go 命令"), err))
	}
	for _, r := range diagnosis.Run(ctx, h, a.goChecks(o), o.network) {
		if r.Fault != nil && shellFails && slices.Contains(explained, r.Check.ID) {
			continue
		}
		n := need{What: r.Check.Holds.In(a.lang), OK: r.Fault == nil, Check: r.Check.ID}
		if f := r.Fault; f != nil {
			n.Optional, n.Detail, n.Remedy, n.Evidence = f.Hint, f.Cause.In(a.lang), f.Remedy.In(a.lang), f.Shown
			a.fixNeed(ctx, h, &n, f, o.fix)
		}
		needs = append(needs, n)
	}
	return needs
}

// goChecks returns the checks of Go, and those of the user's own files.
func (a *app) goChecks(o doctorOptions) []diagnosis.Check {
	return slices.Concat(diagnosis.Checks(), diagnosis.NetworkChecks(), o.own)
}

// readFiles reads the files that the user names, and sets their checks.
func (o *doctorOptions) readFiles() error {
	own, err := o.archive.Checks()
	if err != nil {
		return err
	}
	o.own = own
	if o.dockerfile == "" {
		return nil
	}
	checks, err := diagnosis.Dockerfile(o.dockerfile)
	o.own = append(o.own, checks...)
	return err
}

// fixNeed mends a fault if the user asks for it, and says how to undo it.
func (a *app) fixNeed(ctx context.Context, h *diagnosis.Host, n *need, f *diagnosis.Fault, fix bool) {
	if !fix {
		return
	}
	done, err := diagnosis.Fix(ctx, h, f)
	switch {
	case err != nil:
		n.Fixed = fmt.Sprintf(a.say("not mended: %v", "未能修复：%v"), err)
	case done.En != "":
		n.Fixed = fmt.Sprintf(a.say("mended: %s", "已修复：%s"), done.In(a.lang))
	}
}

// needLine returns the line of a condition: what is wrong, what shows it, the remedy.
func (a *app) needLine(mark string, n need) string {
	line := mark + " " + n.What
	for _, text := range []string{n.Detail, n.Evidence} {
		if text != "" {
			line += a.say(": ", "：") + strings.TrimSpace(text)
		}
	}
	return line
}
