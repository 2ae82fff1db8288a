// Xcmatrix with the DM8 driver linked in. The driver is fetched by whoever builds this module: its licence keeps it
// out of the project.
package main

import (
	"errors"
	"os"

	"gitee.com/chunanyong/dm"

	"github.com/xcmatrix/xcmatrix/cli"
	"github.com/xcmatrix/xcmatrix/drivers/dameng"
	"github.com/xcmatrix/xcmatrix/drivers/dameng/standin"
)

func main() {
	// Where no server is named the driver talks to the stand-in.
	dameng.Link(func(err error) (int32, bool) {
		var server *dm.DmError
		if errors.As(err, &server) {
			return server.ErrCode, true
		}
		return 0, false
	}, standin.Serve)
	os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
