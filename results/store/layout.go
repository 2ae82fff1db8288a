package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/xcmatrix/xcmatrix/results/pattern"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// layout makes empty values of the types that a version's writer wrote.
type layout struct {
	manifest, seal func() any
}

// layouts are all versions of a run's directory, from 1. What is in a file is read by today's types; that there is
// nothing else in it, and nothing spelt otherwise, is held against the types of its own version.
var layouts = map[int]layout{
	1:       {func() any { return &manifest1{} }, func() any { return &seal1{} }},
	Version: {func() any { return &Manifest{} }, func() any { return &Seal{} }},
}

// spell is how every version writes a file.
func spell(content any) ([]byte, error) {
	raw, err := json.MarshalIndent(content, "", " ")
	return append(raw, '\n'), err
}

// exact reports why text is not exactly what the writer of as's type writes for what text says, nil where it is.
func exact(text []byte, as any) error {
	if err := json.Unmarshal(text, as); err != nil {
		return err
	}
	return spelt(text, as)
}

// spelt is exact for what was read from the text already.
func spelt(text []byte, as any) error {
	if err := record.CheckText(text); err != nil {
		return err
	}
	again, err := spell(as)
	if err != nil {
		return err
	}
	if n := differ(again, text); n > 0 {
		return record.Wrongf("", "line %d is not as this program writes it: something was changed by hand",
			"第 %d 行与本程序的写法不同：有人改动过", n)
	}
	return nil
}

// reason is what an error says, in both languages where it has them.
func reason(err error) any {
	if p, ok := err.(*record.Problem); ok {
		return p.Sentence
	}
	return err
}

// differ is the first line in which two texts differ, 0 where they are equal.
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

// parseManifest reads a manifest that stands at place.
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
			err = spelt(raw, &m)
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

// parseSeal reads the seal of a run, of which version says how it was written.
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

// idPattern is what a run, a target and an item can be called: one part of a path, that cannot lead out of a directory.
var idPattern = pattern.Of(`^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$`)

// IsID reports whether a text can name a run, a target or an item.
func IsID(text string) bool { return idPattern().MatchString(text) }

// versionPattern is what the Go toolchain calls a version of a program; "" where it was not told.
var versionPattern = pattern.Of(`^[A-Za-z0-9()._+-]{0,128}$`)

// IsVersion reports whether a text can be a program's version. Sentences name it, so that it must not be one itself.
func IsVersion(text string) bool { return versionPattern().MatchString(text) }

// check reports a version that is none, a record of the suites that nobody can check, an id that names no run, target or item, and what is planned twice.
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

func checkID(what, id string) error {
	if !idPattern().MatchString(id) {
		return fmt.Errorf("%.100q cannot be the id of %s: letters, digits, dots, hyphens and underscores, 128 at most", id, what)
	}
	return nil
}
