package main

import (
	"archive/tar"
	"errors"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goreleaser/nfpm/v2"
	"github.com/goreleaser/nfpm/v2/deb"
	"github.com/goreleaser/nfpm/v2/files"
	"github.com/goreleaser/nfpm/v2/rpm"
	"github.com/klauspost/compress/gzip"
)

// writeTar writes an archive that unpacks to one directory, with the commit's time and without owners.
func writeTar(to string, tree []file, p program) error {
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	z, err := gzip.NewWriterLevel(out, gzip.BestCompression)
	if err != nil {
		return errors.Join(err, out.Close())
	}
	w := tar.NewWriter(z)
	top := strings.TrimSuffix(filepath.Base(to), ".tar.gz") + "/"
	for _, f := range tree {
		h := &tar.Header{Typeflag: tar.TypeReg, Name: top + f.name, Size: int64(len(f.text)), Mode: int64(f.mode), ModTime: p.made, Format: tar.FormatPAX}
		if err = w.WriteHeader(h); err == nil {
			_, err = w.Write(f.text)
		}
		if err != nil {
			break
		}
	}
	return errors.Join(err, w.Close(), z.Close(), out.Close())
}

// packager is a kind of package.
type packager interface {
	nfpm.Packager
	ConventionalFileName(info *nfpm.Info) string
}

// writePackages writes a package of each kind into dir. Both install below /usr and depend on nothing.
func writePackages(dir string, tree []file, modules []module, p program) error {
	stage, err := os.MkdirTemp("", "xcmatrix-dist-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(stage)
	list, err := staged(stage, tree, p)
	if err != nil {
		return err
	}
	for format, kind := range map[string]packager{"deb": deb.Default, "rpm": rpm.DefaultRPM} {
		if err := writePackage(dir, format, kind, description(p, modules, list)); err != nil {
			return err
		}
	}
	return nil
}

// staged writes the files where nfpm reads them, and returns the list that it takes.
func staged(stage string, tree []file, p program) (files.Contents, error) {
	var list files.Contents
	for _, f := range tree {
		from := filepath.Join(stage, filepath.FromSlash(f.name))
		if err := os.MkdirAll(filepath.Dir(from), 0o755); err != nil {
			return nil, err
		}
		if err := os.WriteFile(from, f.text, 0o644); err != nil {
			return nil, err
		}
		for _, to := range places(f.name) {
			to.Source, to.FileInfo = from, &files.ContentFileInfo{Owner: "root", Group: "root", Mode: f.mode, MTime: p.made}
			list = append(list, to)
		}
	}
	for _, dir := range ownDirectories(tree) {
		list = append(list, &files.Content{Destination: path.Join("/usr", dir), Type: files.TypeDir,
			FileInfo: &files.ContentFileInfo{Owner: "root", Group: "root", Mode: 0o755, MTime: p.made}})
	}
	return list, nil
}

// places are where a file is installed. Debian's zsh looks for completions of packages elsewhere than Red Hat's.
func places(name string) []*files.Content {
	if rest, ok := strings.CutPrefix(name, "share/zsh/site-functions/"); ok {
		return []*files.Content{{Destination: "/usr/share/zsh/vendor-completions/" + rest, Packager: "deb"},
			{Destination: "/usr/" + name, Packager: "rpm"}}
	}
	return []*files.Content{{Destination: "/usr/" + name}}
}

// ownDirectories are the directories that no other package has, so that they go with the package.
func ownDirectories(tree []file) []string {
	var all []string
	for _, f := range tree {
		for dir := path.Dir(f.name); strings.HasPrefix(dir+"/", docDir); dir = path.Dir(dir) {
			if !slices.Contains(all, dir) {
				all = append(all, dir)
			}
		}
	}
	slices.Sort(all)
	return all
}

const summary = "shows whether Go software behaves the same on China's domestic platforms"

// description is what a package says of itself.
func description(p program, modules []module, list files.Contents) *nfpm.Info {
	return nfpm.WithDefaults(&nfpm.Info{
		Name: "xcmatrix", Arch: p.arch, Platform: "linux", Version: p.version, VersionSchema: "none", Release: "1",
		Section: "devel", Priority: "optional", Maintainer: "xcmatrix maintainers <https://" + modules[0].path + "/issues>",
		Vendor: "xcmatrix", Homepage: "https://" + modules[0].path, License: expression(modules), MTime: p.made, DisableGlobbing: true,
		Description:  summary + "\nIt runs the same suites on Kunpeng, Phytium, Hygon, Zhaoxin and Loongson machines, natively or\nemulated, shows what differs, and signs certificates.",
		Overridables: nfpm.Overridables{Contents: list, RPM: nfpm.RPM{Summary: summary, BuildHost: "localhost", Group: "Development/Tools"}},
	})
}

func writePackage(dir, format string, kind packager, info *nfpm.Info) error {
	if err := nfpm.PrepareForPackager(info, format); err != nil {
		return err
	}
	out, err := os.Create(filepath.Join(dir, kind.ConventionalFileName(info)))
	if err != nil {
		return err
	}
	return errors.Join(kind.Package(info, io.Writer(out)), out.Close())
}
