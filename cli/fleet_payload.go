//go:build payload

package cli

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/xcmatrix/xcmatrix/matrix/fleet"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// A payload knows no fleet: neither hub nor agent is part of it.

func (a *app) fleetCommands() []*cobra.Command { return nil }

func (a *app) hubFlag(*pflag.FlagSet, *string) {}

func (a *app) detachFlag(*pflag.FlagSet, *bool) {}

func (a *app) fleetQueue(string) (fleet.Queue, error) {
	return nil, record.Wrongf("--hub", "this program was built as a payload, without the fleet: use the released one", "此程序按测试程序构建，不含机群功能：请使用发布版程序")
}

func engineVersion() string { return "" }
