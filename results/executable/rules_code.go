package executable

import (
	"fmt"
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/executable/code"
	"github.com/xcmatrix/xcmatrix/results/record"
)

func codeRules() []Rule {
	return []Rule{
		{ID: "code-tested", Topic: "code", Holds: "asks the processor before it uses what not every one has", find: func(f *Facts) []record.Sentence { return unguarded(f, code.None) }},
		{ID: "code-test-width", Topic: "code", Holds: "reads a flag of the processor's features alone, and nothing that lies beside it", find: func(f *Facts) []record.Sentence { return unguarded(f, code.Wide) }},
	}
}

// unguarded returns one sentence for each feature whose instructions stand behind such a guard.
func unguarded(f *Facts, guard code.Guard) (all []record.Sentence) {
	var features []string
	for _, u := range f.Vectors.Uses {
		if u.Guard == guard && !slices.Contains(features, u.Feature) {
			features = append(features, u.Feature)
		}
	}
	for _, feature := range features {
		var names []string
		for _, u := range f.Vectors.Uses {
			if u.Guard == guard && u.Feature == feature {
				names = append(names, u.Function)
			}
		}
		where, more := strings.Join(names[:min(2, len(names))], ", "), ""
		if len(names) > 2 {
			more = fmt.Sprintf(" (+%d)", len(names)-2)
		}
		if where == "" {
			where = "its code"
		}
		if guard == code.Wide {
			all = append(all, record.Sayf("on a processor without %[1]s it may end in SIGILL: %.300[2]s%[3]s tests a flag of one byte and the bytes beside it",
				"在没有 %[1]s 的处理器上可能以 SIGILL 终止：%.300[2]s%[3]s 检测单字节标志时连同相邻字节一起读取", feature, where, more))
			continue
		}
		all = append(all, record.Sayf("on a processor without %[1]s it ends in SIGILL: %.300[2]s%[3]s does not ask for it before", "在没有 %[1]s 的处理器上会以 SIGILL 终止：%.300[2]s%[3]s 未先检测该特性", feature, where, more))
	}
	return all
}
