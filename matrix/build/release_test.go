package build

import (
	"context"
	"errors"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/record"
)

func TestReleaseNeedsACheckoutAndGo(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	var problem *record.Problem
	if _, err := Release(context.Background(), t.TempDir(), "amd64"); !errors.As(err, &problem) {
		t.Errorf("without a checkout: %v", err)
	}
	t.Setenv("PATH", t.TempDir())
	var missing *record.Missing
	if _, err := Release(context.Background(), "../..", "amd64"); !errors.As(err, &missing) {
		t.Errorf("without Go: %v", err)
	}
}
