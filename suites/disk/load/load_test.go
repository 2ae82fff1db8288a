package load

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/results/needs"
)

func file(t *testing.T, bytes int64) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, make([]byte, bytes), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestRun(t *testing.T) {
	for name, j := range map[string]Job{
		"read":          {Block: 4096, Depth: 1},
		"random read":   {Block: 4096, Depth: 4, Random: true},
		"write":         {Block: 8192, Depth: 2, Write: true},
		"synced write":  {Block: 4096, Depth: 1, Write: true, Sync: true},
		"one operation": {Block: 1 << 20, Depth: 1},
	} {
		j.Path, j.Size, j.Time = file(t, 1<<20), 1<<20, 5*time.Millisecond
		r, err := j.Run()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if len(r.Took) < j.Depth || r.Bytes != int64(len(r.Took)*j.Block) || r.PerSecond() <= 0 || r.Elapsed < j.Time {
			t.Errorf("%s: %d operations, %d bytes in %v", name, len(r.Took), r.Bytes, r.Elapsed)
		}
		if r.Percentile(0.5) > r.Percentile(0.99) || r.Percentile(1) != r.Took[len(r.Took)-1] {
			t.Errorf("%s: percentiles", name)
		}
	}
	if _, err := (Job{Path: file(t, 4096), Size: 1 << 20, Block: 4096, Depth: 1, Time: time.Second}).Run(); err == nil {
		t.Error("a file that is too short was read")
	}
	if _, err := (Job{Path: "none", Block: 1, Depth: 1, Size: 1}).Run(); err == nil {
		t.Error("no file")
	}
	if _, err := (Job{}).Run(); err == nil {
		t.Error("no job")
	}
}

func TestPercentile(t *testing.T) {
	r := &Result{}
	for i := range 1000 {
		r.Took = append(r.Took, time.Duration(i+1))
	}
	for share, want := range map[float64]time.Duration{0: 1, 0.5: 500, 0.99: 990, 0.999: 999, 1: 1000} {
		if got := r.Percentile(share); got != want {
			t.Errorf("%v: %d, want %d", share, got, want)
		}
	}
	if (&Result{}).Percentile(0.5) != 0 {
		t.Error("of nothing")
	}
}

func TestFIO(t *testing.T) {
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	f, is := FindFIO(filepath.Join(cache, "xcmatrix", "tools", "disk"))
	if !is {
		needs.Absent(t, needs.Tools, "fio is not installed: run scripts/setup")
	}
	for _, j := range []Job{{Block: 4096, Depth: 1}, {Block: 4096, Depth: 1, Write: true, Sync: true}} {
		j.Path, j.Size, j.Time = file(t, 1<<20), 1<<20, 50*time.Millisecond
		m, err := f.Run(t.Context(), j)
		if err != nil || m.PerSecond <= 0 || len(m.Times) != len(Shares) || m.Times[0.5] <= 0 {
			t.Errorf("%+v, %v", m, err)
		}
	}
	if _, err := f.Run(t.Context(), Job{Path: filepath.Join(t.TempDir(), "none"), Block: 4096, Size: 4096, Depth: 1, Time: time.Millisecond}); err == nil {
		t.Error("a file that is not there was made")
	}
}

func TestParseRefuses(t *testing.T) {
	for _, out := range []string{"", "x", `{"jobs":[]}`, `{"jobs":[{}]}`, `{"jobs":[{"read":{"bw_bytes":5}}]}`} {
		if m, err := parse([]byte(out), Job{}); err == nil {
			t.Errorf("%q: %+v", out, m)
		}
	}
}
