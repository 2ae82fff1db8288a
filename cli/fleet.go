//go:build !payload

package cli

import (
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/xcmatrix/xcmatrix/matrix/fleet"
	"github.com/xcmatrix/xcmatrix/matrix/fleet/broker"
)

// hubVariable names the environment variable that holds the path of a credential.
const hubVariable = "XCMATRIX_HUB"

// fleetCommands returns the commands of a fleet.
func (a *app) fleetCommands() []*cobra.Command {
	return []*cobra.Command{a.hubCommand(), a.agentCommand(), a.watchCommand()}
}

// hubFlag adds the flag that names a credential.
func (a *app) hubFlag(f *pflag.FlagSet, file *string) {
	f.StringVar(file, "hub", "", a.say("credential of a hub (default: "+hubVariable+")", "中心的凭据文件（默认取 "+hubVariable+"）"))
}

// detachFlag adds the flag that leaves the jobs of a run to the hub.
func (a *app) detachFlag(f *pflag.FlagSet, detach *bool) {
	f.BoolVar(detach, "detach", false, a.say("leave the jobs to the hub, print the run's id and end; watch follows it", "将作业交给中心，输出运行编号后结束；可用 watch 跟踪"))
}

// hubFile returns the credential that the user names; "" for none.
func (a *app) hubFile(flag string) string {
	if flag == "" {
		return os.Getenv(hubVariable)
	}
	return flag
}

// fleetQueue connects to the hub of a coordinator's credential; nil if the user names none.
func (a *app) fleetQueue(file string) (fleet.Queue, error) {
	if file = a.hubFile(file); file == "" {
		return nil, nil
	}
	c, err := fleet.ReadCredential(file, fleet.CoordinatorRole)
	if err != nil {
		return nil, err
	}
	return broker.NewQueue(c)
}

// engineVersion is the version of the engine, for the journal.
func engineVersion() string { return broker.EngineVersion }
