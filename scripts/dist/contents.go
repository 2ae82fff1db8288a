package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// file is one file of an archive or a package, below its prefix.
type file struct {
	name string // "bin/xcmatrix"
	text []byte
	mode fs.FileMode
}

// documents are the checkout's files that are installed below share/doc/xcmatrix.
var documents = []string{"README.md", "README.zh-CN.md", "CHANGELOG.md", "SECURITY.md", "LICENSE", "docs/*.md"}

const docDir = "share/doc/xcmatrix/"

// contents are the files of a program, in the order of their names.
func contents(source string, p program, modules []module, bom []byte) ([]file, error) {
	raw, err := os.ReadFile(p.path)
	if err != nil {
		return nil, err
	}
	files := []file{{"bin/xcmatrix", raw, 0o755}, {docDir + "sbom.cdx.json", bom, 0o644}, {docDir + "copyright", rights(modules), 0o644}}
	for _, pattern := range append(slices.Clone(documents), "matrix/matrix.yaml") {
		paths, err := filepath.Glob(filepath.Join(source, pattern))
		if err != nil || len(paths) == 0 {
			return nil, fmt.Errorf("no %s in %s: %w", pattern, source, err)
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				return nil, err
			}
			name, err := filepath.Rel(source, path)
			if err != nil {
				return nil, err
			}
			files = append(files, file{docDir + strings.Replace(filepath.ToSlash(name), "matrix/", "examples/", 1), text, 0o644})
		}
	}
	for _, m := range modules[1:] {
		for _, l := range m.licences {
			files = append(files, file{docDir + "licences/" + m.path + "@" + m.version + "/" + l.name, l.text, 0o644})
		}
	}
	manual, err := manualPages(p)
	if err != nil {
		return nil, err
	}
	shells, err := completions()
	if err != nil {
		return nil, err
	}
	files = append(append(files, manual...), shells...)
	slices.SortFunc(files, func(a, b file) int { return strings.Compare(a.name, b.name) })
	return files, nil
}

// rights says under which licence each part is, and where its text lies.
func rights(modules []module) []byte {
	var out bytes.Buffer
	fmt.Fprintf(&out, "xcmatrix is under %s; its text is in LICENSE beside this file.\n\n", modules[0].spdx()[0])
	out.WriteString("The program contains the modules below. Their licences' texts and notices are below licences/, each by module and version.\n\n")
	for _, m := range modules[1:] {
		fmt.Fprintf(&out, "%s %s: %s\n", m.path, m.version, strings.Join(m.spdx(), ", "))
	}
	return out.Bytes()
}

// expression is the licence of the whole as SPDX has it.
func expression(modules []module) string {
	ids := []string{}
	for _, m := range modules[1:] {
		for _, id := range m.spdx() {
			if id != modules[0].spdx()[0] && !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	slices.Sort(ids)
	return strings.Join(append([]string{modules[0].spdx()[0]}, ids...), " AND ")
}
