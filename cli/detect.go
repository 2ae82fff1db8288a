package cli

import (
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/xcmatrix/xcmatrix/matrix/catalog"
	"github.com/xcmatrix/xcmatrix/matrix/machine"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/render"
)

func (a *app) detectCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "detect",
		Short: a.say("print what this machine is", "显示本机的识别结果"),
		Long: a.say(`Prints the fingerprint of this machine: chip, system, pages, features, ABI world, limits. It is read from files alone;
nothing is started.`,
			`显示本机指纹：芯片、操作系统、页大小、特性、ABI 世界、各种限制。只读取文件，不启动任何程序。`),
		Example: "  xcmatrix detect\n  xcmatrix detect --json",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			m := machine.Detect()
			var err error
			if m.Payload, err = machine.Digest(); err != nil {
				return err
			}
			if a.json {
				return a.printJSON(m)
			}
			return a.showMachine(m)
		},
	}
}

// showMachine prints the fingerprint for people.
func (a *app) showMachine(m record.Machine) error {
	chip, _ := catalog.FindChip(m.Chip)
	system, _ := catalog.FindSystem(m.System)
	rows := []struct{ name, value string }{
		{a.say("chip", "芯片"), strings.TrimSpace(m.Chip + "  " + chip.Name.In(a.lang))},
		{a.say("model", "型号"), m.Model},
		{a.say("architecture", "架构"), strings.TrimSpace(m.GOOS + "/" + m.GOARCH + " " + m.Level)},
		{a.say("features", "特性"), strings.Join(m.Features, " ")},
		{a.say("processors", "处理器"), fmt.Sprintf("%d (NUMA %d)", m.Cores, m.NUMA)},
		{a.say("memory", "内存"), fmt.Sprintf("%d MiB", m.Memory>>20)},
		{a.say("page size", "页大小"), fmt.Sprintf("%d", m.PageSize)},
		{a.say("kernel", "内核"), m.Kernel},
		{a.say("system", "操作系统"), strings.TrimSpace(m.System + "  " + system.Name.In(a.lang) + "  " + m.OSRelease.PrettyName)},
		{a.say("ABI world", "ABI 世界"), m.ABIWorld},
		{"libc", m.Libc},
		{a.say("governor", "调频策略"), m.Governor},
		{a.say("microcode", "微码"), m.Microcode},
		{a.say("firmware", "固件"), m.Firmware},
		{"cgroup", fmt.Sprintf("v%d", m.Cgroup.Version)},
		{a.say("virtualisation", "虚拟化"), m.Virtual},
		{a.say("load", "负载"), fmt.Sprintf("%.2f", m.Load.One)},
		{"Go", m.GoVersion},
		{a.say("edits of the Go runtime", "Go 运行时补丁"), m.GoModified},
	}
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	value := table.ColumnConfig{Number: 2, WidthMax: 90, WidthMaxEnforcer: text.WrapSoft}
	t.SetColumnConfigs([]table.ColumnConfig{value})
	for _, r := range rows {
		if r.value != "" {
			t.AppendRow(table.Row{r.name, render.Plain(r.value, 1000)})
		}
	}
	for _, w := range m.Warnings {
		t.AppendRow(table.Row{a.say("warning", "警告"), render.Plain(w.In(a.lang), 1000)})
	}
	_, err := printf(a.out, "%s\n", a.fitted(t, value))
	return err
}
