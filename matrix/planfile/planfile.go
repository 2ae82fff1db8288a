// Package planfile reads and writes a plan for many machines: specs, rounds, seed, vectors and payloads. The results of
// runs by one plan are comparable row by row.
package planfile

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/xcmatrix/xcmatrix/results/pattern"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/regular"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// Version of the file. A newer one is refused.
const Version = 1

// File is a plan for many machines.
type File struct {
	V       int            `json:"v"`
	Tool    string         `json:"tool"`             // version of xcmatrix
	Commit  string         `json:"commit,omitempty"` // of the source the payloads are built from
	Seed    uint64         `json:"seed"`
	Rounds  int            `json:"rounds"`
	Label   string         `json:"label,omitempty"`  // the expression that the specs were chosen by
	Repeat  bool           `json:"repeat,omitempty"` // what does not measure runs in every round too
	Items   []Item         `json:"items"`
	Servers []store.Server `json:"servers,omitempty"` // that were named for the database suite
	Vectors []store.Vector `json:"vectors,omitempty"` // that the user gave
	Program []Payload      `json:"program"`
}

// Item is a suite and its specs, in their order.
type Item struct {
	Item  string `json:"item"`
	Specs []Spec `json:"specs"`
}

// Spec is one spec of the plan.
type Spec struct {
	ID     string   `json:"id"`
	Labels []string `json:"labels,omitempty"`
}

// Payload is the digest of the payload of a build key.
type Payload struct {
	Key    string `json:"key"`
	Digest string `json:"digest"` // "sha256:…"
}

// Limits of a plan.
const (
	MaxSize   = 32 << 20 // bytes of the file
	MaxRounds = 1000
	maxID     = 4096
)

// Text returns the plan as JSON. The same plan always has the same text.
func (f File) Text() ([]byte, error) {
	f.V = Version
	raw, err := json.MarshalIndent(f, "", " ")
	return append(raw, '\n'), err
}

// Read returns the plan in a file, and its digest. It returns a *record.Problem if the file is no valid plan.
func Read(path string) (f File, digest string, err error) {
	raw, err := regular.ReadNamed(path, MaxSize)
	if err != nil {
		return f, "", err
	}
	if f, err = Parse(path, raw); err != nil {
		return f, "", err
	}
	return f, store.DigestOf(raw), nil
}

// An object takes more than leastObject bytes on average, slack apart: smaller ones would fill the memory with what a
// short text says.
const leastObject, slack = 16, 4 << 10

// Parse reads a plan; place is its name in errors. It returns a *record.Problem if the text is no valid plan.
func Parse(place string, raw []byte) (File, error) {
	var f File
	if len(raw) > MaxSize || bytes.Count(raw, []byte(","))*leastObject > len(raw)+slack {
		return f, record.Wrongf(place, "it is no plan: make one with `xcmatrix plan --out FILE`", "这不是计划文件：请用 `xcmatrix plan --out 文件` 生成")
	}
	err := json.Unmarshal(raw, &f)
	if f.V > Version { // before all else: in a newer version a field may have another type
		return f, record.Wrongf(place, "made by a newer version (plan %d, this one reads %d): update xcmatrix", "由更新的版本生成（计划 %d，本程序支持 %d）：请升级 xcmatrix", f.V, Version)
	}
	if err == nil {
		err = record.CheckText(raw)
	}
	if err == nil {
		err = f.check()
	}
	if err == nil {
		var again []byte
		if again, err = f.Text(); err == nil && !bytes.Equal(again, raw) {
			n := 1 + bytes.Count(raw[:common(again, raw)], []byte("\n"))
			return f, record.Wrongf(fmt.Sprint(place, ":", n), "the plan was changed by hand: make it anew with `xcmatrix plan --out FILE`", "计划文件被手工改动：请用 `xcmatrix plan --out 文件` 重新生成")
		}
	}
	if err != nil {
		return f, record.Wrongf(place, "it is no plan: %v; make one with `xcmatrix plan --out FILE`", "这不是计划文件：%v；请用 `xcmatrix plan --out 文件` 生成", err)
	}
	return f, nil
}

// common returns the length in bytes of the common beginning of two texts.
func common(a, b []byte) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

var (
	// Lengths are looked at apart: a counted repetition costs each start of the program.
	digestPattern = pattern.Of(`^sha256:[0-9a-f]+$`)
	keyPattern    = pattern.Of(`^[a-z0-9][a-z0-9._+-]*$`)
)

// check returns an error for values that no plan has.
func (f File) check() error {
	switch {
	case f.V != Version:
		return fmt.Errorf(`no "v"`)
	case !store.IsVersion(f.Tool) || !store.IsVersion(f.Commit):
		return fmt.Errorf("%.100q is no version of a program", f.Tool+" "+f.Commit)
	case f.Rounds < 1 || f.Rounds > MaxRounds:
		return fmt.Errorf("%d rounds: 1 to %d are possible", f.Rounds, MaxRounds)
	case len(f.Items) == 0:
		return fmt.Errorf("it has no suite")
	case len(f.Label) > maxID:
		return fmt.Errorf("its label expression is too long")
	}
	items := map[string]bool{}
	for _, i := range f.Items {
		if !store.IsID(i.Item) || items[i.Item] {
			return fmt.Errorf("%.100q is no suite, or stands twice", i.Item)
		}
		items[i.Item] = true
		if err := i.check(); err != nil {
			return err
		}
	}
	for _, p := range f.Program {
		const maxKey, digest = 128, len("sha256:") + 64 // bytes
		if len(p.Key) > maxKey || !keyPattern().MatchString(p.Key) || len(p.Digest) != digest || !digestPattern().MatchString(p.Digest) {
			return fmt.Errorf("%.100q is no digest of a payload", p.Key+" "+p.Digest)
		}
	}
	return nil
}

// check returns an error for an item without specs, or with a wrong or duplicate id.
func (i Item) check() error {
	if len(i.Specs) == 0 {
		return fmt.Errorf("the suite %s has no specs", i.Item)
	}
	specs := make(map[string]bool, len(i.Specs))
	for _, s := range i.Specs {
		if s.ID == "" || len(s.ID) > maxID || specs[s.ID] {
			return fmt.Errorf("the spec %.100q of %s is none, or stands twice", s.ID, i.Item)
		}
		specs[s.ID] = true
	}
	return nil
}

// Names returns the items of the plan.
func (f File) Names() []string {
	var names []string
	for _, i := range f.Items {
		names = append(names, i.Item)
	}
	return names
}

// Specs returns the plan's specs of an item. It returns a *record.Problem if this program does not have one of them, or
// has it with other labels.
func (f File) Specs(item string, have []record.SpecPlan) ([]record.SpecPlan, error) {
	at := slices.IndexFunc(f.Items, func(i Item) bool { return i.Item == item })
	if at < 0 {
		return nil, nil
	}
	byID := make(map[string]record.SpecPlan, len(have))
	for _, s := range have {
		byID[s.ID] = s
	}
	var specs []record.SpecPlan
	for _, s := range f.Items[at].Specs {
		own, ok := byID[s.ID]
		if !ok || !slices.Equal(own.Labels, s.Labels) {
			return nil, record.Wrongf("--plan", "this program does not have the spec %.200q of %s as the plan has it: run the program that made the plan (%s), with the same servers named",
				"本程序中 %[2]s 的检查项 %.200[1]q 与计划不符：请使用生成该计划的程序（%[3]s），并指定相同的服务器", s.ID, item, f.Tool)
		}
		specs = append(specs, own)
	}
	return specs, nil
}

// CheckInputs returns a *record.Problem if the vectors or the servers of a selection are not those of the plan.
func (f File) CheckInputs(own *store.Selection) error {
	if !slices.Equal(own.Vectors, f.Vectors) && len(own.Vectors)+len(f.Vectors) > 0 {
		return record.Wrongf("--plan", "XCMATRIX_VECTORS has other files than the plan (%d here, %d there): name the directory that the plan was made with", "XCMATRIX_VECTORS 的文件与计划不同（此处 %d 个，计划 %d 个）：请指定生成计划时所用的目录", len(own.Vectors), len(f.Vectors))
	}
	named := func(list []store.Server) string {
		all := ""
		for _, s := range list {
			all += " " + s.Database
		}
		return cmp.Or(all, " none")
	}
	if named(own.Servers) != named(f.Servers) {
		return record.Wrongf("--plan", "other servers are named than in the plan (here:%s; in the plan:%s): name the same ones", "指定的服务器与计划不同（此处：%s；计划：%s）：请指定相同的服务器", named(own.Servers), named(f.Servers))
	}
	return nil
}

// Fits returns a *record.Problem if the plan has another digest for the payload of a build key.
func (f File) Fits(key, digest string) error {
	for _, p := range f.Program {
		if p.Key == key && p.Digest != digest {
			return record.Wrongf("--plan", "this program gives another payload for %s than the plan was made with (%.19s…, the plan has %.19s…): run the program that made the plan (%s %.12s)",
				"本程序为 %s 生成的测试程序与计划不同（%.19s…，计划为 %.19s…）：请使用生成该计划的程序（%s %.12s）", key, digest, p.Digest, f.Tool, f.Commit)
		}
	}
	return nil
}
