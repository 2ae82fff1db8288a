package series

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"os"
	"strconv"

	"golang.org/x/perf/benchfmt"
	"golang.org/x/perf/benchunit"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// reader reads files in the Go benchmark format, one after the other.
type reader struct {
	scratch  scratch
	problems *problems

	part    *part
	label   string
	config  []benchfmt.Config // of the current origin
	origin  int
	origins map[Origin]int
	names   map[string]*[]named // by the benchmark's name
	units   map[string]*unit    // seen so far, as they are written
	pkg     string
	last    []byte   // the name of the line before
	known   *[]named // and its benchmarks; nil before the first line
	steady  bool     // nothing since the last result can have changed the configuration
	values  []float64
}

// named is a benchmark's index in the part, by what its name does not say.
type named struct {
	pkg   string
	unit  *unit
	index int
}

// unit is one that values are in.
type unit struct {
	written  []byte // as it stands in the file
	tidy     string // as it is compared
	factor   float64
	positive bool // none of its values can be zero
}

// file reads one file.
func (r *reader) file(path, label string) *part {
	in, err := os.Open(path)
	if err != nil {
		r.problems.add("open", path, 0, "the file cannot be read: %v", "无法读取文件：%v", withoutPath(err))
		return nil
	}
	defer in.Close()
	return r.read(newLines(in, r.take), path, label)
}

func (r *reader) read(text *lines, path, label string) *part {
	r.begin(label)
	results := benchfmt.NewReader(text, path)
	for results.Scan() {
		switch rec := results.Result().(type) {
		case *benchfmt.Result:
			r.result(rec, text)
		case *benchfmt.SyntaxError:
			r.problems.add("syntax", path, text.line, "not a benchmark result: %s", "不是有效的基准测试结果：%s", rec.Msg)
		case *benchfmt.UnitMetadata:
			if rec.Key == "better" {
				r.part.better[rec.Unit] = record.Better(rec.Value)
			}
		}
	}
	if err := results.Err(); err != nil {
		r.problems.add("read", path, text.line, "reading stopped: %v", "读取中断：%v", withoutPath(err))
	}
	for _, line := range text.long {
		r.problems.add("long", path, line, "the line is longer than %d bytes", "该行超过 %d 字节", maxLine)
	}
	if r.settle(); len(r.part.windows) == 0 {
		r.problems.add("empty", path, 0, "no benchmark results in it", "其中没有基准测试结果")
		return nil
	}
	return r.part
}

// begin begins a part.
func (r *reader) begin(label string) {
	r.part = &part{better: map[string]record.Better{}}
	r.label, r.config, r.origin, r.pkg, r.known, r.steady = label, nil, -1, "", nil, false
	r.origins, r.names, r.units = map[Origin]int{}, map[string]*[]named{}, map[string]*unit{}
}

// add takes a value in, of the current origin.
func (r *reader) add(benchmark, line int, value float64) {
	r.scratch = append(r.scratch, scratched{value, int32(benchmark), int32(r.origin), int32(min(line, math.MaxInt32))})
	if len(r.scratch) >= window {
		r.settle()
	}
}

// settle takes apart what was collected.
func (r *reader) settle() {
	if len(r.scratch) > 0 {
		r.part.windows = append(r.part.windows, r.scratch.chunks(len(r.part.origins)))
		r.scratch = r.scratch[:0]
	}
}

// result takes one line in.
func (r *reader) result(result *benchfmt.Result, text *lines) {
	path, _ := result.Pos()
	line := text.line // what was taken in quickly benchfmt has not counted
	if text.cut && !r.allKnown(result) {
		r.problems.add("cut", path, line, "the file ends in the middle of a line", "文件在一行中间被截断")
		return
	}
	if !r.sameConfig(result.Config) {
		r.setOrigin(result.Config, path, line)
	}
	for i := range result.Values {
		v := &result.Values[i]
		if v.OrigUnit == "" { // benchfmt leaves the unit of 0 ns/op as it is
			_, v.Unit = benchunit.Tidy(1, v.Unit)
		}
		if !r.acceptable(result, i, path, line) {
			continue
		}
		r.add(r.benchmark(result, i), line, v.Value)
	}
	r.steady = true
}

// acceptable reports whether a value can be compared, and says why not.
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

// allKnown reports whether all of a line's units were seen before. In a line that was cut the last unit is cut.
func (r *reader) allKnown(result *benchfmt.Result) bool {
	for _, v := range result.Values {
		if r.units[cmp.Or(v.OrigUnit, v.Unit)] == nil {
			return false
		}
	}
	return true
}

// named finds the benchmarks of a name. Lines of one name mostly follow each other.
func (r *reader) named(name []byte) *[]named {
	if r.known == nil || !bytes.Equal(name, r.last) {
		r.last, r.known = append(r.last[:0], name...), r.names[string(name)]
	}
	return r.known
}

// benchmark returns the index in the part of the benchmark that a result's i-th value is of.
func (r *reader) benchmark(result *benchfmt.Result, i int) int {
	if r.named(result.Name) == nil {
		few := make([]named, 0, 4)
		r.known = &few
		r.names[string(result.Name)] = r.known
	}
	unit, whole := r.unit(&result.Values[i]), ""
	for _, n := range *r.known {
		if n.unit.tidy == unit.tidy && n.pkg == r.pkg {
			return n.index
		}
		whole = r.part.benchmarks[n.index].Name
	}
	if whole == "" {
		whole = string(result.Name)
	}
	index := len(r.part.benchmarks)
	r.part.benchmarks = append(r.part.benchmarks, Benchmark{Pkg: r.pkg, Name: whole, Unit: unit.tidy})
	*r.known = append(*r.known, named{r.pkg, unit, index})
	return index
}

// unit returns the unit of a value.
func (r *reader) unit(v *benchfmt.Value) *unit {
	written := cmp.Or(v.OrigUnit, v.Unit)
	u := r.units[written]
	if u == nil {
		factor, tidy := benchunit.Tidy(1, written)
		u = &unit{[]byte(written), tidy, factor, positive(tidy)}
		r.units[written] = u
	}
	return u
}

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

// setOrigin reads the configuration that holds from here on.
func (r *reader) setOrigin(config []benchfmt.Config, path string, line int) {
	r.config, r.pkg = r.config[:0], ""
	o := Origin{File: r.label}
	for _, c := range config {
		value := string(c.Value)
		r.config = append(r.config, benchfmt.Config{Key: c.Key, Value: []byte(value)})
		switch c.Key {
		case "pkg":
			r.pkg = value
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
	index, ok := r.origins[o]
	if !ok {
		index = len(r.part.origins)
		r.part.origins = append(r.part.origins, o)
		r.origins[o] = index
	}
	r.origin = index
}

// field is the part of an Origin that a configuration key of the Go benchmark format means.
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

// withoutPath is what an error says besides the file's name, which the sentence begins with.
func withoutPath(err error) string {
	if p, ok := err.(*os.PathError); ok {
		return p.Err.Error()
	}
	return fmt.Sprint(err)
}
