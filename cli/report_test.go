package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReport(t *testing.T) {
	root, out := t.TempDir(), filepath.Join(t.TempDir(), "report")
	ids := fiveMachines(t, root, 2, 3)
	args := append([]string{"report", "--runs", root, "--lang", "en", "--out", out}, ids...)
	if said := call(args...); said.code != exitPass || said.out != filepath.Join(out, "report.html")+"\n"+filepath.Join(out, "report.xlsx")+"\n" {
		t.Fatalf("%d %s%s", said.code, said.out, said.err)
	}
	page, err := os.ReadFile(filepath.Join(out, "report.html"))
	if err != nil || !strings.Contains(string(page), "kunpeng-920/2") || !strings.Contains(string(page), "fails on loongson-3a6000") {
		t.Errorf("%v %.2000s", err, page)
	}
	if said := call(args...); said.code != exitUsage || !strings.Contains(said.err, "report.html: it is there already") {
		t.Errorf("%d %s", said.code, said.err)
	}
	if said := call("report", "--runs", root, "--lang", "en"); said.code != exitUsage || !strings.Contains(said.err, "--out: name a directory") {
		t.Errorf("%d %s", said.code, said.err)
	}
	other := filepath.Join(t.TempDir(), "other")
	if said := call("report", "--runs", root, "--lang", "en", "--out", other, "none-such"); said.code != exitUsage {
		t.Errorf("%d %s", said.code, said.err)
	}
	if _, err := os.Stat(other); err == nil {
		t.Error("a directory was made for nothing")
	}
}
