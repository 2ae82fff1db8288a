package sheet

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/xcmatrix/xcmatrix/results/internal/specimen"
	"github.com/xcmatrix/xcmatrix/results/internal/trial"
)

func TestWorkbook(t *testing.T) {
	run := specimen.Run(t, trial.Shape{Targets: trial.Base, Items: trial.Items, Specs: 12, Rounds: 5, Odd: "=1+1\x00\u202e" + strings.Repeat("W", 40_000)})
	d := specimen.Document(t, run, "loong64")
	for lang, names := range map[string][]string{
		"zh": {"证书", "概要", "规则", "问题清单", "基准测试", "检查项"},
		"en": {"certificate", "summary", "rules", "findings", "benchmarks", "specs"},
	} {
		var b bytes.Buffer
		if err := Workbook(&b, d, run.Report.Of("loong64").Specs, lang); err != nil {
			t.Fatal(err)
		}
		f, err := excelize.OpenReader(&b)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if got := f.GetSheetList(); strings.Join(got, " ") != strings.Join(names, " ") {
			t.Errorf("%v", got)
		}
		rows, err := f.GetRows(names[5])
		if err != nil || len(rows) != 1+5*13+4 {
			t.Errorf("%s: %d rows of specs: %v", lang, len(rows), err)
		}
		rules, err := f.GetRows(names[2])
		if err != nil || len(rules) != 1+len(d.Claim.Rules) {
			t.Errorf("%s: %d rows of rules: %v", lang, len(rules), err)
		}
		findings, err := f.GetRows(names[3])
		if want := map[string]string{"zh": "高 平台", "en": "high platform"}[lang]; err != nil || len(findings) < 2 || findings[1][1]+" "+findings[1][2] != want {
			t.Errorf("%s: findings %q, want %q: %v", lang, findings, want, err)
		}
		if formula, err := f.GetCellFormula(names[5], "C2"); err != nil || formula != "" {
			t.Errorf("a name became the formula %q: %v", formula, err)
		}
	}
}

func TestCSV(t *testing.T) {
	run := specimen.Run(t, trial.Shape{Targets: trial.Base, Items: trial.Items, Specs: 2})
	d := specimen.Document(t, run, "native")
	d.Claim.Signer = "=HYPERLINK(\"http://example.org\")\r\nx"
	var b bytes.Buffer
	if err := CSV(&b, d, "zh"); err != nil {
		t.Fatal(err)
	}
	text, ok := strings.CutPrefix(b.String(), "\uFEFF")
	if !ok {
		t.Error("no byte order mark")
	}
	r := csv.NewReader(strings.NewReader(text))
	r.FieldsPerRecord = -1
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	of := func(name string) string {
		for _, row := range rows {
			if len(row) > 1 && row[0] == name {
				return row[1]
			}
		}
		return ""
	}
	if signer := of("签发者"); of("兼容性认证证书") == "" || !strings.HasPrefix(signer, "'=HYPERLINK") || strings.ContainsAny(signer, "\r\n") {
		t.Errorf("%q", rows)
	}
	if last := rows[len(rows)-1]; last[0] != "检查项目 gc" || last[9] != "3" {
		t.Errorf("%q", last)
	}
}
