package matrix

import (
	"errors"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// Matrices as people have written them, and what they are told.
func TestWrittenMatrices(t *testing.T) {
	for file, want := range map[string][2]string{
		"../results/yamlfile/testdata/gbk.yaml":    {":1: the line is not UTF-8; the file looks like GBK (GB 18030)", ":1: 本行不是 UTF-8 编码，文件疑为 GBK"},
		"../results/yamlfile/testdata/scalar.yaml": {":7: suites is a list: [crypto]", ":7: suites 是列表，应写作 [crypto]"},
	} {
		_, err := Load(file)
		var p *record.Problem
		if !errors.As(err, &p) || !strings.HasPrefix(p.In("en"), file+want[0]) || !strings.HasPrefix(p.In("zh"), file+want[1]) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
