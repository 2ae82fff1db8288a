package carrier

import (
	"encoding/json"
	"io"
	"os"

	"github.com/xcmatrix/xcmatrix/matrix/gotest/image"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Serve runs the tests that this program's own file carries, and writes their events. It returns a *record.Problem if the file
// carries none.
func Serve(req record.Request, events io.Writer, m record.Machine, load func() record.Load) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	carried, err := image.Open(self)
	if err != nil {
		return record.Wrongf("--suite", "this program carries no tests of a user's module: %v; `xcmatrix test` makes one that does",
			"本程序未携带用户模块的测试：%v；`xcmatrix test` 会生成携带测试的程序", err)
	}
	defer carried.Close()
	dir, err := os.MkdirTemp("", "xcmatrix-test-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	m.Provenance, m.Launcher = req.Launch.Provenance, &req.Launch.Launcher
	options := Options{Events: record.NewWriter(events), Request: req, Image: carried, Machine: m, Load: load, Dir: dir}
	if command := os.Getenv(ExecVariable); command != "" {
		if err := json.Unmarshal([]byte(command), &options.Command); err != nil {
			return record.Wrongf(ExecVariable, "it is no list of words in JSON: %v", "不是 JSON 字符串列表：%v", err)
		}
	}
	return Run(options)
}
