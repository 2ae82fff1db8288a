package profile

import (
	"embed"
	"errors"
	"io/fs"
	"path"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/regular"
)

//go:embed profiles/*.yaml
var embedded embed.FS

// Names returns the names of the profiles that ship with the program.
func Names() []string {
	var names []string
	files, err := embedded.ReadDir("profiles")
	if err != nil {
		return nil // does not happen: the folder is in the binary
	}
	for _, f := range files {
		names = append(names, strings.TrimSuffix(f.Name(), ".yaml"))
	}
	return names
}

// Shipped reports whether the profile is, byte for byte, the one that this program ships under its name.
func (p *Profile) Shipped() bool {
	text, err := embedded.ReadFile(path.Join("profiles", p.Name+".yaml"))
	return err == nil && string(text) == string(p.Text)
}

// Find reads the shipped profile with the name ref, or the file ref; items are the items that exist. It returns a
// *record.Problem if there is no such profile, or it is wrong.
func Find(ref string, items []string) (*Profile, error) {
	if text, err := embedded.ReadFile(path.Join("profiles", ref+".yaml")); err == nil {
		return Parse("profile "+ref, text, items)
	}
	text, err := regular.ReadNamed(ref, regular.MaxText)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	} else if err != nil {
		return nil, record.Wrongf(ref, "there is no such profile: name a file, or one of %s", "没有这个认证方案：请给出文件或以下名称之一：%s",
			strings.Join(Names(), ", "))
	}
	return Parse(ref, text, items)
}
