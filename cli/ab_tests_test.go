package cli

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/needs"
)

// ab measures the benchmarks of a module of the user's own, with the variables of each side.
func TestABOfOwnTests(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: it measures for seconds")
	}
	if _, err := exec.LookPath("go"); err != nil {
		needs.Absent(t, needs.Go, err)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module example.com/ab\n\ngo 1.26\n",
		"ab_test.go": `package ab

import (
	"crypto/sha256"
	"os"
	"testing"
)

func BenchmarkWork(b *testing.B) {
	times, data := 1, make([]byte, 1<<14)
	if os.Getenv("AB_TIMES") == "4" {
		times = 4
	}
	for b.Loop() {
		for range times {
			sha256.Sum256(data)
		}
	}
}
`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd := program(t, dir, "ab", "--suite", "test", "--a", "AB_TIMES=1", "--b", "AB_TIMES=4", "--blocks", "1", "--json")
	cmd.Env = append(cmd.Env, "XCMATRIX_LOCK="+filepath.Join(dir, "lock"))
	got := try(t, cmd)
	var table struct {
		Rows []struct {
			Benchmark string
			Before    float64 `json:"reference_median"`
			After     float64 `json:"median"`
			Verdict   string
		}
	}
	if err := json.Unmarshal([]byte(got.out), &table); err != nil || got.code != exitPass {
		t.Fatalf("%v: exit status %d: %s%s", err, got.code, got.out, got.err)
	}
	if len(table.Rows) != 1 || table.Rows[0].Benchmark != "Test/example.com/ab/Work" || table.Rows[0].Verdict != "not compared" {
		t.Fatalf("%+v", table.Rows)
	}
	if ratio := table.Rows[0].After / table.Rows[0].Before; ratio < 1.5 || ratio > 12 { // 4 on an idle machine
		t.Errorf("four times the work takes %.1f times as long", ratio)
	}
	refused := try(t, program(t, dir, "ab", "--suite", "test", "--payload-b", "/bin/true"))
	if refused.code != exitUsage || !strings.Contains(refused.err, "a module's own benchmarks are built here") {
		t.Errorf("exit status %d: %s", refused.code, refused.err)
	}
}
