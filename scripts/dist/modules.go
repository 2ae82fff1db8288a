package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// module is a part of a program: the program's own module, one that it was built with, or Go's standard library.
type module struct {
	path, version string
	sum           string // "h1:…" as in go.sum; "" for the program's own and for Go's
	licences      []licence
}

// licence is a file with a licence's text, a notice or a grant of patents.
type licence struct {
	name string // relative to the module's root
	text []byte
}

// spdx are the licences of a module by their SPDX ids, those of the file at its root first.
func (m module) spdx() []string {
	var ids []string
	for _, l := range m.licences {
		if id := classify(l.text); id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// goModule is what the standard library is called in lists.
const goModule = "std"

// modulesOf returns the parts of a program, as its own build info lists them, with the texts of their licences: the
// program's module, Go, and the others in the order of their paths.
func modulesOf(ctx context.Context, source string, p program) ([]module, error) {
	out, err := goCommand(ctx, source, "env", "GOROOT")
	if err != nil {
		return nil, err
	}
	goroot := strings.TrimSpace(string(out))
	all := []module{{path: p.info.Main.Path, version: p.info.Main.Version}, {path: goModule, version: p.info.GoVersion}}
	dirs := []string{source, goroot}
	deps := built(p.info)
	found, err := directories(ctx, source, deps)
	if err != nil {
		return nil, err
	}
	for _, d := range deps {
		all, dirs = append(all, module{path: d.Path, version: d.Version, sum: d.Sum}), append(dirs, found[d.Path+"@"+d.Version])
	}
	for i := range all {
		deep := i > 1 // of the program and of Go the file at the root alone: the rest is not in the program
		if all[i].licences, err = licencesIn(dirs[i], deep); err != nil {
			return nil, err
		}
		if len(all[i].spdx()) == 0 {
			return nil, record.Wrongf(all[i].path+"@"+all[i].version, "no licence that is known was found in %s: add it to classify in scripts/dist",
				"在 %s 中未找到可识别的许可证：请在 scripts/dist 的 classify 中补充", dirs[i])
		}
	}
	return all, nil
}

// built are the modules that a program was built with, each as what replaced it.
func built(info *debug.BuildInfo) []*debug.Module {
	var all []*debug.Module
	for _, d := range info.Deps {
		if d.Replace != nil {
			d = d.Replace
		}
		all = append(all, d)
	}
	return all
}

// directories finds where the modules lie, by path@version; the go command downloads what is not there.
func directories(ctx context.Context, source string, modules []*debug.Module) (map[string]string, error) {
	args := []string{"mod", "download", "-json"}
	for _, m := range modules {
		args = append(args, m.Path+"@"+m.Version)
	}
	out, err := goCommand(ctx, source, args...)
	if err != nil {
		return nil, err
	}
	found := map[string]string{}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var m struct{ Path, Version, Dir, Sum, Error string }
		if err := d.Decode(&m); errors.Is(err, io.EOF) {
			return found, nil
		} else if err != nil {
			return nil, fmt.Errorf("go mod download: %w", err)
		}
		if m.Error != "" {
			return nil, fmt.Errorf("go mod download: %s@%s: %s", m.Path, m.Version, m.Error)
		}
		found[m.Path+"@"+m.Version] = m.Dir
	}
}

// licenceFile is how files with licences are called.
var licenceFile = regexp.MustCompile(`(?i)^(licen[cs]es?|copying|notices?|patents|unlicense)([._-].*)?$`)

// maxLicence is the longest licence file in bytes.
const maxLicence = 1 << 20

// licencesIn reads the licence files of a module; deep: also those below its root, which are of code that it has from others.
func licencesIn(dir string, deep bool) ([]licence, error) {
	var found []licence
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != dir && (!deep || d.Name() == "testdata"):
			return fs.SkipDir
		case !d.Type().IsRegular() || !licenceFile.MatchString(d.Name()) || strings.HasSuffix(d.Name(), ".go"):
			return nil
		}
		text, err := readLimited(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		found = append(found, licence{filepath.ToSlash(name), text})
		return err
	})
	return found, err
}

func readLimited(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxLicence {
		return nil, fmt.Errorf("%s: %d bytes are no licence", path, info.Size())
	}
	return os.ReadFile(path)
}

// phrases tell licences by words that only their texts have. The first that fits counts.
var phrases = []struct {
	id  string
	all []string
}{
	{"Apache-2.0", []string{"Apache License", "Version 2.0"}},
	{"MPL-2.0", []string{"Mozilla Public License Version 2.0"}},
	{"MPL-2.0", []string{"Mozilla Public License, version 2.0"}},
	{"ISC", []string{"Permission to use, copy, modify, and/or distribute this software for any purpose"}},
	{"MIT", []string{"Permission is hereby granted, free of charge, to any person obtaining a copy"}},
	{"BSD-3-Clause", []string{"Redistribution and use in source and binary forms", "used to endorse or promote products"}},
	{"BSD-2-Clause", []string{"Redistribution and use in source and binary forms"}},
}

// classify returns the SPDX id of a licence's text, or "" for a text that is none or is not known.
func classify(text []byte) string {
	flat := strings.Join(strings.Fields(string(text)), " ")
	for _, p := range phrases {
		every := true
		for _, words := range p.all {
			every = every && strings.Contains(flat, words)
		}
		if every {
			return p.id
		}
	}
	return ""
}
