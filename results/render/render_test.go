package render

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/schematest"
	"github.com/xcmatrix/xcmatrix/results/store"
	"github.com/xcmatrix/xcmatrix/results/triage"
)

var update = flag.Bool("update", false, "write the golden files anew")

// sample is a report with something of everything, in a language.
func sample(lang string) Report {
	why := func(en, zh string) *record.Sentence { s := record.Say(en, zh); return &s }
	say := func(s *record.Sentence) string { return s.In(lang) }
	qemu := record.Launcher{Name: "qemu-user", Version: "10.0.8", CPU: "la464"}
	targets := []TargetRow{
		{ID: "native", GOARCH: "amd64", Chip: "hygon-c86-3g", System: "kylin-v10-sp3", Provenance: record.Native, Launcher: record.Launcher{Name: "native"}},
		{ID: "loong64", GOARCH: "loong64", Provenance: record.Emulated, Launcher: qemu},
		{ID: "arm64", GOARCH: "arm64"},
	}
	r := Report{Run: "20260102-030405-abcd", Created: "2026-01-02T03:04:05Z", Complete: true, Targets: targets, Runs: []RunRow{}}
	add := func(target, item, id string, v record.Verdict, detail, remedy *record.Sentence) {
		s := SpecRow{Target: target, Item: item, Round: 1, ID: id, Verdict: v, Seconds: 0.25}
		if detail != nil {
			s.Detail = say(detail)
		}
		if remedy != nil {
			s.Remedy = say(remedy)
		}
		for i := range r.Cells {
			if c := &r.Cells[i]; c.Target == target && c.Item == item {
				c.Specs++
				c.Verdicts[v]++
				r.Specs = append(r.Specs, s)
				return
			}
		}
		r.Cells = append(r.Cells, CellRow{Target: target, Item: item, Round: 1, Specs: 1, Verdicts: map[record.Verdict]int{v: 1}})
		r.Specs = append(r.Specs, s)
	}
	absent := why("qemu-aarch64 10 or newer is not installed", "未安装 qemu-aarch64 10 或更新版本")
	setup := why("run `make setup`", "运行 `make setup`")
	add("native", "crypto", "SM3 / of nothing", record.Pass, nil, nil)
	add("native", "crypto", "SM2 / signs", record.Fail, why("Expected\n    <int>: 2\nto equal\n    <int>: 3", ""), nil)
	add("native", "abi", "page size", record.Pass, nil, nil)
	add("native", "abi", "hugepages", record.Skip, why("none here", "此处没有"), nil)
	add("loong64", "crypto", "SM3 / of nothing", record.Crash, why("the process was ended by SIGILL", "进程因 SIGILL 终止"), nil)
	add("loong64", "crypto", "SM2 / signs", record.Fail, why("Expected\n    <int>: 2\nto equal\n    <int>: 3", ""), nil)
	add("loong64", "abi", "page size", record.Timeout, why("not done after 30s", "超过时限 30s 仍未结束"), nil)
	add("loong64", "abi", "hugepages", record.Error, why("planted: the environment broke", "预设：环境损坏"), nil)
	for _, item := range []string{"crypto", "abi"} {
		add("arm64", item, "one", record.Miss, absent, setup)
		add("arm64", item, "two", record.Miss, absent, setup)
	}
	r.Findings = []triage.Finding{{ID: "crypto/tjfoc/sm2/off-curve", Item: "crypto", Subject: "tjfoc/gmsm", Version: "v1.4.1",
		Severity: record.Critical, Class: triage.Library, Targets: []string{"native", "loong64"}, Evidence: "decrypted",
		Why: record.Say("everywhere", "处处如此"), Reproduce: []string{"xcmatrix exec --suite crypto"}}}
	bench := func(target, name, unit string, better record.Better, median float64, p record.Provenance) {
		r.Benchmarks = append(r.Benchmarks, BenchmarkRow{Target: target, Item: "crypto", Name: name, Unit: unit, Better: better,
			Median: median, Low: median * 0.99, High: median * 1.02, Rounds: 5, Samples: 25, Provenance: p})
	}
	bench("native", "SM3/1MiB", "MB/s", record.Higher, 312.4567, record.Native)
	bench("native", "SM3/1MiB", "ns/op", record.Lower, 3_200_000, record.Native) // the same again: not in the table
	bench("loong64", "SM3/1MiB", "MB/s", record.Higher, 0.012345, record.Emulated)
	bench("native", "SM2/sign", "ns/op", record.Lower, 0, record.Native)
	return r
}

var names = map[string]record.Sentence{"crypto": record.Say("Cryptography", "密码算法"), "abi": record.Say("ABI", "二进制接口")}

func style(f Format, lang string) Style {
	text.OverrideRuneWidthEastAsianWidth(false)
	return Style{Format: f, Lang: lang, Names: func(item string) string { return item + " " + names[item].In(lang) }}
}

func tables(t *testing.T, r Report, s Style) string {
	t.Helper()
	var out bytes.Buffer
	if err := r.Tables(&out, s); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestGolden(t *testing.T) {
	for _, lang := range []string{"en", "zh"} {
		for _, f := range []Format{Text, Markdown, CSV} {
			got := tables(t, sample(lang), style(f, lang))
			path := filepath.Join("testdata", "report."+lang+"."+string(f))
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s differs (go test ./results/render -update writes it anew):\n%s", path, got)
			}
		}
	}
}

// columns is how wide a terminal shows a line: Chinese characters and their punctuation take two columns.
func columns(line string) (n int) {
	for _, c := range line {
		n++
		if unicode.Is(unicode.Han, c) || c >= 0x3000 && c <= 0x303F || c >= 0xFF01 && c <= 0xFF60 {
			n++
		}
	}
	return n
}

func TestTablesAlign(t *testing.T) {
	for _, lang := range []string{"en", "zh"} {
		width, rows := 0, 0
		for line := range strings.Lines(tables(t, sample(lang), style(Text, lang))) {
			line = strings.TrimSuffix(line, "\n")
			switch {
			case strings.HasPrefix(line, "┌"):
				width = columns(line)
			case strings.HasPrefix(line, "│"), strings.HasPrefix(line, "├"), strings.HasPrefix(line, "└"):
				rows++
				if columns(line) != width {
					t.Errorf("%s: %d columns, want %d: %s", lang, columns(line), width, line)
				}
			}
		}
		if rows < 25 {
			t.Errorf("%s: only %d rows", lang, rows)
		}
	}
}

func TestChineseSaysNothingInEnglish(t *testing.T) {
	got := tables(t, sample("zh"), style(Text, "zh"))
	for _, word := range []string{"pass", "fail", "critical", "library", "Verdicts", "Benchmarks", "Not in order", "emulated", "not run"} {
		if strings.Contains(got, word) {
			t.Errorf("%q in the Chinese tables", word)
		}
	}
}

// Colour only paints: without it the same stands there, and what an emulator measured is faint.
func TestColour(t *testing.T) {
	text.EnableColors()
	s := style(Text, "en")
	plain := tables(t, sample("en"), s)
	s.Colour = true
	coloured := tables(t, sample("en"), s)
	if text.StripEscape(coloured) != plain || strings.Contains(plain, "\x1b") {
		t.Error("colour changes the text")
	}
	if !strings.Contains(coloured, text.Faint.Sprint("≈ 1 on loong64")) {
		t.Error("what was emulated is not faint")
	}
}

// hostile is a report of a machine that lies.
func hostile() Report {
	const bad = "=1+1|\x1b[2J\u202Eevil\x00\r\n<script>alert(1)</script>`x`[a](javascript:b)\u2028\xff"
	r := sample("en")
	r.Targets[0].Chip, r.Targets[0].System, r.Run = bad, bad, bad
	r.Targets[1].Launcher = record.Launcher{Name: "qemu-user", Version: bad, CPU: bad}
	for i := range r.Specs {
		if r.Specs[i].Verdict != record.Pass {
			r.Specs[i].ID, r.Specs[i].Detail, r.Specs[i].Stack = bad, bad+strings.Repeat("长", 5000), bad
		}
	}
	r.Findings[0].ID, r.Findings[0].Subject, r.Findings[0].Evidence = bad, bad, bad
	r.Benchmarks[0].Name, r.Benchmarks[0].Unit = bad, bad
	return r
}

func TestHostileNames(t *testing.T) {
	for _, f := range []Format{Text, Markdown, CSV} {
		got := tables(t, hostile(), style(f, "en"))
		for _, c := range got {
			if c != '\n' && (unicode.IsControl(c) || unicode.Is(unicode.Cf, c) || c == '\u2028') {
				t.Fatalf("%s: %U gets through", f, c)
			}
		}
		for line := range strings.Lines(got) {
			if columns(line) > 1200 {
				t.Errorf("%s: a line of %d columns", f, columns(line))
			}
		}
	}
	if md := tables(t, hostile(), style(Markdown, "en")); strings.Contains(md, "<script") || strings.Contains(md, "[a](") {
		t.Error("Markdown: HTML or a link gets through")
	}
	for block := range strings.SplitSeq(tables(t, hostile(), style(CSV, "en")), "\n\n") {
		rows, err := csv.NewReader(strings.NewReader(block)).ReadAll()
		if err != nil {
			t.Errorf("CSV: %v in %q", err, block)
		}
		for _, row := range rows {
			for _, cell := range row {
				if strings.HasPrefix(cell, "=") {
					t.Errorf("CSV: a spreadsheet would calculate %.40q", cell)
				}
			}
		}
	}
}

func TestJUnit(t *testing.T) {
	for name, r := range map[string]Report{"sample": sample("en"), "hostile": hostile()} {
		var out bytes.Buffer
		if err := r.JUnit(&out); err != nil {
			t.Fatal(err)
		}
		var got junitSuites
		if err := xml.Unmarshal(out.Bytes(), &got); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if len(got.Suites) != len(r.Cells) {
			t.Errorf("%s: %d suites, want %d", name, len(got.Suites), len(r.Cells))
		}
		tests, failures, errs, skipped := 0, 0, 0, 0
		for _, s := range got.Suites {
			if s.Tests != len(s.Cases) || s.Time == "" {
				t.Errorf("%s: %s: %d tests, %d cases, time %q", name, s.Name, s.Tests, len(s.Cases), s.Time)
			}
			tests, failures, errs, skipped = tests+s.Tests, failures+s.Failures, errs+s.Errors, skipped+s.Skipped
		}
		if tests != 12 || failures != 4 || errs != 1 || skipped != 5 {
			t.Errorf("%s: %d tests, %d failures, %d errors, %d skipped", name, tests, failures, errs, skipped)
		}
	}
}

func TestReportSchema(t *testing.T) {
	s := schematest.Load(t, "report.schema.json")
	s.Fits(t, reflect.TypeFor[Report](), "json")
	classes := []string{""}
	for _, c := range triage.Classes {
		classes = append(classes, string(c))
	}
	s.Enum(t, "class", classes...)
	var verdicts []string
	for _, v := range record.Verdicts {
		verdicts = append(verdicts, string(v))
	}
	s.Enum(t, "verdict", verdicts...)

	validate := func(r Report) error {
		raw, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		return s.Validate(raw)
	}
	for name, r := range map[string]Report{"sample": sample("zh"), "of an empty run": New(&store.Run{Manifest: store.Manifest{
		Run: "r", Created: time.Now()}}, nil, "en"), "of one target": sample("en").Of("loong64")} {
		r.Created = time.Now().UTC().Format(time.RFC3339)
		if err := validate(r); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, spoil := range map[string]func(*Report){
		"no run":             func(r *Report) { r.Run = "" },
		"no time":            func(r *Report) { r.Created = "yesterday" },
		"unknown verdict":    func(r *Report) { r.Specs[0].Verdict = "excellent" },
		"unknown class":      func(r *Report) { r.Specs[0].Class = "weather" },
		"unknown provenance": func(r *Report) { r.Targets[0].Provenance = "imagined" },
		"round 0":            func(r *Report) { r.Cells[0].Round = 0 },
		"count of none":      func(r *Report) { r.Cells[0].Verdicts[record.Known] = 0 },
		"no samples":         func(r *Report) { r.Benchmarks[0].Samples = 0 },
		"no severity":        func(r *Report) { r.Findings[0].Severity = "" },
		"null for a list":    func(r *Report) { r.Specs = nil },
	} {
		r := sample("en")
		spoil(&r)
		if validate(r) == nil {
			t.Errorf("taken: %s", name)
		}
	}
}

func TestPlain(t *testing.T) {
	for in, want := range map[string]string{"abc": "abc", "abcdef": "abcd…", "a\tb": "a b", "a\vb": "a\uFFFDb", "\xff": "\uFFFD", "长长长长长": "长长长长…", "": ""} {
		if got := Plain(in, 4); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
