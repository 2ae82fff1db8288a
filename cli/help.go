package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/xcmatrix/xcmatrix/results/pattern"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// localise makes cobra use the user's language in headings and errors, and makes its errors usage errors.
func (a *app) localise(root *cobra.Command) {
	// Declared here, the flag is known before the verb is looked for: else cobra takes the word after it for its value.
	root.PersistentFlags().BoolP("help", "h", false, a.say("how to use it", "显示用法"))
	root.Flags().Bool("version", false, a.say("print the version", "显示版本"))
	root.SetUsageFunc(a.usage)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return wrongFlag(c, err) })
	root.SetHelpCommand(a.helpCommand(root))
	checkArgs(root)
}

// checkArgs replaces the argument checks of all commands below c by checkedArgs of them.
func checkArgs(c *cobra.Command) {
	for _, sub := range c.Commands() {
		if sub.Args != nil {
			sub.Args = checkedArgs(sub.Args)
		}
		checkArgs(sub)
	}
}

// helpCommand returns the command "xcmatrix help run".
func (a *app) helpCommand(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:     "help [COMMAND]",
		Short:   a.say("say how to use a command", "显示命令的用法"),
		Example: "  xcmatrix help run",
		RunE: func(_ *cobra.Command, args []string) error {
			c, _, err := root.Find(args)
			if err != nil {
				return noCommand(root, args)
			}
			return c.Help()
		},
	}
}

// usage prints the part of a help page below the description, as cobra does.
func (a *app) usage(c *cobra.Command) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", a.say("Usage:", "用法："))
	if c.Runnable() {
		line := strings.TrimSuffix(c.UseLine(), " [flags]")
		fmt.Fprintf(&b, "  %s %s\n", line, a.say("[flags]", "[选项]"))
	}
	if c.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "  %s %s\n", c.CommandPath(), a.say("[command]", "[命令]"))
	}
	if c.HasExample() {
		fmt.Fprintf(&b, "\n%s\n%s\n", a.say("Examples:", "示例："), c.Example)
	}
	if c.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "\n%s\n", a.say("Commands:", "命令："))
		for _, sub := range c.Commands() {
			if sub.IsAvailableCommand() {
				fmt.Fprintf(&b, "  %-*s %s\n", sub.NamePadding(), sub.Name(), sub.Short)
			}
		}
	}
	if c.HasAvailableLocalFlags() {
		fmt.Fprintf(&b, "\n%s\n%s", a.say("Flags:", "选项："), a.flagUsages(c.LocalFlags()))
	}
	if c.HasAvailableInheritedFlags() {
		fmt.Fprintf(&b, "\n%s\n%s", a.say("Flags of every command:", "通用选项："), a.flagUsages(c.InheritedFlags()))
	}
	if c.HasAvailableSubCommands() {
		fmt.Fprintf(&b, a.say("\n`%s COMMAND --help` tells more about one.\n", "\n`%s 命令 --help` 显示某个命令的详细用法。\n"), c.CommandPath())
	}
	_, err := fmt.Fprint(c.OutOrStdout(), b.String())
	return err
}

var defaultPattern = pattern.Of(`(?m) \(default (.*)\)$`)

func (a *app) flagUsages(f *pflag.FlagSet) string {
	text := f.FlagUsages()
	if a.lang == "zh" {
		text = defaultPattern().ReplaceAllString(text, "（默认 $1）")
	}
	return text
}

// wrongFlag returns the flag parser's error as a *record.Problem that says how to correct it.
func wrongFlag(c *cobra.Command, err error) error {
	var absent *pflag.NotExistError
	var empty *pflag.ValueRequiredError
	var wrong *pflag.InvalidValueError
	switch {
	case errors.As(err, &absent):
		name := absent.GetSpecifiedName()
		if shorts := absent.GetSpecifiedShortnames(); shorts != "" {
			name = "-" + name
		} else {
			name = "--" + name
		}
		return record.Wrongf("", "there is no flag %s: `%s --help` lists them", "没有选项 %s：用 `%s --help` 查看全部选项",
			name, c.CommandPath())
	case errors.As(err, &empty):
		return record.Wrongf("--"+empty.GetFlag().Name, "a value is missing", "缺少取值")
	case errors.As(err, &wrong):
		return record.Wrongf("--"+wrong.GetFlag().Name, "%q is not of type %s", "%q 不是 %s 类型",
			wrong.GetValue(), wrong.GetFlag().Value.Type())
	}
	return record.Wrongf("", "%v", "%v", err)
}

// checkedArgs returns a check that refuses the same arguments as fits, with a *record.Problem that says how to correct
// them.
func checkedArgs(fits cobra.PositionalArgs) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		err := fits(c, args)
		var told *record.Problem
		switch {
		case err == nil:
			return nil
		case errors.As(err, &told):
			return told
		case len(args) == 0:
			return record.Wrongf(c.Name(), "an argument is missing: see `%s --help`", "缺少参数：见 `%s --help`", c.CommandPath())
		}
		return record.Wrongf(c.Name(), "these arguments do not fit: %s: see `%s --help`", "参数不符：%s：见 `%s --help`",
			strings.Join(args, " "), c.CommandPath())
	}
}

// noCommand returns a *record.Problem if the command line names a command that does not exist; else nil.
func noCommand(root *cobra.Command, args []string) error {
	_, _, err := root.Find(args)
	if err == nil {
		return nil
	}
	var name string
	if _, err := fmt.Sscanf(err.Error(), "unknown command %q", &name); err != nil {
		name = strings.Join(args, " ")
	}
	if near := root.SuggestionsFor(name); len(near) > 0 {
		return record.Wrongf("", "there is no command %q; did you mean %s?", "没有命令 %q；是否想用 %s？", name, near[0])
	}
	return record.Wrongf("", "there is no command %q: `xcmatrix --help` lists them", "没有命令 %q：用 `xcmatrix --help` 查看全部命令", name)
}
