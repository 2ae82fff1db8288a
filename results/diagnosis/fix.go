package diagnosis

import (
	"context"
	"fmt"
	"os"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// Fix mends a fault where that is safe and can be undone, and returns what it did and how to undo it. It returns an empty sentence where
// it does not mend: a variable of the shell is for its user to unset.
func Fix(ctx context.Context, h *Host, f *Fault) (done record.Sentence, err error) {
	switch {
	case f.Make != "":
		if err := os.MkdirAll(f.Make, 0o700); err != nil {
			return done, err
		}
		return record.Sayf("made %[1]s; undo: rmdir %[1]s", "已创建 %[1]s；撤销：rmdir %[1]s", f.Make), nil
	case f.Unset != "" && h.Get(f.Unset) == "":
		return h.unset(ctx, f.Unset)
	}
	return done, nil
}

// unset takes a setting out of the file GOENV, and keeps the file as it was.
func (h *Host) unset(ctx context.Context, name string) (done record.Sentence, err error) {
	path := h.setting(ctx, "GOENV")
	before, err := os.ReadFile(path)
	if err != nil {
		return done, nil // it is not set there
	}
	kept := path + ".before-xcmatrix"
	f, err := os.OpenFile(kept, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	for n := 1; os.IsExist(err) && n < 100; n++ {
		kept = fmt.Sprintf("%s.before-xcmatrix-%d", path, n)
		f, err = os.OpenFile(kept, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	}
	if err != nil {
		return done, err
	}
	_, err = f.Write(before)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return done, err
	}
	if _, said, err := h.run(ctx, goTimeout, []string{"GOFLAGS=", "GOROOT="}, h.Go(), "env", "-u", name); err != nil {
		os.Remove(kept)
		return done, fmt.Errorf("go env -u %s: %s (%w)", name, firstLine(said), err)
	}
	return record.Sayf("`go env -u %[1]s`; undo: cp %[2]s %[3]s", "已执行 `go env -u %[1]s`；撤销：cp %[2]s %[3]s", name, kept, path), nil
}
