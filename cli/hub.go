//go:build !payload

package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/xcmatrix/xcmatrix/matrix/fleet"
	"github.com/xcmatrix/xcmatrix/matrix/fleet/broker"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// defaultHub is the state directory of a hub.
const defaultHub = "results/hub"

type hubOptions struct {
	dir, listen, address, out, role, reason, hub string
	labels                                       []string
}

// hubCommand returns the command for the hub of a fleet: its queue, its results, and who may connect.
func (a *app) hubCommand() *cobra.Command {
	var o hubOptions
	cmd := &cobra.Command{
		Use:   "hub",
		Short: a.say("the hub of a fleet: start it, enrol machines, see them", "机群中心：启动、登记机器、查看机器"),
		Example: `  xcmatrix hub start --address hub.example:7422
  xcmatrix hub enrol kunpeng-1 --label rack-a
  xcmatrix hub enrol --coordinator desk
  xcmatrix hub machines`,
	}
	cmd.PersistentFlags().StringVar(&o.dir, "dir", defaultHub, a.say("the hub's state directory", "中心的状态目录"))
	start := &cobra.Command{
		Use:     "start",
		Short:   a.say("run the hub until it is interrupted", "运行中心直至被中断"),
		Example: "  xcmatrix hub start --address hub.example:7422\n  xcmatrix hub start --listen 0.0.0.0:7422",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.startHub(cmd.Context(), o) },
	}
	start.Flags().StringVar(&o.listen, "listen", "0.0.0.0:7422", a.say("address to listen on", "监听地址"))
	start.Flags().StringVar(&o.address, "address", "", a.say("HOST:PORT under which machines reach the hub; credentials name it (default: this machine's name and the port)", "机器访问中心所用的 主机:端口，写入凭据（默认为本机名与监听端口）"))
	enrol := &cobra.Command{
		Use:     "enrol NAME",
		Short:   a.say("write the one file that a machine or a coordinator needs", "生成机器或协调者所需的唯一文件"),
		Example: "  xcmatrix hub enrol kunpeng-1 --label rack-a --out kunpeng-1.credential\n  xcmatrix hub enrol --coordinator desk",
		Args:    cobra.ExactArgs(1),
		RunE:    func(_ *cobra.Command, args []string) error { return a.enrol(args[0], o) },
	}
	enrol.Flags().StringSliceVar(&o.labels, "label", nil, a.say("label by which targets choose the machine; may be repeated", "供目标选择机器的标签；可重复"))
	enrol.Flags().StringVar(&o.out, "out", "", a.say("file to write (default: NAME.credential)", "输出文件（默认为 名称.credential）"))
	coordinator := enrol.Flags().Bool("coordinator", false, a.say("for a coordinator, which submits runs", "用于提交运行的协调者"))
	enrol.PreRun = func(*cobra.Command, []string) {
		o.role = fleet.AgentRole
		if *coordinator {
			o.role = fleet.CoordinatorRole
		}
	}
	revoke := &cobra.Command{
		Use:     "revoke NAME",
		Short:   a.say("end what a machine or a coordinator may do, at once", "立即撤销机器或协调者的权限"),
		Example: "  xcmatrix hub revoke kunpeng-1",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			return a.editHub(o, args[0], a.say("revoked", "已撤销"), func(d broker.Directory) error { return d.Revoke(args[0]) })
		},
	}
	cmd.AddCommand(start, enrol, revoke, a.reserveCommand(&o), a.machinesCommand(&o))
	return cmd
}

// reserveCommand returns the command that has a machine of the fleet take no jobs.
func (a *app) reserveCommand(o *hubOptions) *cobra.Command {
	reserve := &cobra.Command{
		Use:     "reserve NAME",
		Short:   a.say("have a machine take no jobs", "使机器不再接受作业"),
		Example: "  xcmatrix hub reserve kunpeng-1 --reason 'new memory'\n  xcmatrix hub reserve kunpeng-1 --reason ''",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			said := a.say("takes no jobs", "不接受作业")
			if o.reason == "" {
				said = a.say("takes jobs", "接受作业")
			}
			return a.editHub(*o, args[0], said, func(d broker.Directory) error { return d.Reserve(args[0], o.reason) })
		},
	}
	reserve.Flags().StringVar(&o.reason, "reason", "-", a.say("what for; '' ends the reservation", "用途；'' 表示结束预留"))
	return reserve
}

// machinesCommand returns the command that lists the machines of a fleet.
func (a *app) machinesCommand(o *hubOptions) *cobra.Command {
	machines := &cobra.Command{
		Use:     "machines",
		Short:   a.say("list the machines: what each is and does", "列出机器：型号与当前任务"),
		Example: "  xcmatrix hub machines --hub desk.credential\n  xcmatrix hub machines --json",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.listMachines(cmd.Context(), *o) },
	}
	a.hubFlag(machines.Flags(), &o.hub)
	return machines
}

func (a *app) startHub(ctx context.Context, o hubOptions) error {
	address := o.address
	if address == "" {
		name, err := os.Hostname()
		if err != nil {
			return err
		}
		if i := strings.LastIndexByte(o.listen, ':'); i >= 0 {
			address = name + o.listen[i:]
		}
	}
	dir, err := broker.OpenDirectory(o.dir, address)
	if err != nil {
		return err
	}
	h, err := broker.Start(ctx, dir, broker.Options{Listen: o.listen})
	if err != nil {
		return err
	}
	defer h.Close()
	if a.json {
		return errors.Join(a.printJSON(map[string]string{"listen": h.Address(), "address": address}), wait(ctx))
	}
	printf(a.out, a.say("The hub listens on %s; machines reach it as %s.\n", "中心监听 %s；机器通过 %s 访问。\n"), h.Address(), address)
	return wait(ctx)
}

// wait waits until the command is interrupted.
func wait(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

func (a *app) enrol(name string, o hubOptions) error {
	dir, err := broker.ExistingDirectory(o.dir)
	if err != nil {
		return err
	}
	out := o.out
	if out == "" {
		out = name + ".credential"
	}
	if _, err := os.Lstat(out); err == nil {
		return record.Wrongf(out, "there is a file already: remove it, or name another one with --out", "文件已存在：请删除，或用 --out 指定其他文件")
	}
	c, err := dir.Enrol(name, o.role, o.labels)
	if err != nil {
		return err
	}
	if err := c.Write(out); err != nil {
		return err
	}
	if a.json {
		return a.printJSON(map[string]string{"name": name, "role": o.role, "hub": c.Hub, "file": out})
	}
	next := a.say("Next:    on that machine: xcmatrix agent --hub %[1]s\n", "下一步：在该机器上运行 xcmatrix agent --hub %[1]s\n")
	if o.role == fleet.CoordinatorRole {
		next = a.say("Next:    xcmatrix run --hub %[1]s --matrix MATRIX\n", "下一步：xcmatrix run --hub %[1]s --matrix 矩阵文件\n")
	}
	_, err = printf(a.out, a.say("Written: %[1]s, a secret: its owner alone may read it\n", "已写入：%[1]s，其内容保密，仅所有者可读\n")+next, out)
	return err
}

func (a *app) editHub(o hubOptions, name, said string, edit func(broker.Directory) error) error {
	dir, err := broker.ExistingDirectory(o.dir)
	if err != nil {
		return err
	}
	if err := edit(dir); err != nil {
		return err
	}
	if a.json {
		return a.printJSON(map[string]string{"name": name, "state": said})
	}
	_, err = printf(a.out, "%s: %s\n", name, said)
	return err
}

// listMachines prints the machines: those of a hub that is reached, or of the register on this machine, which knows no reports.
func (a *app) listMachines(ctx context.Context, o hubOptions) error {
	var all []fleet.Machine
	q, err := a.fleetQueue(o.hub)
	switch {
	case err != nil:
		return err
	case q == nil:
		dir, err := broker.ExistingDirectory(o.dir)
		if err != nil {
			return err
		}
		if all, err = dir.Members(); err != nil {
			return err
		}
	default:
		defer q.Close()
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		if all, err = q.Machines(ctx); err != nil {
			return err
		}
	}
	if a.json {
		return a.printJSON(map[string]any{"machines": all})
	}
	var rows []table.Row
	for _, m := range all {
		rows = append(rows, table.Row{m.ID, orDash(m.Facts.Chip), orDash(m.Facts.System), orDash(m.Facts.GOARCH), orDash(strings.Join(m.Labels, ",")), a.machineState(m)})
	}
	a.printRows(table.Row{a.say("machine", "机器"), a.say("chip", "芯片"), a.say("system", "系统"), a.say("arch", "架构"), a.say("labels", "标签"), a.say("state", "状态")}, rows)
	return nil
}

func orDash(s string) string { return cmp.Or(s, "-") }

// machineState says what a machine does.
func (a *app) machineState(m fleet.Machine) string {
	now := time.Now()
	switch {
	case m.Revoked:
		return a.say("revoked", "已撤销")
	case m.Seen.IsZero():
		return a.say("no report yet", "尚无报告")
	case m.Absent(now):
		return fmt.Sprintf(a.say("silent for %s", "已有 %s 未报告"), now.Sub(m.Seen).Round(time.Second))
	case m.Job != "":
		return m.Job
	case m.Reserved != "":
		return a.say("reserved: ", "已预留：") + m.Reserved
	}
	return a.say("free", "空闲")
}
