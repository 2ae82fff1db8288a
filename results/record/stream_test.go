package record_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
)

const good = `{"v":1,"event":"cell-end","time":"2026-01-02T03:04:05Z","cell_end":{"specs":1}}`

// read reads everything: "event" for an event, else what is wrong with the line.
func read(t *testing.T, in io.Reader) (got []string, lines []int) {
	t.Helper()
	for r := record.NewReader(in); ; {
		e, raw, err := r.Next()
		var wrong *record.LineError
		switch {
		case errors.Is(err, io.EOF):
			return got, lines
		case errors.As(err, &wrong):
			got, lines = append(got, wrong.Err.Error()), append(lines, wrong.Line)
		case err != nil:
			t.Fatal(err)
		default:
			if e.Kind == "" || len(raw) == 0 {
				t.Errorf("event %+v from %q", e, raw)
			}
			got = append(got, "event")
		}
	}
}

func TestReader(t *testing.T) {
	for name, c := range map[string]struct {
		in   string
		want []string // each a part of what is said
	}{
		"nothing":             {"", nil},
		"blank lines":         {"\n\n \t\r\n" + good + "\n\n", []string{"event"}},
		"no last newline":     {good, []string{"event"}},
		"CRLF":                {good + "\r\n" + good + "\r\n", []string{"event", "event"}},
		"garbage":             {"\x7fELF\x01\n" + good + "\n", []string{"not an event", "event"}},
		"half a line":         {good[:30] + "\n" + good + "\n", []string{"not an event", "event"}},
		"half a last line":    {good + "\n" + good[:30], []string{"event", "not an event"}},
		"two on a line":       {good + good + "\n" + good, []string{"not an event", "event"}},
		"NUL":                 {"\x00\n" + good + "\x00\n" + good, []string{"not an event", "not an event", "event"}},
		"a number":            {"7\n", []string{"not an event"}},
		"null":                {"null\n", []string{`no "v"`}},
		"a list":              {"[" + good + "]\n", []string{"not an event"}},
		"no version":          {strings.Replace(good, `"v":1,`, "", 1), []string{`no "v"`}},
		"negative version":    {strings.Replace(good, `"v":1`, `"v":-1`, 1), []string{`no "v"`}},
		"newer version":       {strings.Replace(good, `"v":1`, `"v":2`, 1), []string{"written by a newer version"}},
		"newer with new type": {strings.Replace(strings.Replace(good, `"v":1`, `"v":2`, 1), `{"specs":1}`, `"one"`, 1), []string{"written by a newer version"}},
		"unknown kind":        {strings.Replace(good, "cell-end", "dance", 1), []string{`unknown kind "dance"`}},
		"no body":             {`{"v":1,"event":"cell-end"}`, []string{"cell-end without its body"}},
		"another body":        {strings.Replace(good, `"cell-end"`, `"log"`, 1), []string{"log without its body"}},
		"null body":           {`{"v":1,"event":"log","log":null}`, []string{"log without its body"}},
		"unknown verdict":     {`{"v":1,"event":"spec-end","spec":"s","end":{"verdict":"excellent"}}`, []string{`unknown verdict "excellent"`}},
		"start without one":   {`{"v":1,"event":"spec-start","start":{"deadline_s":30}}`, []string{"without a spec"}},
		"end without a spec":  {`{"v":1,"event":"spec-end","end":{"verdict":"pass"}}`, []string{"without a spec"}},
		"wrong type":          {`{"v":1,"event":"cell-end","cell_end":{"specs":"one"}}`, []string{"not an event"}},
		"unknown field":       {strings.Replace(good, `"v":1`, `"v":1,"colour":"red"`, 1), []string{"event"}},
		"invalid UTF-8":       {strings.Replace(good, `"v":1`, `"v":1,"spec":"`+"\xff\xfe"+`"`, 1), []string{"event"}},
		"too deep by itself":  {strings.Replace(good, `"v":1`, `"v":1,"x":`+nested(10_000), 1) + "\n" + good, []string{"not an event", "event"}},
		"too deep to be kept": {strings.Replace(good, `"v":1`, `"v":1,"x":`+nested(9_999), 1) + "\n" + good, []string{"nested too deeply", "event"}},
		"deep":                {strings.Replace(good, `"v":1`, `"v":1,"x":`+nested(5_000), 1), []string{"event"}},
		"wide":                {strings.Replace(good, `"v":1`, `"v":1,"x":[`+strings.Repeat("[],", 20_000)+"0]", 1), []string{"event"}},
		"as long as may be":   {padded(record.MaxLine-1) + "\n" + good, []string{"event", "event"}},
		"one byte longer":     {padded(record.MaxLine) + "\n" + good, []string{"line too long", "event"}},
		"far too long":        {strings.Repeat("x", 5*record.MaxLine) + "\n" + good, []string{"line too long", "event"}},
		"too long at the end": {good + "\n" + strings.Repeat("x", 2*record.MaxLine), []string{"event", "line too long"}},
	} {
		got, _ := read(t, strings.NewReader(c.in))
		if len(got) != len(c.want) {
			t.Errorf("%s: %.300q, want %q", name, got, c.want)
			continue
		}
		for i := range got {
			if !strings.Contains(got[i], c.want[i]) {
				t.Errorf("%s: %d: %.300q, want %q", name, i, got[i], c.want[i])
			}
		}
	}
}

// nested is a list in a list, n deep.
func nested(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }

// padded is an event of n bytes.
func padded(n int) string {
	const head, end = `{"v":1,"event":"cell-end","cell_end":{"specs":1},"pad":"`, `"}`
	return head + strings.Repeat("x", n-len(head)-len(end)) + end
}

func TestReaderCountsLines(t *testing.T) {
	in := "bad\n\n" + good + "\n" + strings.Repeat("x", record.MaxLine+9) + "\nbad\n"
	if _, lines := read(t, strings.NewReader(in)); len(lines) != 3 || lines[0] != 1 || lines[1] != 4 || lines[2] != 5 {
		t.Errorf("lines %v", lines)
	}
}

// endless is a line of n bytes.
type endless struct{ n int }

func (e *endless) Read(p []byte) (int, error) {
	n := min(e.n, len(p))
	if n == 0 {
		return 0, io.EOF
	}
	e.n -= n
	for i := range p[:n] {
		p[i] = 'x'
	}
	return n, nil
}

func TestReaderInBoundedMemory(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	got, _ := read(t, halves{&endless{256 << 20}})
	runtime.ReadMemStats(&after)
	if len(got) != 1 || got[0] != record.ErrTooLong.Error() {
		t.Errorf("%q", got)
	}
	if grown := after.HeapSys - before.HeapSys; int64(grown) > 16*record.MaxLine {
		t.Errorf("the heap grew by %d MiB", grown>>20)
	}
}

// halves reads in pieces that fit no buffer.
type halves struct{ in io.Reader }

func (h halves) Read(p []byte) (int, error) { return h.in.Read(p[:(len(p)+1)/2]) }

// failing ends with an error of its own.
type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestReaderPassesErrorsOn(t *testing.T) {
	r := record.NewReader(io.MultiReader(strings.NewReader(good+"\n"+good[:9]), failing{}))
	if _, _, err := r.Next(); err != nil {
		t.Error(err)
	}
	if _, _, err := r.Next(); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error(err)
	}
}

func TestWriter(t *testing.T) {
	var out bytes.Buffer
	w := record.NewWriter(&out)
	out.WriteString("garbage without an end")
	var writers sync.WaitGroup
	for range 8 {
		writers.Go(func() {
			for range 50 {
				if err := w.Write(record.Event{Kind: record.KindCellEnd, CellEnd: &record.CellEnd{}}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	writers.Wait()
	got, _ := read(t, &out)
	if len(got) != 401 || !strings.Contains(got[0], "not an event") || got[400] != "event" {
		t.Errorf("%d lines, the first %q", len(got), got[0])
	}
}

func TestWriterStamps(t *testing.T) {
	var out bytes.Buffer
	at := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	w := record.NewWriter(&out)
	for _, e := range []record.Event{{V: 9, Kind: record.KindCellEnd, CellEnd: &record.CellEnd{}, Time: at},
		{Kind: record.KindCellEnd, CellEnd: &record.CellEnd{}}} {
		if err := w.Write(e); err != nil {
			t.Fatal(err)
		}
	}
	r := record.NewReader(&out)
	first, _, err := r.Next()
	if err != nil || first.V != record.Version || !first.Time.Equal(at) {
		t.Errorf("%+v %v", first, err)
	}
	if second, _, err := r.Next(); err != nil || time.Since(second.Time) > time.Hour {
		t.Errorf("%+v %v", second, err)
	}
}

func TestWriterRefuses(t *testing.T) {
	var out bytes.Buffer
	w := record.NewWriter(&out)
	long := record.Event{Kind: record.KindLog, Log: &record.Log{Level: "info", Text: record.Say(strings.Repeat("x", record.MaxLine), "")}}
	if err := w.Write(long); !errors.Is(err, record.ErrTooLong) {
		t.Errorf("too long: %v", err)
	}
	broken := record.Event{Kind: record.KindObservation, Observation: &record.Observation{Name: "n", Value: json.RawMessage("{")}}
	if err := w.Write(broken); err == nil {
		t.Error("what does not encode was taken")
	}
	if out.Len() > 0 {
		t.Errorf("%d bytes written", out.Len())
	}
}

func FuzzReader(f *testing.F) {
	for _, e := range whole {
		e.V = record.Version
		line, err := json.Marshal(e)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(line)
	}
	f.Add([]byte("\n\x00\xff" + good + "\n" + good[:20] + "\n" + `{"v":2,"event":7}` + "\n[[[[\n"))
	f.Add([]byte(strings.Repeat("x", record.MaxLine+1) + "\n" + good))
	f.Fuzz(func(t *testing.T, in []byte) {
		events, lines, last := 0, 0, 0
		for r := record.NewReader(bytes.NewReader(in)); ; {
			e, raw, err := r.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if wrong := new(record.LineError); errors.As(err, &wrong) {
				lines++
				if wrong.Line <= last || len(wrong.Text) > record.MaxLine {
					t.Fatalf("line %d after %d, %d bytes of it kept", wrong.Line, last, len(wrong.Text))
				}
				last = wrong.Line
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			events++
			again, err := record.Parse(raw)
			if err != nil || again.Kind != e.Kind {
				t.Fatalf("%q is an event once, and %v the next time", raw, err)
			}
			if kept := append(append([]byte(`{"event":`), raw...), '}'); !json.Valid(kept) {
				t.Fatalf("%.200q cannot be kept in a journal", raw)
			}
		}
		if most := bytes.Count(in, []byte("\n")) + 1; events+lines > most {
			t.Fatalf("%d events and %d bad lines of %d", events, lines, most)
		}
	})
}

// What is as long as may be is written, and a byte more is refused.
func TestWriterWritesUpToTheLimit(t *testing.T) {
	sized := func(n int) record.Event {
		return record.Event{Time: time.Unix(0, 0).UTC(), Kind: record.KindLog, Log: &record.Log{Level: "info", Text: record.Say(strings.Repeat("x", n), "z")}}
	}
	var out bytes.Buffer
	if err := record.NewWriter(&out).Write(sized(1)); err != nil {
		t.Fatal(err)
	}
	rest := out.Len() - 1 - 1 // without the newline before it, and the text
	out.Reset()
	if err := record.NewWriter(&out).Write(sized(record.MaxLine - rest)); err != nil {
		t.Errorf("as long as may be: %v", err)
	}
	if got, _ := read(t, &out); len(got) != 1 || got[0] != "event" {
		t.Errorf("it is read as %.100q", got)
	}
	if err := record.NewWriter(&out).Write(sized(record.MaxLine - rest + 1)); !errors.Is(err, record.ErrTooLong) {
		t.Errorf("a byte more: %v", err)
	}
}

func TestVerdicts(t *testing.T) {
	for i, v := range record.Verdicts {
		if v.Worse(v) || i > 0 && (v.Worse(record.Verdicts[i-1]) || !record.Verdicts[i-1].Worse(v)) {
			t.Errorf("%s is not in its place", v)
		}
		if v.Reported() != (v != record.Known && v != record.Fixed) {
			t.Errorf("%s is reported: %t", v, v.Reported())
		}
	}
	if record.Verdict("excellent").Reported() || !record.Verdict("excellent").Worse(record.Crash) {
		t.Error("what is no verdict is not worse than all")
	}
}
