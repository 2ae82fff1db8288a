package build

import (
	"context"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// Release builds the file of a release for an architecture of Linux from the checkout around source: static, with version and
// commit in it where the checkout is under version control, and for loong64 one that starts in both ABI worlds. It returns
// a *record.Problem where source is no checkout, and a *record.Missing where Go is absent or cannot build the file.
func Release(ctx context.Context, source, arch string) (Payload, error) {
	b, err := New(source)
	if err != nil {
		return Payload{}, err
	}
	if b.Source == "" {
		return Payload{}, record.Wrongf(source, "this is no checkout of xcmatrix", "此处不是 xcmatrix 的源码目录")
	}
	if err := b.CheckGo(ctx); err != nil {
		return Payload{}, err
	}
	b.stamp = b.Commit() != ""
	key := Key{GOOS: "linux", GOARCH: arch}
	if arch == "loong64" {
		key.World = BothWorlds
	}
	p, err := b.Build(ctx, key)
	if err != nil {
		return Payload{}, err
	}
	return p, p.CheckStatic()
}
