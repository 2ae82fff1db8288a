package device

import "github.com/xcmatrix/xcmatrix/suites/disk/sysfs"

// Step is what a read of a device shows while it is removed and comes back.
type Step uint8

const (
	There   Step = iota // the read succeeds, with a size
	Failing             // EIO: the device does not answer any more
	Empty               // size 0, or ENXIO: the name is there, without a medium
	Away                // ENODEV or ENOENT
	Wrong               // an error that no removed device gives
)

var stepNames = [...]string{"there", "EIO", "empty", "away", "wrong"}

// String returns the step's name.
func (s Step) String() string {
	if int(s) < len(stepNames) {
		return stepNames[s]
	}
	return "wrong"
}

// StepOf returns what a read shows that gave a size or an error.
func StepOf(bytes uint64, err error) Step {
	switch sysfs.Classify(err) {
	case sysfs.OK:
		if bytes == 0 {
			return Empty
		}
		return There
	case sysfs.Failed:
		return Failing
	case sysfs.Empty:
		return Empty
	case sysfs.Absent, sysfs.Removed:
		return Away
	}
	return Wrong
}

// Follows reports whether a device that is removed, or comes back, may show one step right after another. Each of EIO, empty and away
// may be missed, since each may be short; none of them leads back to one before it. A device that comes back may be empty for a
// moment: the kernel may show its name before its size.
func Follows(before, after Step) bool {
	switch {
	case before == Wrong || after == Wrong:
		return false
	case after == There || after == before:
		return true
	case before == Away:
		return after == Empty
	}
	return after > before
}

// Removal reports whether steps are those of one device that was there, was removed, and came back, in an order that Follows
// allows: back says whether it has come back, after which it stays. A device that was away and then empty must come back.
func Removal(steps []Step) (right, back bool) {
	gone, away := false, false
	for i, s := range steps {
		switch {
		case s == Wrong, i > 0 && !Follows(steps[i-1], s):
			return false, false
		case back && s != There:
			return false, false
		case s == There:
			back = gone
		case s == Away && away && steps[i-1] == Empty:
			return false, false
		}
		gone = gone || s != There
		away = away || s == Away
	}
	return true, back
}
