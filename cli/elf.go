package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/xcmatrix/xcmatrix/results/executable"
	"github.com/xcmatrix/xcmatrix/results/executable/code"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/render"
)

func (a *app) elfCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "elf FILE...",
		Short: a.say("read programs as a loader, a debugger and an auditor do, and say what is wrong in them", "像装入器、调试器和审计者那样读取程序，并指出其中的错误"),
		Long: a.say(`Reads ELF files: what they are for, what they need, with which pages they load, what protects them, and which instructions
they use without asking the processor. Where readelf, objdump and eu-elflint are installed, it lists what they say otherwise.
Nothing in a file is executed. Exit status: 0 in order, 1 something is wrong in a readable ELF file, 2 none, or truncated.`,
			`读取 ELF 文件：适用的平台、依赖、可装入的页大小、保护措施，以及未检测处理器就使用的指令。若安装了 readelf、objdump 和
eu-elflint，则列出它们的不同说法。不执行文件中的任何内容。退出码：0 正常，1 可读的 ELF 文件中有错误，2 不是 ELF 文件或不完整。`),
		Example: "  xcmatrix elf ./server\n  xcmatrix elf --json ./server /usr/bin/ls",
		Args:    a.someFiles,
		RunE:    func(cmd *cobra.Command, args []string) error { return a.elf(cmd.Context(), args) },
	}
}

// someFiles fails if no file is named.
func (a *app) someFiles(_ *cobra.Command, args []string) error {
	if len(args) == 0 {
		return record.Wrongf("", "no file is named: xcmatrix elf FILE", "没有指定文件：xcmatrix elf 文件")
	}
	return nil
}

// elfFile is what is printed of one file. Facts is nil if it cannot be read.
type elfFile struct {
	*executable.Facts
	Faults []elfFault        `json:"faults"`
	Tools  []executable.Tool `json:"tools,omitempty"`
	Error  string            `json:"error,omitempty"`
	Name   string            `json:"file"`
}

type elfFault struct {
	Rule string `json:"rule"`
	Hint bool   `json:"hint,omitempty"`
	What string `json:"what"`
}

// elf prints the facts of files, and what is wrong in them.
func (a *app) elf(ctx context.Context, paths []string) error {
	code, files := exitPass, []elfFile{}
	for i, path := range paths {
		file, err := a.elfOf(ctx, path)
		if err != nil && len(paths) == 1 && !a.json {
			return err
		}
		files = append(files, file)
		switch {
		case err != nil:
			code = exitUsage
		case slices.ContainsFunc(file.Faults, func(f elfFault) bool { return !f.Hint }):
			code = max(code, exitFound)
		}
		if a.json {
			continue
		}
		if i > 0 {
			printf(a.out, "\n")
		}
		if err != nil {
			printf(a.err, "xcmatrix: %s\n", render.Plain(file.Error, 600))
			continue
		}
		if err := a.printELF(file); err != nil {
			return err
		}
	}
	if a.json {
		if err := a.printJSON(files); err != nil {
			return err
		}
	}
	if code != exitPass {
		return &status{code: code}
	}
	return nil
}

// elfOf reads and judges one file.
func (a *app) elfOf(ctx context.Context, path string) (elfFile, error) {
	file := elfFile{Name: path, Faults: []elfFault{}}
	facts, err := executable.Open(path)
	if err != nil {
		var problem *record.Problem
		if !errors.As(err, &problem) {
			err = record.Wrongf(path, "it cannot be read: %v", "无法读取：%v", err)
		}
		file.Error = sentence(err, a.lang)
		return file, err
	}
	file.Facts = facts
	for _, f := range executable.Judge(facts) {
		file.Faults = append(file.Faults, elfFault{f.Rule, f.Hint, f.What.In(a.lang)})
	}
	if info, err := os.Stat(path); err == nil && info.Size() > 0 {
		file.Tools = executable.Compare(ctx, facts)
	}
	return file, nil
}

// printELF prints a table of the facts, and a line for each fault and difference.
func (a *app) printELF(file elfFile) error {
	f := file.Facts
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	value := table.ColumnConfig{Number: 2, WidthMax: 100, WidthMaxEnforcer: text.WrapSoft}
	t.SetColumnConfigs([]table.ColumnConfig{value})
	for _, r := range a.elfRows(f) {
		if r[1] != "" {
			t.AppendRow(table.Row{r[0], render.Plain(r[1], 1000)})
		}
	}
	if _, err := printf(a.out, "%s\n%s\n", render.Plain(file.Name, 400), a.fitted(t, value)); err != nil {
		return err
	}
	wrong := 0
	for _, fault := range file.Faults {
		mark := "✗"
		if fault.Hint {
			mark = "○"
		} else {
			wrong++
		}
		printf(a.out, "%s %s\n", mark, render.Plain(fault.What, 600))
	}
	for _, tool := range file.Tools {
		for _, d := range tool.Differences {
			printf(a.out, "○ %s\n", render.Plain(d.In(a.lang), 400))
		}
	}
	if wrong == 0 {
		printf(a.out, "✓ %s\n", a.say("in order", "正常"))
	}
	return nil
}

// elfRows returns the names and values of the table.
func (a *app) elfRows(f *executable.Facts) [][2]string {
	kinds := map[string]string{"ET_EXEC": a.say("executable at a fixed address", "固定地址的可执行文件"), "ET_DYN": a.say("shared object", "共享对象"),
		"ET_REL": a.say("object file", "目标文件"), "ET_CORE": a.say("core dump", "核心转储")}
	kind := kinds[f.Type]
	if f.PIE {
		kind = a.say("position-independent executable", "位置无关可执行文件")
	}
	linked := a.say("dynamic", "动态")
	if f.Static {
		linked = a.say("static", "静态")
	}
	stack := a.say("executable", "可执行")
	if f.NX {
		stack = a.say("not executable", "不可执行")
	}
	var pages []string
	for _, n := range f.PageSizes {
		pages = append(pages, fmt.Sprintf("%d", n>>10))
	}
	rows := [][2]string{
		{a.say("machine", "机器"), fmt.Sprintf("%s, %d bit, %s-endian", strings.TrimSpace(f.GOARCH+" "+f.Machine), f.Class, f.ByteOrder)},
		{"ABI", f.ABI},
		{a.say("ABI world", "ABI 世界"), f.World},
		{a.say("kind", "类型"), kind},
		{a.say("linked", "链接"), linked},
		{a.say("interpreter", "解释器"), f.Interpreter},
		{a.say("needs", "依赖"), strings.Join(f.Needed, " ")},
		{a.say("pages of KiB", "页大小（KiB）"), strings.Join(pages, " ")},
		{a.say("stack", "栈"), stack},
		{"RELRO", f.RELRO},
		{"build ID", f.BuildID},
	}
	if f.Go != nil {
		rows = append(rows, [2]string{"Go", strings.TrimSpace(f.Go.Version + " " + f.Go.Path)}, [2]string{a.say("Go settings", "Go 构建设置"), settingsLine(f.Go.Settings)})
	}
	symbols := a.say("none", "无")
	if f.Symbols.Present {
		symbols = fmt.Sprintf(a.say("%d local, %d global, %d undefined", "局部 %d，全局 %d，未定义 %d"), f.Symbols.Local, f.Symbols.Global, f.Symbols.Undefined)
	}
	debug := a.say("none", "无")
	if f.Debug.Present {
		debug = fmt.Sprintf(a.say("DWARF %v, units: %d", "DWARF %v，单元数：%d"), f.Debug.Versions, f.Debug.Units)
	}
	return append(rows, [2]string{a.say("symbols", "符号"), symbols}, [2]string{a.say("debugging", "调试信息"), debug},
		[2]string{a.say("optional instructions", "可选指令"), a.elfFeatures(f)}, [2]string{a.say("not read", "未读取"), strings.Join(f.Unread, ", ")})
}

// settingsLine returns what decides what a Go program runs on.
func settingsLine(settings map[string]string) string {
	var all []string
	for _, name := range []string{"GOOS", "GOARCH", "GOAMD64", "GOARM64", "CGO_ENABLED", "-buildmode", "-tags", "GOEXPERIMENT", "GOFIPS140"} {
		if v := settings[name]; v != "" {
			all = append(all, name+"="+v)
		}
	}
	return strings.Join(all, " ")
}

// elfFeatures says in how many functions each optional feature is used, and how many of these ask for it.
func (a *app) elfFeatures(f *executable.Facts) string {
	if !f.Vectors.Read {
		return ""
	}
	type count struct{ all, open int }
	counts, names := map[string]*count{}, []string{}
	for _, u := range f.Vectors.Uses {
		c := counts[u.Feature]
		if c == nil {
			c = &count{}
			counts[u.Feature], names = c, append(names, u.Feature)
		}
		c.all++
		if u.Guard == code.None || u.Guard == code.Wide {
			c.open++
		}
	}
	slices.Sort(names)
	var parts []string
	for _, name := range names {
		part := fmt.Sprintf(a.say("%s in %d functions", "%s：%d 个函数"), name, counts[name].all)
		if counts[name].open > 0 {
			part += fmt.Sprintf(a.say(", %d without a sure test", "，其中 %d 个没有可靠的检测"), counts[name].open)
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, "; ")
}
