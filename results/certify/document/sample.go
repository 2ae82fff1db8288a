package document

import (
	"fmt"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/plain"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Sample is what was tested of a module: its digests, how it was built, and how much of it ran. It has no fields where no
// module's tests were run.
func (d Document) Sample() Block {
	t, c := d.Claim.Tested, d.Claim
	b := Block{Title: record.Say("Sample", "检测样品")}
	if t == nil {
		return b
	}
	state := record.Say("not compared file by file", "未逐文件核对")
	switch {
	case len(t.Differs) > 0:
		state = record.Sayf("with changes that are not committed: %s", "含未提交的修改：%s", brief(strings.Join(t.Differs, ", ")))
	case t.Modified:
		state = record.Say("with changes that are not committed", "含未提交的修改")
	case t.Committed:
		state = record.Say("as committed", "与提交一致")
	}
	revision := record.Say("none: no version control", "无（未使用版本控制）")
	if t.Revision != "" {
		revision = record.Sayf("%s %s, %s", "%s %s，%s", brief(t.VCS), brief(t.Revision), state)
	}
	sums := record.Say("none: no dependencies", "无（没有依赖）")
	if t.Sums != "" {
		sums = same(t.Sums)
	}
	flags := same(strings.Join(t.Flags, " "))
	if t.Args > 0 {
		flags = record.Sayf("%s and %d arguments", "%s 及 %d 个参数", flags, t.Args)
	}
	b.Fields = []Field{text("module", "模块", t.Module), text("version of the build", "构建版本", orDash(t.Version)), {Name: record.Say("revision", "修订版本"), Value: revision},
		text("product digest (files)", "产品摘要（文件）", t.Tree), {Name: record.Say("digest of go.sum", "go.sum 摘要"), Value: sums},
		text("Go", "Go 版本", t.Go)}
	if flags.En != "" {
		b.Fields = append(b.Fields, Field{Name: record.Say("flags", "构建与运行选项"), Value: flags})
	}
	if len(t.Options) > 0 {
		b.Fields = append(b.Fields, text("build options (environment)", "构建选项（环境）", plain.Text(strings.Join(t.Options, " "), 200)))
	}
	for _, l := range t.Locals {
		where := record.Say("outside the repository", "位于仓库之外")
		if l.Committed {
			where = record.Say("as committed", "与提交一致")
		}
		b.Fields = append(b.Fields, Field{Name: record.Say("local replacement", "本地替换"),
			Value: record.Sayf("%s => %s, %s; %s", "%s => %s，%s；%s", brief(l.Module), brief(l.Path), where, brief(orDash(l.Digest)))})
	}
	if p := c.Packages; p != nil {
		b.Fields = append(b.Fields, Field{Name: record.Say("packages", "包"),
			Value: record.Sayf("%d planned, %d built, %d run", "计划 %d 个，构建成功 %d 个，运行 %d 个", p.Planned, p.Built, p.Run)})
	}
	coverage := record.Say("not measured (--cover)", "未统计（--cover）")
	if v := c.Coverage; v != nil && v.Statements > 0 {
		coverage = record.Sayf("%s (%d of %d statements)", "%s（%[3]d 条语句中的 %[2]d 条）", fmt.Sprintf("%.1f %%", 100*float64(v.Covered)/float64(v.Statements)), v.Covered, v.Statements)
	}
	b.Fields = append(b.Fields, Field{Name: record.Say("coverage", "语句覆盖率"), Value: coverage})
	return b
}

// orDash returns s, or a dash if s is empty.
func orDash(s string) string {
	if s == "" {
		return "—"
	}
	return s
}

// skipped groups a module's tests that did not apply, by reason.
func skipped(run Run, target string) []Trouble {
	var out []Trouble
	at, seen := map[string]int{}, map[string]bool{}
	for _, cell := range run.Cells {
		if cell.Target != target || cell.Item != record.ItemTest {
			continue
		}
		for _, s := range cell.Specs {
			if s.Verdict != record.Skip || seen[s.ID] {
				continue
			}
			seen[s.ID] = true
			t := Trouble{Verdict: s.Verdict, Item: cell.Item, Spec: s.ID, Specs: 1, Detail: first(s.Detail)}
			if i, ok := at[t.Detail.En]; ok {
				out[i].Specs++
				continue
			}
			at[t.Detail.En] = len(out)
			out = append(out, t)
		}
	}
	return out
}
