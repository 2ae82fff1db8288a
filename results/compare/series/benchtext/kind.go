package benchtext

import (
	"bytes"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// kinds are files that people give instead of benchmark results, by their first bytes, and what to do with each.
var kinds = []struct {
	begins string
	is     record.Sentence
}{
	{"\x1f\x8b", record.Say("it is compressed (gzip; profiles are too): unpack it", "该文件经 gzip 压缩（性能剖析文件也是如此）：请先解压")},
	{"PK\x03\x04", record.Say("it is a ZIP archive, as spreadsheets are: unpack it, or save it as text", "该文件是 ZIP 归档（电子表格也是）：请解压或另存为文本")},
	{"\x28\xb5\x2f\xfd", record.Say("it is compressed (zstd): unpack it", "该文件经 zstd 压缩：请先解压")},
	{"\xfd7zXZ", record.Say("it is compressed (xz): unpack it", "该文件经 xz 压缩：请先解压")},
	{"BZh", record.Say("it is compressed (bzip2): unpack it", "该文件经 bzip2 压缩：请先解压")},
	{"\x7fELF", record.Say("it is a program: run it with -test.bench=. and give its output", "该文件是程序：请用 -test.bench=. 运行它，并给出其输出")},
	{"%PDF", record.Say("it is a PDF document", "该文件是 PDF 文档")},
	{"<", record.Say("it is a web page or XML: give the text that `go test -bench` prints", "该文件是网页或 XML：请给出 `go test -bench` 打印的文本")},
	{"{", record.Say("it is JSON, but not that of `go test -json`", "该文件是 JSON，但不是 `go test -json` 的输出")},
	{"[", record.Say("it is JSON, but not that of `go test -json`", "该文件是 JSON，但不是 `go test -json` 的输出")},
	{"\xff\xfe\x00\x00", record.Say("it is text in UTF-32: save it as UTF-8", "该文件是 UTF-32 文本：请另存为 UTF-8")},
}

// Kind returns a sentence that says what kind of file begins with head, and what to do with it. It returns nil if the kind
// is not known.
func Kind(head []byte) *record.Sentence {
	text := bytes.TrimSpace(head)
	for _, k := range kinds {
		if begins := []byte(k.begins); bytes.HasPrefix(head, begins) || bytes.HasPrefix(text, begins) {
			return &k.is
		}
	}
	for _, words := range []string{"│ sec/op", "vs base", "old time/op"} {
		if bytes.Contains(head, []byte(words)) {
			s := record.Say("it is a table that benchstat printed: give the results that it was made from",
				"该文件是 benchstat 打印的表格：请给出制表所用的原始结果")
			return &s
		}
	}
	if bytes.IndexByte(head, 0) >= 0 {
		s := record.Say("it is no text", "该文件不是文本")
		return &s
	}
	return nil
}
