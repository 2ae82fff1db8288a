package series

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"

	"golang.org/x/perf/benchfmt"
	"golang.org/x/perf/benchunit"

	"github.com/xcmatrix/xcmatrix/results/compare/series/benchtext"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/regular"
)

// reader reads files in the Go benchmark format, one after the other.
type reader struct {
	problems *problems
	buffer   *bufio.Reader
	head     []byte // the beginning of the file

	part     *part
	label    string
	config   []benchfmt.Config // of the current origin
	origin   int
	origins  map[Origin]int
	packages map[string]map[string]*name
	names    map[string]*name // of the current package
	usual    int              // number of names of the package that was read last
	units    map[string]*unit // seen so far, by their text
	pkg      string
	last     []byte // the beginning of the line before, up to the end of its name
	known    *name  // and that name; nil before the first line
	steady   bool   // no line since the last result can have changed the configuration
	group    lineGroup

	collected  int       // number of values of this window
	chunks     []chunk   // of this window, from line groups
	scratch    scratch   // the other values of this window
	free       []float64 // unused memory for chunks
	constants  map[repeated][]float64
	values     []float64 // of a line, like the next field
	benchmarks []int32
}

// file reads one file.
func (r *reader) file(path, label string) *part {
	in, err := regular.OpenNamed(path, regular.MaxJournal)
	if err != nil {
		r.problems.refused(path, err)
		return nil
	}
	defer in.Close()
	return r.read(benchtext.NewLines(r.buffered(in), r.quick), path, label)
}

// buffered reads a file through the buffer that all files share.
func (r *reader) buffered(in io.Reader) *bufio.Reader {
	if r.buffer == nil {
		r.buffer = bufio.NewReaderSize(in, benchtext.MaxLine)
	}
	r.buffer.Reset(in)
	head, _ := r.buffer.Peek(headLength)
	r.head = append(r.head[:0], head...)
	return benchtext.Decode(r.buffer)
}

// headLength is the number of bytes at the beginning of a file that show its kind.
const headLength = 2048

// empty adds the problem that a file has no results, with its probable kind.
func (r *reader) empty(path string, text *benchtext.Lines) {
	is := benchtext.Kind(r.head)
	hidden, before := text.Hidden()
	switch {
	case hidden > 0:
		r.problems.add("empty", path, hidden, "something stands before the results, here %q: cut it off",
			"结果之前还有其他内容，此处为 %q：请将其去除", before)
	case is != nil:
		r.problems.add("empty", path, 0, "no benchmark results in it: %[1]s", "其中没有基准测试结果：%[2]s", is.En, is.In("zh"))
	default:
		r.problems.add("empty", path, 0, "no benchmark results in it", "其中没有基准测试结果")
	}
}

// read reads the results of a text. It returns nil, and adds a problem, if there are none.
func (r *reader) read(text *benchtext.Lines, path, label string) *part {
	r.begin(label)
	results := benchfmt.NewReader(text, path)
	for results.Scan() {
		switch rec := results.Result().(type) {
		case *benchfmt.Result:
			r.result(rec, text)
		case *benchfmt.SyntaxError:
			r.problems.add("syntax", path, text.Number, "not a benchmark result: %s", "不是有效的基准测试结果：%s", rec.Msg)
		case *benchfmt.UnitMetadata:
			if rec.Key == "better" {
				r.part.better[rec.Unit] = record.Better(rec.Value)
			}
		}
	}
	if err := results.Err(); err != nil {
		r.problems.add("read", path, text.Number, "reading stopped: %v", "读取中断：%v", withoutPath(err))
	}
	for _, line := range text.Long {
		r.problems.add("long", path, line, "the line is longer than %d bytes", "该行超过 %d 字节", benchtext.MaxLine)
	}
	if text.Broken() {
		r.problems.add("cut", path, text.Number, "the file ends in the middle of a line", "文件在一行中间被截断")
	}
	if !r.end() {
		if len(r.problems.list) > 0 {
			return nil // problems has the reason
		}
		r.empty(path, text)
		return nil
	}
	if hidden, before := text.Hidden(); hidden > 0 {
		r.problems.add("hidden", path, hidden, "not read: a result with %q before it", "未读取：结果之前有 %q", before)
	}
	return r.part
}

// begin begins a part.
func (r *reader) begin(label string) {
	r.part = &part{better: map[string]record.Better{}}
	r.label, r.config, r.origin, r.steady = label, nil, -1, false
	r.origins, r.packages, r.units = map[Origin]int{}, map[string]map[string]*name{}, map[string]*unit{}
	r.inPackage("")
}

// end ends the part, and reports whether it has any values.
func (r *reader) end() bool {
	r.endGroup()
	r.endWindow()
	r.usual = len(r.names)
	return len(r.part.windows) > 0
}

// result adds the values of one line that benchfmt read.
func (r *reader) result(result *benchfmt.Result, text *benchtext.Lines) {
	path, _ := result.Pos()
	line := text.Number // benchfmt does not count the lines that quick read
	if text.Cut && !r.allKnown(result) {
		r.problems.add("cut", path, line, "the file ends in the middle of a line", "文件在一行中间被截断")
		return
	}
	if !r.sameConfig(result.Config) {
		r.setOrigin(result.Config, path, line)
	}
	r.benchmarks, r.values = r.benchmarks[:0], r.values[:0]
	for i := range result.Values {
		v := &result.Values[i]
		if v.OrigUnit == "" { // benchfmt does not convert the unit of 0 ns/op
			_, v.Unit = benchunit.Tidy(1, v.Unit)
		}
		if r.acceptable(result, i, path, line) {
			r.benchmarks = append(r.benchmarks, r.benchmark(r.named(result.Name), r.unit(v)))
			r.values = append(r.values, v.Value)
		}
	}
	r.addLine(r.benchmarks, line, r.values)
	r.steady = true
}

// acceptable reports whether a value can be compared. If not, it adds a problem with the reason.
func (r *reader) acceptable(result *benchfmt.Result, i int, path string, line int) bool {
	v := result.Values[i]
	for _, before := range result.Values[:i] {
		if before.Unit == v.Unit {
			r.problems.add("twice", path, line, "%s has %s twice in one line", "%s 在一行中出现两次 %s", result.Name, v.Unit)
			return false
		}
	}
	switch {
	case math.IsNaN(v.Value) || math.IsInf(v.Value, 0):
		r.problems.add("nan", path, line, "%s: %v %s is not a number to compare", "%s：%v %s 不是可比较的数值", result.Name, v.Value, v.Unit)
	case v.Value < 0:
		r.problems.add("negative", path, line, "%s: %v %s is negative", "%s：%v %s 为负值", result.Name, v.Value, v.Unit)
	case v.Value == 0 && positive(v.Unit):
		r.problems.add("zero", path, line, "%s: 0 %s: nothing takes no time", "%s：0 %s，任何操作都不可能不耗时", result.Name, v.Unit)
	default:
		return true
	}
	return false
}

// allKnown reports whether all of a line's units were seen before. The last unit of a line that was cut is unknown.
func (r *reader) allKnown(result *benchfmt.Result) bool {
	for _, v := range result.Values {
		if r.units[cmp.Or(v.OrigUnit, v.Unit)] == nil {
			return false
		}
	}
	return true
}

// sameConfig reports whether a configuration is that of the current origin.
func (r *reader) sameConfig(config []benchfmt.Config) bool {
	if r.origin < 0 || len(config) != len(r.config) {
		return false
	}
	for i := range config {
		if config[i].Key != r.config[i].Key || !bytes.Equal(config[i].Value, r.config[i].Value) {
			return false
		}
	}
	return true
}

// setOrigin sets the origin of the results that follow by their configuration.
func (r *reader) setOrigin(config []benchfmt.Config, path string, line int) {
	r.endGroup()
	r.config = r.config[:0]
	pkg, o := "", Origin{File: r.label}
	for _, c := range config {
		value := string(c.Value)
		r.config = append(r.config, benchfmt.Config{Key: c.Key, Value: []byte(value)})
		switch c.Key {
		case "pkg":
			pkg = value
		case "round":
			n, err := strconv.Atoi(value)
			if err != nil || n < 1 {
				r.problems.add("round", path, line, "round: %s is not a number from 1", "round: %s 不是从 1 开始的编号", value)
			}
			o.Round = max(0, n)
		case "provenance":
			o.Provenance = record.Provenance(value)
		default:
			if field := o.field(c.Key); field != nil {
				*field = value
			}
		}
	}
	r.inPackage(pkg)
	index, ok := r.origins[o]
	if !ok {
		index = len(r.part.origins)
		r.part.origins = append(r.part.origins, o)
		r.origins[o] = index
	}
	r.origin = index
}

// field returns the field of an Origin for a configuration key of the Go benchmark format; nil for another key.
func (o *Origin) field(key string) *string {
	switch key {
	case "run":
		return &o.Run
	case "commit":
		return &o.Commit
	case "target":
		return &o.Target
	case "chip":
		return &o.Chip
	case "system":
		return &o.System
	case "goarch":
		return &o.GOARCH
	case "build-key":
		return &o.BuildKey
	case "payload":
		return &o.Payload
	case "noise":
		return &o.Noise
	}
	return nil
}

// withoutPath returns the text of an error without the file's name.
func withoutPath(err error) string {
	if p, ok := err.(*os.PathError); ok {
		return p.Err.Error()
	}
	return fmt.Sprint(err)
}
