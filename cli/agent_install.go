//go:build !payload

package cli

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/xcmatrix/xcmatrix/matrix/fleet"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// unitPath is the systemd unit that agent install writes.
const unitPath = "/etc/systemd/system/xcmatrix-agent.service"

// agentInstallCommand returns the command that has systemd run the agent.
func (a *app) agentInstallCommand(o *agentOptions) *cobra.Command {
	return &cobra.Command{
		Use:     "install",
		Short:   a.say("write a systemd unit that runs the agent, or print it without root", "写入运行代理的 systemd 单元；非 root 时仅输出"),
		Example: "  sudo xcmatrix agent install --hub /etc/xcmatrix/kunpeng-1.credential\n  xcmatrix agent install --hub kunpeng-1.credential > xcmatrix-agent.service",
		Args:    cobra.NoArgs,
		RunE:    func(*cobra.Command, []string) error { return a.agentInstall(*o) },
	}
}

func (a *app) agentInstall(o agentOptions) error {
	file := a.hubFile(o.hub)
	if file == "" {
		return record.Wrongf("--hub", "name the credential of this machine", "请指定本机的凭据文件")
	}
	if _, err := fleet.ReadCredential(file, fleet.AgentRole); err != nil {
		return err
	}
	unit, err := agentUnit(file, o.dir)
	if err != nil {
		return err
	}
	if os.Geteuid() != 0 {
		_, err := printf(a.out, "%s", unit)
		return err
	}
	f, err := os.OpenFile(unitPath, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, os.ErrExist) {
		return record.Wrongf(unitPath, "there is a unit already: remove it first", "单元文件已存在：请先删除")
	}
	if err != nil {
		return err
	}
	_, err = f.WriteString(unit)
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	_, err = printf(a.out, a.say("Written: %s\nNext:    systemctl enable --now xcmatrix-agent\n", "已写入：%s\n下一步：systemctl enable --now xcmatrix-agent\n"), unitPath)
	return err
}

// agentUnit returns the systemd unit of an agent, systemd.service(5). Sessions outlive the agent, so that only the agent is killed;
// the start is not limited in time.
func agentUnit(credential, dir string) (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	if credential, err = filepath.Abs(credential); err != nil {
		return "", err
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return "", err
	}
	for _, path := range []string{self, credential, dir} {
		if strings.ContainsAny(path, " \t\n\"'%$\\") {
			return "", record.Wrongf(path, "a unit cannot name this path: use one without blanks, quotes, % and $", "单元文件中不能使用此路径：请使用不含空格、引号、% 与 $ 的路径")
		}
	}
	return strings.NewReplacer("SELF", self, "CREDENTIAL", credential, "DIR", dir).Replace(`[Unit]
Description=xcmatrix agent: runs jobs of a hub on this machine
After=network-online.target
Wants=network-online.target

[Service]
ExecStart=SELF agent --hub CREDENTIAL --dir DIR
Restart=always
RestartSec=5
KillMode=process
TimeoutStartSec=infinity
UMask=0077

[Install]
WantedBy=multi-user.target
`), nil
}
