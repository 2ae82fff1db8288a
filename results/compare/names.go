package compare

import (
	"cmp"
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// names returns sentences on the names of benchmarks: which are only in the reference, which only in others, and whether
// the numbers of processors at their ends differ.
func (c *comparison) names() []record.Sentence {
	var notes []record.Sentence
	var only, others []string
	for i := range c.set.Rows {
		row := &c.set.Rows[i]
		list := &others
		if c.cell(row) != nil {
			if list = &only; len(row.Cells) > 1 {
				continue
			}
		}
		if name := row.String(); !slices.Contains((*list)[max(0, len(*list)-1):], name) { // rows of one benchmark follow each other
			*list = append(*list, name)
		}
	}
	label := c.set.Columns[c.reference].Label
	if len(only) > 0 && len(c.set.Columns) > 1 {
		notes = append(notes, record.Sayf("only in %s, or of another name elsewhere: %s", "仅见于 %s，或在别处名称不同：%s", label, some(only)))
	}
	if len(others) > 0 {
		notes = append(notes, record.Sayf("not in %s, or of another name there: %s", "不见于 %s，或在其中名称不同：%s", label, some(others)))
	}
	if s := c.processors(); s != nil {
		notes = append(notes, *s)
	}
	return notes
}

// processors returns a sentence if columns had different numbers of processors, by the ends of their names; else nil.
func (c *comparison) processors() *record.Sentence {
	labels := map[string][]string{}
	for _, column := range c.set.Columns {
		ends := strings.Join(column.Processors, ", ")
		labels[ends] = append(labels[ends], column.Label)
	}
	if len(labels) < 2 {
		return nil
	}
	var en, zh []string
	for _, column := range c.set.Columns { // in order
		ends := strings.Join(column.Processors, ", ")
		if of := labels[ends]; of != nil {
			en = append(en, cmp.Or(ends, "none")+" in "+some(of))
			zh = append(zh, some(of)+" 为 "+cmp.Or(ends, "无"))
			delete(labels, ends)
		}
	}
	return because("GOMAXPROCS, the number at the end of names, differs: %s", "名称末尾的处理器数（GOMAXPROCS）不同：%[2]s",
		some(en), some(zh))
}
