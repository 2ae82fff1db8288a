package markdown_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/certify/markdown"
	"github.com/xcmatrix/xcmatrix/results/internal/specimen"
	"github.com/xcmatrix/xcmatrix/results/internal/trial"
)

// A Chinese page names severity, class and provenance in Chinese, an English one in English.
func TestWordsAreOfTheLanguage(t *testing.T) {
	run := specimen.Run(t, trial.Shape{Targets: trial.Base, Items: trial.Items, Specs: 12, Rounds: 5})
	d := specimen.Document(t, run, "loong64")
	for lang, want := range map[string][2][]string{
		"zh": {{"| 高 | 平台 |", "| 低 | 环境 |", "| 结果来源 | 模拟 |", "| 模拟 |"}, {"| high |", "| platform |", "| environment |", "| emulated |"}},
		"en": {{"| high | platform |", "| low | environment |", "| results are | emulated |", "| emulated |"}, {"| 高 |", "| 模拟 |"}},
	} {
		var b bytes.Buffer
		if err := markdown.Write(&b, d, lang); err != nil {
			t.Fatal(err)
		}
		for _, word := range want[0] {
			if !strings.Contains(b.String(), word) {
				t.Errorf("%s: no %q in\n%.3000s", lang, word, b.String())
			}
		}
		for _, word := range want[1] {
			if strings.Contains(b.String(), word) {
				t.Errorf("%s: %q is of the other language", lang, word)
			}
		}
	}
}
