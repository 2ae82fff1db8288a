// Package cli has one file for each command. A command reads its flags, calls the packages that do the work, and prints
// the result.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"github.com/xcmatrix/xcmatrix/matrix/guest"
	"github.com/xcmatrix/xcmatrix/matrix/supervisor"
	"github.com/xcmatrix/xcmatrix/matrix/vm/oldworld"
	"github.com/xcmatrix/xcmatrix/results/plain"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Exit statuses.
const (
	exitPass    = 0 // all required verdicts pass, or are known
	exitFound   = 1 // new findings: fail, timeout, crash
	exitUsage   = 2 // wrong usage or input
	exitLost    = 3 // infrastructure lost: the harness or its environment broke
	exitRefused = 4 // a verification was refused
)

// app holds the streams, the language and the common flags of all commands.
type app struct {
	in       io.Reader
	out, err io.Writer
	lang     string
	json     bool
	quiet    bool
	matrix   string
	runs     string
	waivers  string

	flags     *pflag.FlagSet                // those that all verbs share
	langGiven bool                          // --lang stands on the command line
	echo      atomic.Pointer[terminalState] // of a terminal that a passphrase is asked for at
}

// status is the exit status that a command returns as its error. err is the message; nil if the command has printed it.
type status struct {
	code int
	err  error
}

func (s *status) Error() string {
	if s.err == nil {
		return fmt.Sprintf("exit status %d", s.code)
	}
	return s.err.Error()
}

func (s *status) Unwrap() error { return s.err }

// Main runs one command line and returns its exit status.
func Main(args []string, in io.Reader, out, errOut io.Writer) int {
	if len(args) > 0 && args[0] == "guest" {
		guest.Main()
	}
	if len(args) > 0 && args[0] == oldworld.Command {
		return oldworld.Main(args[1:], errOut)
	}
	a := &app{in: in, out: screen(out), err: screen(errOut), lang: language(args, os.Getenv)}
	if len(args) > 0 && args[0] == "exec" {
		a.out, a.err = out, errOut // a payload's events are read by a program
	}
	if len(args) > 0 && args[0] == supervisor.Command {
		return a.remote(args[1:], in, out)
	}
	_, a.langGiven = languageGiven(args)
	// In UTF-8 locales ± and ≈ take one column, in Chinese ones too: glibc's wcwidth.
	text.OverrideRuneWidthEastAsianWidth(false)
	root := a.root(len(args) > 0 && args[0] == "exec")
	a.localise(root)
	root.SetArgs(args)
	if a.lang != "en" && a.lang != "zh" {
		return a.fail(record.Wrongf("--lang", "%q is none of en, zh", "%q 不是 en、zh 之一", a.lang))
	}
	return a.execute(root, args)
}

// execute runs a command and returns its exit status. A payload does not handle signals, so that they end it even when the
// Go runtime hangs.
func (a *app) execute(root *cobra.Command, args []string) int {
	ctx := context.Background()
	if len(args) == 0 || args[0] != "exec" {
		interruptible, stop := a.interruptible()
		defer stop()
		ctx = interruptible
	}
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitPass
	}
	if errors.Is(err, context.Canceled) && context.Cause(ctx) == errInterrupted {
		err = errInterrupted
	}
	if wrong := noCommand(root, args); wrong != nil {
		err = wrong
	}
	return a.fail(err)
}

// fail prints an error in one sentence and returns its exit status.
func (a *app) fail(err error) int {
	code, silent := exitCode(err)
	if !silent {
		printf(a.err, "xcmatrix: %s\n", formatted(plain.Lines(a.hints(sentence(err, a.lang)))))
	}
	return code
}

func exitCode(err error) (code int, silent bool) {
	var s *status
	var problem *record.Problem
	var missing *record.Missing
	switch {
	case errors.As(err, &s):
		return s.code, s.err == nil
	case errors.As(err, &problem), errors.As(err, &missing):
		return exitUsage, false
	default:
		return exitLost, false
	}
}

// sentence returns the message of an error in a language; in English if the error has no other.
func sentence(err error, lang string) string {
	var speaks interface {
		error
		In(lang string) string
	}
	if errors.As(err, &speaks) {
		return speaks.In(lang)
	}
	return strings.TrimSpace(err.Error())
}

// root returns the command tree. A payload gets the command exec only: it is started many times, under emulators too, and
// memory that it uses changes what it measures.
func (a *app) root(payload bool) *cobra.Command {
	root := &cobra.Command{
		Use:   "xcmatrix",
		Short: a.say("shows whether Go software behaves the same on China's domestic platforms, and how fast", "检验 Go 软件在信创平台上行为是否一致、性能如何"),
		Long: a.say(`xcmatrix runs the same suites on Kunpeng, Phytium, Hygon, Zhaoxin and Loongson machines, natively or emulated, and
shows what differs. Exit status: 0 all pass or known, 1 new findings, 2 usage or input, 3 infrastructure lost,
4 verification refused.`,
			`xcmatrix 在鲲鹏、飞腾、海光、兆芯和龙芯机器上（实机或模拟）运行同样的套件，并显示差异。
退出码：0 全部通过或已知，1 有新问题，2 用法或输入有误，3 基础设施故障，4 验证被拒绝。`),
		Example:       "  xcmatrix run\n  xcmatrix run --target 'loong64*' --suite crypto\n  xcmatrix show latest --json",
		SilenceErrors: true, SilenceUsage: true, DisableSuggestions: true, SuggestionsMinimumDistance: 2,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
		Version:           versionLine(),
	}
	root.SetVersionTemplate("{{.Name}} {{.Version}}\n")
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	flags := root.PersistentFlags()
	a.flags = flags
	flags.StringVar(&a.lang, "lang", a.lang, a.say("language: zh or en", "语言：zh 或 en"))
	flags.BoolVar(&a.json, "json", false, a.say("print JSON", "输出 JSON"))
	flags.BoolVar(&a.quiet, "quiet", false, a.say("no progress", "不显示进度"))
	flags.StringVar(&a.matrix, "matrix", "", a.say("matrix file (default: the one that ships with the program)", "矩阵文件（默认为程序自带）"))
	flags.StringVar(&a.runs, "runs", "results/runs", a.say("directory of runs", "运行记录目录"))
	flags.StringVar(&a.waivers, "waivers", "", a.say("file of known findings (default: the one that ships with the program)", "已知问题（豁免）文件（默认为程序自带）"))
	root.AddCommand(a.execCommand())
	if payload {
		return root
	}
	root.AddCommand(a.runCommand(), a.testCommand(), a.planCommand(), a.showCommand(), a.detectCommand(),
		a.doctorCommand(), a.benchCommand(), a.findingsCommand())
	root.AddCommand(a.compareCommand(), a.machineCommand(), a.abCommand(), a.historyCommand(), a.tuneCommand())
	root.AddCommand(a.keygenCommand(), a.certifyCommand(), a.verifyCommand(), a.publishCommand(), a.serveCommand())
	root.AddCommand(a.packCommand(), a.bundleCommand(), a.elfCommand(), a.reportCommand(), a.versionCommand())
	root.AddCommand(a.fleetCommands()...)
	for _, c := range root.Commands() {
		if slices.Contains([]string{"run", "plan", "doctor", "bundle", "detect", "bench"}, c.Name()) && c.Args != nil {
			c.Args = a.noArguments
		}
	}
	a.complete(root)
	return root
}

// Command returns the tree of all commands in a language, for programs that write manual pages and completions from it.
func Command(lang string) *cobra.Command {
	a := &app{in: strings.NewReader(""), out: io.Discard, err: io.Discard, lang: lang}
	root := a.root(false)
	a.localise(root)
	return root
}

func (a *app) say(en, zh string) string { return record.Say(en, zh).In(a.lang) }

// language returns the language that --lang names, else that of the locale.
func language(args []string, getenv func(string) string) string {
	if lang, ok := languageGiven(args); ok {
		return lang
	}
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := getenv(name); v != "" {
			if strings.HasPrefix(v, "zh") {
				return "zh"
			}
			return "en"
		}
	}
	return "en"
}

// languageGiven returns the value of --lang, and whether it is on the command line.
func languageGiven(args []string) (string, bool) {
	for i, arg := range args {
		if v, ok := strings.CutPrefix(arg, "--lang="); ok {
			return v, true
		}
		if arg == "--lang" && i+1 < len(args) {
			return args[i+1], true
		}
	}
	return "", false
}

// terminal reports whether w is a terminal, and returns its width in columns.
func terminal(w io.Writer) (width int, ok bool) {
	if s, ok := w.(*plain.Writer); ok {
		w = s.Out
	}
	f, isFile := w.(*os.File)
	if !isFile || !term.IsTerminal(int(f.Fd())) || os.Getenv("TERM") == "dumb" {
		return 0, false
	}
	width, _, err := term.GetSize(int(f.Fd()))
	return width, err == nil && width > 0
}

// colour reports whether colours may be written to w (https://no-color.org).
func colour(w io.Writer) bool {
	_, ok := terminal(w)
	return ok && os.Getenv("NO_COLOR") == ""
}
