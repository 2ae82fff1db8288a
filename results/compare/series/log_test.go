package series

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode/utf16"
)

// logged is benchmark output as `go test -bench` writes it.
const logged = "goos: linux\npkg: example.com/m\nchip: kunpeng-920\nBenchmarkX-8   \t    1000\t      10.5 ns/op\nBenchmarkX-8   \t    1000\t      11.5 ns/op\n" +
	"BenchmarkY-8   \t    1000\t       7.5 ns/op\nPASS\nok  \texample.com/m\t1.2s\n"

// each line of logged, changed.
func eachLine(change func(i int, line string) string) string {
	var b strings.Builder
	for i, line := range strings.SplitAfter(strings.TrimSuffix(logged, "\n"), "\n") {
		b.WriteString(change(i, strings.TrimSuffix(line, "\n")) + "\n")
	}
	return b.String()
}

func before(text string) string {
	return eachLine(func(_ int, line string) string { return text + line })
}

// events is logged as `go test -json` writes it: a result's name is an event of its own.
func events() string {
	var b strings.Builder
	event := func(action, output string) {
		raw, _ := json.Marshal(map[string]any{"Time": "2026-11-30T12:00:00.1Z", "Action": action, "Package": "example.com/m", "Output": output})
		fmt.Fprintf(&b, "%s\n", raw)
	}
	event("start", "")
	for _, line := range strings.SplitAfter(strings.TrimSuffix(logged, "\n"), "\n") {
		if name, rest, ok := strings.Cut(line, "\t"); ok && strings.HasPrefix(line, "Benchmark") {
			event("output", name+"\t")
			event("output", rest)
		} else {
			event("output", strings.TrimSuffix(line, "\n")+"\n")
		}
	}
	event("pass", "")
	return b.String()
}

func wide(order byte, mark bool, text string) string {
	units := utf16.Encode([]rune(text))
	if mark {
		units = append([]uint16{0xfeff}, units...)
	}
	var b strings.Builder
	for _, u := range units {
		if order == 'l' {
			b.Write([]byte{byte(u), byte(u >> 8)})
		} else {
			b.Write([]byte{byte(u >> 8), byte(u)})
		}
	}
	return b.String()
}

// What collects output changes how it is written, not what it says.
func TestLogsAreRead(t *testing.T) {
	read := func(content string) (*Set, []string) {
		set, problems := Read([]Input{{Path: filepath.Join(write(t, map[string]string{"a.txt": content}), "a.txt")}}, Chip, 1)
		var told []string
		for _, p := range problems {
			told = append(told, p.In("en"))
		}
		for i := range set.Rows {
			for k := range set.Rows[i].Cells {
				set.Rows[i].Cells[k].File, set.Rows[i].Cells[k].Line = "", 0
			}
		}
		return set, told
	}
	want, _ := read(logged)
	if len(want.Rows) != 2 || want.Columns[0].Label != "kunpeng-920" {
		t.Fatalf("%+v", want)
	}
	crlf := strings.ReplaceAll(logged, "\n", "\r\n")
	for name, content := range map[string]string{
		"UTF-8 with a mark":                "\xef\xbb\xbf" + logged,
		"UTF-16":                           wide('l', true, crlf),
		"UTF-16, big end first":            wide('b', true, crlf),
		"UTF-16 without a mark":            wide('l', false, crlf),
		"UTF-16, big end first, no mark":   wide('b', false, logged),
		"events":                           events(),
		"events in UTF-16":                 wide('l', true, strings.ReplaceAll(events(), "\n", "\r\n")),
		"events behind other lines":        "go: downloading example.com/x v1.0.0\n" + events(),
		"colours":                          eachLine(func(_ int, line string) string { return "\x1b[32m" + line + "\x1b[0m" }),
		"colours inside":                   strings.ReplaceAll(logged, "10.5", "\x1b[1;38;5;9m10.5\x1b[m"),
		"a title and a cleared line":       strings.ReplaceAll(logged, "BenchmarkX", "\x1b]0;go test\x07\x1b[2K\x1b[1GBenchmarkX"),
		"time":                             before("2026-11-30T12:00:00.1234567Z "),
		"time with a zone":                 before("2026-11-30 12:00:00.123 +0800 "),
		"time of package log":              before("2026/11/30 12:00:00 "),
		"time in brackets":                 before("[12:00:00] "),
		"date and time in brackets":        before("[2026-11-30T12:00:00+08:00] "),
		"seconds since boot":               before("[   12.345678] "),
		"time and colours":                 before("\x1b[90m12:00:00.5\x1b[0m "),
		"events with a time before each":   strings.ReplaceAll("\n"+strings.TrimSuffix(events(), "\n"), "\n{", "\n2026-11-30T12:00:00Z {")[1:] + "\n",
		"time before results alone, later": strings.Replace(logged, "BenchmarkY", "2026/11/30 12:00:00 BenchmarkY", 1),
	} {
		t.Run(name, func(t *testing.T) {
			got, told := read(content)
			if len(told) > 0 || !reflect.DeepEqual(got.Rows, want.Rows) || !reflect.DeepEqual(got.Columns, want.Columns) {
				t.Errorf("%+v, told %q; want %+v", got, told, want)
			}
		})
	}
}

func TestPowerShell(t *testing.T) {
	set, problems := Read([]Input{{Path: filepath.Join("testdata", "utf16", "powershell.txt")}}, File, 1)
	// The last line of the file is cut.
	if len(problems) != 1 || !strings.Contains(problems[0].In("en"), "powershell.txt:11: ") || len(set.Rows) != 1 ||
		set.Rows[0].Name != "X" || set.Rows[0].Cells[0].Samples() != 6 {
		t.Errorf("%+v, %v", set, problems)
	}
}

// Places are those of the file that was given.
func TestPlacesInLogs(t *testing.T) {
	content := strings.ReplaceAll(events(), "11.5 ns/op", "NaN ns/op")
	line := 1 + strings.Count(content[:strings.Index(content, "NaN")], "\n")
	_, problems := Read([]Input{{Path: filepath.Join(write(t, map[string]string{"a.txt": content}), "a.txt")}}, Chip, 1)
	if len(problems) != 1 || !strings.Contains(problems[0].In("en"), fmt.Sprintf("a.txt:%d: ", line)) {
		t.Errorf("%v, want line %d", problems, line)
	}
}

// What is no benchmark output is called by its name.
func TestWhatElseIsNamed(t *testing.T) {
	program, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ content, want string }{
		"gzip":             {"\x1f\x8b\x08\x00\x00\x00", "compressed (gzip"},
		"zstd":             {"\x28\xb5\x2f\xfd\x04", "compressed (zstd)"},
		"a spreadsheet":    {"PK\x03\x04\x14\x00", "ZIP archive"},
		"a program":        {string(program[:4096]), "it is a program"},
		"a page":           {"\n<!DOCTYPE html><html></html>", "web page"},
		"other JSON":       {"{\n \"ns\": 5\n}\n", "not that of `go test -json`"},
		"one line of JSON": {`{"ns": 5}` + "\n", "not that of `go test -json`"},
		"benchstat":        {"goos: linux\n     │  old.txt  │  new.txt  │\n     │  sec/op   │  sec/op   vs base │\nX-8  10n ± 1%  20n ± 1% +100%\n", "table that benchstat printed"},
		"bytes":            {"a\x00\x01\x02\x03\x04", "it is no text"},
		"UTF-32":           {"\xff\xfe\x00\x00B\x00\x00\x00", "UTF-32"},
		"names before":     {before("worker-1 | "), `a.txt:4: something stands before the results, here "worker-1 | "`},
		"cut events":       {events()[:len(events())/2], "ends in the middle of a line"},
		"results of two":   {logged + "worker: BenchmarkZ-8 1000 5.5 ns/op\n", `a.txt:9: not read: a result with "worker: " before it`},
	} {
		t.Run(name, func(t *testing.T) {
			_, problems := Read([]Input{{Path: filepath.Join(write(t, map[string]string{"a.txt": c.content}), "a.txt")}}, Chip, 1)
			if len(problems) == 0 || !strings.Contains(problems[0].In("en"), c.want) || problems[0].In("zh") == problems[0].In("en") {
				t.Errorf("%v, want %q", problems, c.want)
			}
		})
	}
}
