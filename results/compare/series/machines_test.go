package series

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// By chip the machines of a chip are one column; unfolded they are one each.
func TestMachinesOfAChip(t *testing.T) {
	dir := t.TempDir()
	var inputs []Input
	for n, chip := range []string{"kunpeng-920", "3a6000", "kunpeng-920"} {
		path := filepath.Join(dir, string(rune('a'+n))+".txt")
		if err := os.WriteFile(path, []byte("chip: "+chip+"\nrun: r"+path+"\nBenchmarkX 1 10 ns/op\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		inputs = append(inputs, Input{Path: path})
	}
	labels := func(s *Set) string {
		var all []string
		for _, c := range s.Columns {
			all = append(all, c.Label)
		}
		return strings.Join(all, " ")
	}
	if set, problems := Read(inputs, Chip, 2); labels(set) != "kunpeng-920 3a6000" || len(problems) > 0 {
		t.Errorf("%s %v", labels(set), problems)
	}
	if set, problems := ReadMachines(inputs, 2); labels(set) != "kunpeng-920 3a6000 kunpeng-920/2" || len(problems) > 0 {
		t.Errorf("%s %v", labels(set), problems)
	}
}
