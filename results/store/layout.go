package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/xcmatrix/xcmatrix/results/pattern"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// layout returns empty values of the types that a version's writer wrote.
type layout struct {
	manifest, seal func() any
}

// layouts are all versions of a run's directory, from 1. A file is read into today's types; the types of its own version
// show whether it contains anything else, or in another encoding.
var layouts = map[int]layout{
	1:       {func() any { return &manifest1{} }, func() any { return &seal1{} }},
	Version: {func() any { return &Manifest{} }, func() any { return &Seal{} }},
}

// encode returns the encoding of a file, which is the same in every version.
func encode(content any) ([]byte, error) {
	raw, err := json.MarshalIndent(content, "", " ")
	return append(raw, '\n'), err
}

// exact returns an error if text differs from the encoding of the same values by the type of as.
func exact(text []byte, as any) error {
	if err := json.Unmarshal(text, as); err != nil {
		return err
	}
	return encodedAs(text, as)
}

// encodedAs does what exact does for a value that was read from the text already.
func encodedAs(text []byte, as any) error {
	if err := record.CheckText(text); err != nil {
		return err
	}
	again, err := encode(as)
	if err != nil {
		return err
	}
	if n := differ(again, text); n > 0 {
		return record.Wrongf("", "line %d is not as this program writes it: something was changed by hand",
			"第 %d 行与本程序的写法不同：有人改动过", n)
	}
	return nil
}

// reason returns the text of an error, in both languages if it has them.
func reason(err error) any {
	if p, ok := err.(*record.Problem); ok {
		return p.Sentence
	}
	return err
}

// differ returns the first line in which two texts differ; 0 if they are equal.
func differ(a, b []byte) int {
	if bytes.Equal(a, b) {
		return 0
	}
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return bytes.Count(a[:n], []byte("\n")) + 1
}

// A value in a manifest, with its name and indentation, takes more than leastValue bytes on average, slack apart: values
// that take fewer would fill the memory with what a short text says.
const leastValue, slack = 16, 4 << 10

// parseManifest reads a manifest; place is its name in errors. It returns a *record.Problem if it is not valid.
func parseManifest(place string, raw []byte) (Manifest, error) {
	var m Manifest
	if bytes.Count(raw, []byte(","))*leastValue > len(raw)+slack {
		return m, record.Wrongf(place, "the manifest is damaged: it is not as this program writes it", "清单已损坏：与本程序的写法不符")
	}
	err := json.Unmarshal(raw, &m)
	if m.V > Version { // before all else: in a newer version a field may have another type
		return m, record.Wrongf(place, "made by a newer version (layout %d, this one reads %d): update xcmatrix",
			"由更新的版本生成（布局 %d，本程序支持 %d）：请升级 xcmatrix", m.V, Version)
	}
	if err == nil {
		if m.V == Version {
			err = encodedAs(raw, &m)
		} else if l, ok := layouts[m.V]; ok {
			err = exact(raw, l.manifest())
		} else {
			err = errors.New(`no "v"`)
		}
	}
	if err == nil {
		err = m.check()
	}
	if err != nil {
		return m, record.Wrongf(place, "the manifest is damaged: %v", "清单已损坏：%v", reason(err))
	}
	return m, nil
}

// parseSeal reads the seal of a run of a version; place is its name in errors. It returns a *record.Problem if it is not
// valid.
func parseSeal(place string, raw []byte, version int) (*Seal, error) {
	var s Seal
	err := exact(raw, layouts[version].seal())
	if err == nil {
		err = json.Unmarshal(raw, &s)
	}
	if err != nil {
		return nil, record.Wrongf(place, "the seal is damaged: %v", "封存记录已损坏：%v", reason(err))
	}
	return &s, nil
}

// idPattern matches the ids of runs, targets and items: one part of a path, which cannot lead out of a directory.
var idPattern = pattern.Of(`^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$`)

// IsID reports whether a text can be the id of a run, a target or an item.
func IsID(text string) bool { return idPattern().MatchString(text) }

// versionPattern matches versions of programs as the Go toolchain writes them; "" if unknown.
var versionPattern = pattern.Of(`^[A-Za-z0-9()._+-]{0,128}$`)

// IsVersion reports whether a text can be a program's version. Sentences contain it, so it cannot be any text.
func IsVersion(text string) bool { return versionPattern().MatchString(text) }

// check returns an error for a wrong version, a record of suites that cannot be checked, a wrong id, and anything that is
// planned twice.
func (m *Manifest) check() error {
	if err := checkID("a run", m.Run); err != nil {
		return err
	}
	if !IsVersion(m.Tool) {
		return fmt.Errorf("%.100q is no version of a program: letters, digits, dots, hyphens, plus signs, underscores and brackets, 128 at most", m.Tool)
	}
	if m.Selection == nil && len(m.Suites) > 0 {
		return errors.New("it says how many specs the suites have, and not what was asked for: both or neither")
	}
	if err := m.Product.check(); err != nil {
		return err
	}
	targets := map[string]bool{}
	for _, t := range m.Targets {
		if err := checkID("a target", t.ID); err != nil {
			return err
		}
		if targets[t.ID] {
			return fmt.Errorf("the target %q is declared twice", t.ID)
		}
		targets[t.ID] = true
	}
	for _, item := range m.Items {
		if err := checkID("an item", item); err != nil {
			return err
		}
	}
	for _, x := range m.Excluded {
		if err := errors.Join(checkID("a target", x.Target), checkID("an item", x.Item)); err != nil {
			return err
		}
	}
	return m.checkCells()
}

// checkCells does what check does, for cells.
func (m *Manifest) checkCells() error {
	cells := map[Cell]bool{}
	for _, c := range m.Cells {
		if err := checkID("a target", c.Target); err != nil {
			return err
		}
		if err := checkID("an item", c.Item); err != nil {
			return err
		}
		at := Cell{Target: c.Target, Item: c.Item, Round: c.Round}
		if cells[at] {
			return fmt.Errorf("the cell %s/%s round %d is planned twice", c.Target, c.Item, c.Round)
		}
		cells[at] = true
		specs := make(map[string]bool, len(c.Specs))
		for _, s := range c.Specs {
			if specs[s.ID] {
				return fmt.Errorf("the spec %.200q is planned twice in the cell %s/%s round %d", s.ID, c.Target, c.Item, c.Round)
			}
			specs[s.ID] = true
		}
	}
	return nil
}

// checkID returns an error if id cannot be the id of what.
func checkID(what, id string) error {
	if !idPattern().MatchString(id) {
		return fmt.Errorf("%.100q cannot be the id of %s: letters, digits, dots, hyphens and underscores, 128 at most", id, what)
	}
	return nil
}
