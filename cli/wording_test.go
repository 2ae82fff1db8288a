package cli

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/matrix"
	"github.com/xcmatrix/xcmatrix/results/joint"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
	"github.com/xcmatrix/xcmatrix/results/triage"
)

// A bundle has programs for the targets that are asked for alone.
func TestArchitecturesOfTargets(t *testing.T) {
	m, err := matrix.Default()
	if err != nil {
		t.Fatal(err)
	}
	if all := architectures(m, nil); !slices.Contains(all, "arm64") || !slices.Contains(all, "loong64") {
		t.Errorf("all: %v", all)
	}
	if one := architectures(m, []string{"loong64"}); !slices.Equal(one, []string{"loong64"}) {
		t.Errorf("loong64: %v", one)
	}
}

// The heading of a finding is in the language that is asked for.
func TestFindingsHeadingInChinese(t *testing.T) {
	for lang, want := range map[string]string{"zh": "平台  高  test/m/TestA", "en": "platform  high  test/m/TestA"} {
		var out bytes.Buffer
		(&app{out: &out, lang: lang}).printFinding(triage.Finding{ID: "test/m/TestA", Class: triage.Platform, Severity: record.High})
		if !strings.HasPrefix(out.String(), want) {
			t.Errorf("%s: %s", lang, out.String())
		}
	}
}

// What a history lacks is measured by the command that made the runs.
func TestHistoryNamesTheCommandOfTheRuns(t *testing.T) {
	for item, want := range map[string]string{record.ItemTest: "`xcmatrix test --bench .`", "crypto": "`xcmatrix run --label bench`"} {
		run := &store.Run{Manifest: store.Manifest{Run: "r", Items: []string{item}}}
		err := (&app{lang: "en"}).trends([]joint.Named{{Run: run}}, historyOptions{target: "native", benchmark: "*"})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", item, err)
		}
	}
}
