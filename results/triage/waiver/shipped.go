package waiver

import (
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// Widened returns the number of waivers of the file text that the shipped file does not have: with other findings, for
// more targets, or with a later date. It is 0 if a file cannot be read.
func Widened(text, shipped []byte) int {
	if string(text) == string(shipped) {
		return 0
	}
	list, err := Parse("waivers", text)
	own, errOwn := Parse("shipped waivers", shipped)
	if err != nil || errOwn != nil {
		return 0
	}
	n := 0
	for _, w := range list {
		if !slices.ContainsFunc(own, w.within) {
			n++
		}
	}
	return n
}

// within reports whether other waives everything that w does.
func (w Waiver) within(other Waiver) bool {
	if w.Finding != other.Finding || w.Expires.After(other.Expires) {
		return false
	}
	if len(other.Targets) == 0 {
		return true
	}
	return len(w.Targets) > 0 && !slices.ContainsFunc(w.Targets, func(t string) bool { return !slices.Contains(other.Targets, t) })
}

// Certifies returns a *record.Problem for a waiver that is too wide for a certificate: after the item it has to name a
// subject. abi/*, abi/*/* and abi/c* would each waive findings that nobody has seen yet.
func (l List) Certifies() error {
	for _, w := range l {
		_, rest, _ := strings.Cut(w.Finding, "/")
		if subject, _, _ := strings.Cut(rest, "/"); strings.Contains(subject, "*") {
			return record.Wrongf(w.Place, "the waiver of %q is too wide to certify with: name what it is about after the item, as in crypto/tjfoc/*",
				"豁免 %q 过宽，不能用于认证：请在项名之后写明对象，如 crypto/tjfoc/*", w.Finding)
		}
	}
	return nil
}
