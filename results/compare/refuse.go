package compare

import (
	"fmt"
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/compare/series"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// refusals returns for each column the reason why it is not compared with the reference; nil if it is.
func refusals(set *series.Set, reference int, o Options) []*record.Sentence {
	refused := make([]*record.Sentence, len(set.Columns))
	for i := range set.Columns {
		if why := distant(set.Columns[i]); why != nil {
			refused[i] = why
		} else if why := distant(set.Columns[reference]); why != nil {
			refused[i] = why
		} else if !o.Mixed {
			refused[i] = mixed(set, reference, i)
		}
	}
	return refused
}

// distant returns the reason why a column's speed is not that of the machine; nil if it is.
func distant(c series.Column) *record.Sentence {
	switch c.Provenance {
	case record.Emulated:
		return because("%s is emulated: its speed is the emulator's, not the chip's",
			"%s 由模拟器运行：测得的是模拟器的速度，而不是芯片的速度", c.Label)
	case record.VM:
		return because("%s runs in a virtual machine with an emulated processor: its speed is the emulator's",
			"%s 运行在模拟处理器的虚拟机中：测得的是模拟器的速度", c.Label)
	case record.Built:
		return because("%s was only compiled", "%s 仅完成编译", c.Label)
	}
	return nil
}

// mixed returns a reason if a column has values of several builds, or of another build than the reference although both
// should have the same one: those for one architecture, unless commits or runs are compared. Else it returns nil.
func mixed(set *series.Set, reference, column int) *record.Sentence {
	for _, c := range []series.Column{set.Columns[column], set.Columns[reference]} {
		if key, ok := twoDigests(c.Payloads); ok {
			return because("%s mixes payloads of different digests (%s): compare them apart, or say --mixed",
				"%s 混合了摘要不同的测试程序（%s）：请分开比较，或使用 --mixed", c.Label, key)
		}
	}
	if set.By == series.Commit || set.By == series.Run || set.By == series.File {
		return nil
	}
	both := slices.Concat(set.Columns[column].Payloads, set.Columns[reference].Payloads)
	if key, ok := twoDigests(both); ok {
		return because("%s and %s ran different payloads (%s), so the code may be what differs; --mixed compares them",
			"%s 与 %s 运行了不同的测试程序（%s），差异可能来自代码；--mixed 可强制比较", set.Columns[column].Label,
			set.Columns[reference].Label, key)
	}
	return nil
}

// twoDigests returns a build key that has more than one digest; false if there is none.
func twoDigests(payloads []series.Payload) (key string, ok bool) {
	digests := map[string]string{}
	for _, p := range payloads {
		if before, ok := digests[p.BuildKey]; ok && before != p.Digest {
			return p.BuildKey, true
		}
		digests[p.BuildKey] = p.Digest
	}
	return "", false
}

// test returns the test for two series, or the reason why there is none.
func (c *comparison) test(reference, cell *series.Cell) (Test, *record.Sentence) {
	rounds, samples := min(len(reference.Rounds), len(cell.Rounds)), min(reference.Samples(), cell.Samples())
	test := c.options.Test
	if test == Auto {
		test = Rounds
		if len(reference.Rounds) == 1 && len(cell.Rounds) == 1 {
			test = Rank
		}
	}
	return test, c.unfit(test, reference, cell, rounds, samples)
}

// unfit returns the reason why a test cannot be used for two series: too few rounds or samples, or another structure of
// the data. It returns nil if it can.
func (c *comparison) unfit(test Test, reference, cell *series.Cell, rounds, samples int) *record.Sentence {
	switch {
	case test != Rank && rounds < c.options.Rounds:
		return because("%d rounds of at least %d: run it with --rounds %[2]d", "只有 %d 轮，至少需要 %d 轮：请用 --rounds %[2]d 运行",
			rounds, c.options.Rounds)
	case test == Rank && (len(reference.Rounds) > 1 || len(cell.Rounds) > 1):
		return because("there are %d rounds, and the rank test compares samples of one: leave --test out",
			"共有 %d 轮，而秩检验只比较一轮内的样本：请去掉 --test", max(len(reference.Rounds), len(cell.Rounds)))
	case test == Rank && samples < c.options.Samples:
		return because("%d samples of at least %d", "只有 %d 个样本，至少需要 %d 个", samples, c.options.Samples)
	case test == Paired && len(reference.Rounds) != len(cell.Rounds):
		return because("%d rounds cannot be paired with %d", "%d 轮无法与 %d 轮配对", len(cell.Rounds), len(reference.Rounds))
	}
	return nil
}

// because returns the address of a new sentence.
func because(en, zh string, args ...any) *record.Sentence {
	s := record.Sayf(en, zh, args...)
	return &s
}

// some joins names with commas, and cuts a long list.
func some(names []string) string {
	const most = 12
	if len(names) > most {
		return fmt.Sprintf("%s, … (%d)", strings.Join(names[:most], ", "), len(names))
	}
	return strings.Join(names, ", ")
}
