package matrix

import (
	"context"
	"errors"
	"slices"

	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Keys returns the build keys of a plan's cells, each once.
func (p Plan) Keys() []build.Key {
	var keys []build.Key
	for _, c := range p.Cells {
		if !slices.Contains(keys, c.Key) {
			keys = append(keys, c.Key)
		}
	}
	return keys
}

// LinkDM sets in the build keys of a plan that payloads are built with the DM8 driver. If the driver cannot be downloaded, it
// leaves the keys as they are and returns the reason as missing.
func (p *Plan) LinkDM(ctx context.Context, b *build.Builder) (missing *record.Missing, err error) {
	if err := b.CheckDM(ctx); errors.As(err, &missing) {
		return missing, nil
	} else if err != nil {
		return nil, err
	}
	for i := range p.Cells {
		p.Cells[i].Key.DM = true
	}
	return nil, nil
}
