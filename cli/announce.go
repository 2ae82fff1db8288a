package cli

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
	"github.com/xcmatrix/xcmatrix/suites/database"
)

// announce says before anything that takes time what will run, how long that took before, and what may be downloaded. It
// returns how long the run will take; 0 where nothing tells.
func (a *app) announce(p matrix.Plan, o runOptions) time.Duration {
	took, exact := a.tookBefore(p, o)
	if a.quiet {
		return took
	}
	var targets []string
	for _, t := range p.Targets {
		name := t.ID
		if t.Run != "native" {
			name += " (" + a.launcherName(t.Run) + ")"
		}
		targets = append(targets, name)
	}
	when := a.say("how long it takes is not known here yet", "耗时未知（此处尚无运行记录）")
	switch {
	case took > 0 && exact:
		when = fmt.Sprintf(a.say("%s last time", "上次用时 %s"), rounded(took))
	case took > 0:
		when = fmt.Sprintf(a.say("about %s", "预计约 %s"), rounded(took))
	}
	download := a.say("nothing is downloaded", "无需下载")
	if slices.Contains(p.Items, database.Suite.Item) {
		download = a.say("downloaded, unless it is there: the DM8 driver (1 MB)", "如本机没有则下载：达梦 DM8 驱动（1 MB）")
	}
	printf(a.err, a.say("%s on %s; %s; %s\n", "%s，目标：%s；%s；%s\n"), strings.Join(p.Items, ", "), strings.Join(targets, ", "), when, download)
	return took
}

func (a *app) launcherName(run string) string {
	return record.Say(run, map[string]string{"emulated": "模拟", "vm": "虚拟机"}[run]).In(a.lang)
}

// looked is how many of the newest runs are looked at for how long they took.
const looked = 8

// tookBefore is how long the newest run of the same targets, suites, labels and rounds took; else what the newest run of
// any suggests, by the number of cells. 0 where there is none.
func (a *app) tookBefore(p matrix.Plan, o runOptions) (took time.Duration, exact bool) {
	all, err := filepath.Glob(filepath.Join(a.runs, "*", "manifest.json"))
	if err != nil {
		return 0, false
	}
	slices.Sort(all)
	wanted := map[[2]string]int{}
	for _, c := range p.Cells {
		wanted[[2]string{c.Target.ID, c.Item}] = c.Rounds
	}
	for _, path := range slices.Backward(all[max(0, len(all)-looked):]) {
		m, d, err := store.Took(filepath.Dir(path))
		if err != nil || d <= 0 || m.Selection == nil || m.Selection.Label != o.label || len(m.Selection.Specs) != len(o.specs) {
			continue
		}
		had, same := map[[2]string]bool{}, 0
		for _, c := range m.Cells {
			key := [2]string{c.Target, c.Item}
			if !had[key] && wanted[key] > 0 {
				same++
			}
			had[key] = true
		}
		switch {
		case same == len(wanted) && len(had) == len(wanted) && m.Selection.Rounds == o.rounds:
			return d, true
		case took == 0 && len(had) > 0:
			took = d * time.Duration(len(wanted)) / time.Duration(len(had))
		}
	}
	return took, false
}
