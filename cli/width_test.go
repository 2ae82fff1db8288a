package cli

import (
	"testing"

	"github.com/jedib0t/go-pretty/v6/text"
)

func TestAmbiguousSignsTakeOneColumnInChineseLocalesToo(t *testing.T) {
	text.OverrideRuneWidthEastAsianWidth(true) // what LANG=zh_CN.UTF-8 makes of it
	t.Cleanup(func() { text.OverrideRuneWidthEastAsianWidth(false) })
	say("plan", "--help")
	if w := text.StringWidth("≈±→—"); w != 4 {
		t.Errorf("≈±→— takes %d columns, not 4", w)
	}
	if w := text.StringWidth("结论"); w != 4 {
		t.Errorf("结论 takes %d columns, not 4", w)
	}
}
