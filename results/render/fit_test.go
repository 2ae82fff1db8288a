package render

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// verdicts is a table with long cells in both languages, 3 targets wide.
func verdicts() table.Writer {
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.AppendHeader(table.Row{"item", "native\ngeneric-x86-64", "arm64\n≈ emulated: qemu-user 10.0.2", "loong64"})
	t.AppendRow(table.Row{"crypto Cryptography", "4 miss  407 known  333 skip  2775 pass", "\x1b[33m407 known\x1b[0m  \x1b[2m366 skip\x1b[0m  \x1b[32m2746 pass\x1b[0m", 7})
	t.AppendRow(table.Row{"database 数据库", "没有安装服务器，请安装 PostgreSQL 或 MariaDB 后重新运行", "database/postgres/a-float64-that-no-integer-can-hold", "—"})
	return t
}

func TestTablesFitTheTerminal(t *testing.T) {
	for _, width := range []int{60, 80, 100, 120} {
		got := Fit(verdicts(), width)
		for line := range strings.Lines(got) {
			if n := text.StringWidthWithoutEscSequences(strings.TrimSuffix(line, "\n")); n > width {
				t.Errorf("width %d: a line takes %d: %s", width, n, line)
			}
		}
		for _, count := range []string{"4 miss", "407 known", "333 skip", "2775 pass", "366 skip", "2746 pass"} {
			if !strings.Contains(got, count) {
				t.Errorf("width %d: %q is broken apart:\n%s", width, count, got)
			}
		}
	}
}

// A table that cannot be narrowed enough comes in parts: each fits, has the first columns, and no cell is lost or twice.
func TestWideTablesComeInParts(t *testing.T) {
	w := table.NewWriter()
	w.SetStyle(table.StyleLight)
	w.Style().Format.Header = text.FormatDefault
	head, row := table.Row{"benchmark", "unit"}, table.Row{"Crypto/SM3/16KiB/emmansun sm3", "ns/op"}
	for i := range 8 {
		head = append(head, fmt.Sprintf("chip-%d-of-the-lab", i))
		row = append(row, fmt.Sprintf("1.7%d (0.99–1.02) faster", i))
	}
	w.AppendHeader(head)
	w.AppendRow(row)
	got := FitBeside(w, 80, 2)
	for line := range strings.Lines(got) {
		if n := text.StringWidthWithoutEscSequences(strings.TrimSuffix(line, "\n")); n > 80 {
			t.Errorf("a line takes %d: %s", n, line)
		}
	}
	parts := strings.Count(got, "│ benchmark")
	if parts < 2 || strings.Count(got, "ns/op") != parts || strings.Count(got, "│ unit") != parts {
		t.Errorf("%d parts:\n%s", parts, got)
	}
	for i := range 8 {
		if n := strings.Count(got, fmt.Sprintf("1.7%d", i)); n != 1 {
			t.Errorf("chip %d stands %d times:\n%s", i, n, got)
		}
	}
}

func TestTablesThatFitStayAsTheyAre(t *testing.T) {
	whole := verdicts().Render()
	for _, width := range []int{0, 400} {
		if got := Fit(verdicts(), width); got != whole {
			t.Errorf("width %d:\n%s\nnot\n%s", width, got, whole)
		}
	}
	if got := Fit(verdicts(), 5); got == "" {
		t.Error("a terminal of 5 columns gets no table")
	}
}

func TestAlignmentOutlastsFitting(t *testing.T) {
	w := verdicts()
	right := table.ColumnConfig{Number: 4, Align: text.AlignRight}
	w.SetColumnConfigs([]table.ColumnConfig{right})
	if got := Fit(w, 80, right); !strings.Contains(got, "      7 │") {
		t.Errorf("the last column is no longer at the right:\n%s", got)
	}
}

func TestLongWordsBreakAfterASign(t *testing.T) {
	for cell, want := range map[string]string{
		"generic-x86-64":                           "generic-x86-\n64",
		"github.com/emmansun/gmsm v0.44.0":         "github.com/\nemmansun/gmsm\nv0.44.0",
		"abcdefghijklmnopqrst":                     "abcdefghijklm\nnopqrst",
		"请安装服务器后重新运行":                              "请安装服务器\n后重新运行",
		"1 skip  49 pass  3 miss":                  "1 skip\n49 pass\n3 miss",
		"\x1b[33m1234567 known, still pass\x1b[0m": "\x1b[33m1234567 known, still pass\x1b[0m",
	} {
		if got := wrap(cell, 13); got != want {
			t.Errorf("wrap(%q, 13) = %q, not %q", cell, got, want)
		}
	}
}
