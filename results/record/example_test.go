package record_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// A payload writes events; whoever reads them leaves out what is no event and goes on.
func Example() {
	var stream bytes.Buffer
	w := record.NewWriter(&stream)
	for _, e := range []record.Event{
		{Kind: record.KindSpecStart, Spec: "pages are 4 KiB", Start: &record.SpecStart{}},
		{Kind: record.KindSpecEnd, Spec: "pages are 4 KiB", End: &record.SpecEnd{Verdict: record.Pass}},
	} {
		if err := w.Write(e); err != nil {
			fmt.Println(err)
		}
	}
	stream.WriteString("something that a library printed\n")

	for r := record.NewReader(&stream); ; {
		e, _, err := r.Next()
		var garbage *record.LineError
		switch {
		case errors.As(err, &garbage):
			fmt.Println("no event")
			continue
		case errors.Is(err, io.EOF):
			return
		case err != nil:
			fmt.Println(err)
			return
		}
		if e.Kind == record.KindSpecEnd {
			fmt.Println(e.Kind, e.Spec, e.End.Verdict)
		} else {
			fmt.Println(e.Kind, e.Spec)
		}
	}
	// Output:
	// spec-start pages are 4 KiB
	// spec-end pages are 4 KiB pass
	// no event
}

// A Problem is what is wrong with an input, in both languages, with the place.
func ExampleWrongf() {
	err := record.Wrongf("lab.yaml:3", "no chip %q", "没有芯片 %q", "kunpeng-921")
	fmt.Println(err.In("en"))
	fmt.Println(err.In("zh"))
	// Output:
	// lab.yaml:3: no chip "kunpeng-921"
	// lab.yaml:3: 没有芯片 "kunpeng-921"
}

// Verdicts are ordered, the worst first.
func ExampleVerdict_Worse() {
	fmt.Println(record.Crash.Worse(record.Fail), record.Skip.Worse(record.Miss))
	// Output: true false
}
