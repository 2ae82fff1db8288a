package series

import "github.com/xcmatrix/xcmatrix/results/record"

// within says how the targets of one column are kept apart, where columns are commits, runs or files.
type within struct {
	by     By
	native map[string]bool // columns that have values of a real machine
	apart  bool            // a row is of one target
}

// withinOf returns how the targets of parts are kept apart. Those of commits and runs always are; those of files only where a
// file has several, so that files of two machines stand side by side.
func withinOf(parts []*part, by By) within {
	w := within{by: by, native: map[string]bool{}, apart: by == Commit || by == Run}
	if by != File && !w.apart {
		return w
	}
	targets := map[string]string{}
	for _, emulated := range []bool{false, true} { // real machines first
		for _, p := range parts {
			for i := range p.origins {
				o := &p.origins[i]
				label := o.Label(by)
				if isReal(o) == emulated || w.leftOut(o) {
					continue
				}
				w.native[label] = w.native[label] || isReal(o)
				if before, is := targets[label]; is && before != o.Target {
					w.apart = true
				}
				targets[label] = o.Target
			}
		}
	}
	return w
}

// isReal reports whether values are of a real machine, as far as is known.
func isReal(o *Origin) bool { return o.Provenance == "" || o.Provenance == record.Native }

// leftOut reports whether values are left out because they are emulated, in a column that has others: a run of several
// targets is compared on the real ones.
func (w *within) leftOut(o *Origin) bool { return !isReal(o) && w.native[o.Label(w.by)] }

// target returns the target of a row; "" where rows are of all targets.
func (w *within) target(o *Origin) string {
	if w.apart {
		return o.Target
	}
	return ""
}
