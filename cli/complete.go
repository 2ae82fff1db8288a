package cli

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/xcmatrix/xcmatrix/matrix"
	"github.com/xcmatrix/xcmatrix/results/certify/profile"
	"github.com/xcmatrix/xcmatrix/results/compare/report"
	"github.com/xcmatrix/xcmatrix/results/compare/series"
	"github.com/xcmatrix/xcmatrix/results/pack"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/triage"
	"github.com/xcmatrix/xcmatrix/suites"
)

// complete has the shell offer what fits: targets, suites, runs, classes, formats.
func (a *app) complete(c *cobra.Command) {
	offers := map[string]func() []string{
		"target": a.targetIDs, "suite": suiteIDs, "resume": a.runIDs, "lang": func() []string { return []string{"zh", "en"} },
		"profile": profile.Names,
		"require": func() []string { return []string{"L1", "L2", "L3"} },
		"class": func() []string {
			var all []string
			for _, c := range triage.Classes {
				all = append(all, string(c))
			}
			return all
		},
		"by": func() []string {
			var all []string
			for _, b := range series.Bys {
				all = append(all, string(b))
			}
			return all
		},
		"format": func() []string {
			if c.Name() != "compare" {
				return []string{"text", "speed", "md", "csv", "junit", "bench"}
			}
			var all []string
			for _, f := range report.Formats {
				all = append(all, string(f))
			}
			return all
		},
	}
	c.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if offer, ok := offers[f.Name]; ok {
			directive := cobra.ShellCompDirectiveNoFileComp
			if f.Name == "profile" { // a file too
				directive = cobra.ShellCompDirectiveDefault
			}
			_ = c.RegisterFlagCompletionFunc(f.Name, func(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
				return beginning(offer(), begun), directive
			}) // refused where the flag has one already
		}
	})
	if strings.Contains(c.Use, "RUN") && c.ValidArgsFunction == nil {
		c.ValidArgsFunction = func(_ *cobra.Command, given []string, begun string) ([]string, cobra.ShellCompDirective) {
			left := slices.DeleteFunc(a.runIDs(), func(id string) bool { return slices.Contains(given, id) })
			return beginning(left, begun), cobra.ShellCompDirectiveDefault // files too: packs lie anywhere
		}
	}
	for _, sub := range c.Commands() {
		a.complete(sub)
	}
}

// beginning are the words that begin as what was typed; behind a comma another one begins.
func beginning(words []string, typed string) []string {
	before := typed[:strings.LastIndexByte(typed, ',')+1]
	var fit []string
	for _, w := range words {
		if strings.HasPrefix(before+w, typed) {
			fit = append(fit, before+w)
		}
	}
	return fit
}

func (a *app) targetIDs() []string {
	m, err := a.declared()
	if err != nil {
		return nil
	}
	var ids []string
	for _, t := range m.Targets {
		ids = append(ids, t.ID)
	}
	return ids
}

func suiteIDs() []string {
	var ids []string
	for _, s := range suites.All() {
		ids = append(ids, s.Item)
	}
	return ids
}

// runIDs are the runs there are, the newest first.
func (a *app) runIDs() []string {
	ids := []string{"latest"}
	dirs, _ := filepath.Glob(filepath.Join(a.runs, "*", "manifest.json"))
	packs, _ := filepath.Glob(filepath.Join(a.runs, "*"+pack.Extension))
	for _, path := range slices.Backward(dirs) {
		if id := filepath.Base(filepath.Dir(path)); id != "latest" {
			ids = append(ids, id)
		}
	}
	for _, path := range packs {
		ids = append(ids, filepath.Base(path))
	}
	return ids
}

// noArguments refuses an argument of a verb that takes none, and says which flag it may have been meant for.
func (a *app) noArguments(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	arg := args[0]
	near := ""
	switch {
	case slices.Contains(a.targetIDs(), arg):
		near = c.Name() + " --target " + arg
	case slices.Contains(suiteIDs(), arg):
		near = c.Name() + " --suite " + arg
	case c.Name() == "run" && slices.Contains(a.runIDs(), arg):
		near = "show " + arg
	case matrix.Named([]string{arg}, "") || strings.ContainsAny(arg, "*?"):
		near = c.Name() + " --target '" + arg + "'"
	}
	if near != "" {
		return record.Wrongf("", "%s takes no argument %q; did you mean `xcmatrix %s`?", "%s 不接受参数 %q；是否想用 `xcmatrix %s`？", c.Name(), arg, near)
	}
	return cobra.NoArgs(c, args)
}
