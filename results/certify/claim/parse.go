package claim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// versions returns an empty value of the type of each version. A claim is read into today's type; the type of its own
// version shows whether it contains anything else.
var versions = map[int]func() any{
	1:       func() any { return &claim1{} },
	Version: func() any { return &Claim{} },
}

// Parse reads a claim. It returns an error for a claim of a newer version, and for one that differs from the encoding of
// its own version.
func Parse(raw []byte) (Claim, error) {
	var c Claim
	err := json.Unmarshal(raw, &c)
	if c.V > Version { // before all else: in a newer version a field may have another type
		return c, record.Wrongf("", "the claim was made by a newer version (claim %d, this one reads %d): update xcmatrix",
			"声明由更新的版本生成（声明版本 %d，本程序支持 %d）：请升级 xcmatrix", c.V, Version)
	}
	if err == nil {
		err = exact(raw, c.V)
	}
	if err == nil && !store.IsVersion(c.Program) {
		err = fmt.Errorf("%.100q is no version of a program", c.Program)
	}
	if err != nil {
		return c, record.Wrongf("", "the claim cannot be read: %v", "无法读取声明：%v", err)
	}
	return c, nil
}

// exact returns an error if raw differs from the encoding of a version for the same values.
func exact(raw []byte, version int) error {
	empty, ok := versions[version]
	if !ok {
		return errors.New(`no "v"`)
	}
	as := empty()
	if err := record.CheckText(raw); err != nil {
		return err
	}
	if err := json.Unmarshal(raw, as); err != nil {
		return err
	}
	if again, err := json.Marshal(as); err != nil || !bytes.Equal(again, raw) {
		return errors.New("it is not spelt as this program spells one: other readers may see another claim")
	}
	return nil
}
