package compare

import (
	"github.com/xcmatrix/xcmatrix/results/compare/series"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// nothing returns the reason why no row could be compared; nil if one could.
func (c *comparison) nothing(t *Table) *record.Sentence {
	for i := range t.Rows {
		if t.Rows[i].Verdict != NotCompared {
			return nil
		}
	}
	why := c.whyNothing(t)
	return &why
}

// whyNothing returns the first reason why no row could be compared.
func (c *comparison) whyNothing(t *Table) record.Sentence {
	for i := range c.set.Columns {
		if column := &c.set.Columns[i]; len(column.Unused) > 0 && !c.has(i) {
			return notUsed(column, column.Unused[0])
		}
	}
	for i := range t.Rows {
		if why := t.Rows[i].Why; why != nil {
			return *why
		}
	}
	return record.Sayf("there is only one %s here, %s: name another run or file, or what stands side by side with --by",
		"此处只有一个 %s（%s）：请再指定一个运行或文件，或用 --by 指定并列比较的对象", t.By, t.Reference)
}

// has reports whether a column has a value in any row.
func (c *comparison) has(column int) bool {
	for i := range c.set.Rows {
		for k := range c.set.Rows[i].Cells {
			if c.set.Rows[i].Cells[k].Column == column {
				return true
			}
		}
	}
	return false
}

// notUsed says why rounds of a column are not used.
func notUsed(column *series.Column, u series.Unused) record.Sentence {
	if u.Rounds == 1 {
		return record.Sayf("%s: one round is not used: %s", "%s：有一轮未予采用：%s", column.Label, u.Why)
	}
	return record.Sayf("%s: %d rounds are not used: %s", "%s：有 %d 轮未予采用：%s", column.Label, u.Rounds, u.Why)
}
