package joint

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// properties are the properties in which runs must agree for their rows to be comparable.
var properties = []struct {
	name record.Sentence
	of   func(store.Manifest) string
}{
	{record.Say("program version", "程序版本"), program},
	{record.Say("matrix", "矩阵"), func(m store.Manifest) string { return shortened(m.Matrix) }},
	{record.Say("labels", "标签"), func(m store.Manifest) string {
		if m.Selection == nil {
			return ""
		}
		return m.Selection.Label
	}},
	{record.Say("specs asked for", "指定的检查项"), func(m store.Manifest) string {
		if m.Selection == nil || len(m.Selection.Specs) == 0 {
			return ""
		}
		return fmt.Sprint(len(m.Selection.Specs), ": ", digestOf(m.Selection.Specs))
	}},
	{record.Say("vectors", "向量"), vectors},
}

// Warnings returns a sentence for each property in which the parts of a joined run differ, so that rows may not be
// comparable. Runs of one plan do not differ in them.
func Warnings(run *store.Run) []record.Sentence {
	parts := run.Parts
	if samePlan(parts) {
		return nil
	}
	var told []record.Sentence
	for _, p := range properties {
		var values []string
		runs := map[string][]string{}
		for _, part := range parts {
			v := p.of(part.Manifest)
			if runs[v] == nil {
				values = append(values, v)
			}
			runs[v] = append(runs[v], part.Manifest.Run)
		}
		if len(values) < 2 {
			continue
		}
		var en, zh []string
		for _, v := range values {
			en = append(en, fmt.Sprint(cmp.Or(v, "none"), " in ", few(runs[v])))
			zh = append(zh, fmt.Sprint(few(runs[v]), " 为 ", cmp.Or(v, "无")))
		}
		told = append(told, record.Say("the runs differ in "+p.name.En+": "+strings.Join(en, "; "), "各次运行的"+p.name.Zh+"不同："+strings.Join(zh, "；")))
	}
	return told
}

// samePlan reports whether all runs were made by one plan file.
func samePlan(parts []*store.Run) bool {
	plan := ""
	for i, p := range parts {
		if i > 0 && p.Manifest.Plan != plan || p.Manifest.Plan == "" {
			return false
		}
		plan = p.Manifest.Plan
	}
	return true
}

// program returns the version and commit of the program that made a run.
func program(m store.Manifest) string {
	return strings.TrimSpace(fmt.Sprintf("%s %.12s", m.Tool, m.Commit))
}

// vectors returns the user's vector files of a run, by the beginning of their digests.
func vectors(m store.Manifest) string {
	if m.Selection == nil {
		return ""
	}
	var all []string
	for _, v := range m.Selection.Vectors {
		all = append(all, v.Name+" "+shortened(v.SM3))
	}
	slices.Sort(all)
	return few(all)
}

// shortened returns the beginning of a digest.
func shortened(digest string) string {
	return fmt.Sprintf("%.12s", strings.TrimPrefix(digest, "sm3:"))
}

// few returns the first entries of a list, and how many more there are.
func few(list []string) string {
	const most = 3
	if len(list) <= most {
		return strings.Join(list, ", ")
	}
	return fmt.Sprint(strings.Join(list[:most], ", "), " +", len(list)-most)
}

// digestOf returns a text that differs for different lists.
func digestOf(list []string) string {
	return shortened(store.DigestOf([]byte(strings.Join(slices.Sorted(slices.Values(list)), "\n"))))
}
