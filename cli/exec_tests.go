package cli

import (
	"encoding/json"
	"os"

	"github.com/xcmatrix/xcmatrix/matrix/gotest/carrier"
	"github.com/xcmatrix/xcmatrix/matrix/gotest/image"
	"github.com/xcmatrix/xcmatrix/matrix/machine"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// execTests runs the tests that this program's own file carries.
func (a *app) execTests(req record.Request, o execOptions) error {
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
	events, err := a.events(o)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "xcmatrix-test-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	m := machine.Detect()
	m.Provenance, m.Launcher = req.Launch.Provenance, &req.Launch.Launcher
	options := carrier.Options{Events: record.NewWriter(events), Request: req, Image: carried, Machine: m, Load: machine.Load, Dir: dir}
	if command := os.Getenv(carrier.ExecVariable); command != "" {
		if err := json.Unmarshal([]byte(command), &options.Command); err != nil {
			return record.Wrongf(carrier.ExecVariable, "it is no list of words in JSON: %v", "不是 JSON 字符串列表：%v", err)
		}
	}
	return carrier.Run(options)
}
