package cli

import (
	"bytes"
	"strings"
	"testing"
)

// say runs one command line in this process.
func say(args ...string) (out, errOut string, code int) {
	var o, e bytes.Buffer
	code = Main(args, strings.NewReader(""), &o, &e)
	return o.String(), e.String(), code
}

func TestEveryCommandSaysHowToUseItInBothLanguages(t *testing.T) {
	commands := (&app{lang: "en"}).root(false).Commands()
	for i := 0; i < len(commands); i++ {
		c := commands[i]
		commands = append(commands, c.Commands()...)
		path := strings.Fields(strings.TrimPrefix(c.CommandPath(), "xcmatrix "))
		for lang, words := range map[string][]string{
			"en": {"Usage:\n", "\nExamples:\n", "\nFlags of every command:\n"},
			"zh": {"用法：\n", "\n示例：\n", "\n通用选项：\n"},
		} {
			out, errOut, code := say(append(path, "--help", "--lang", lang)...)
			if code != exitPass || errOut != "" {
				t.Errorf("%s --help --lang %s: status %d: %s", c.CommandPath(), lang, code, errOut)
			}
			for _, w := range words {
				if !strings.Contains(out, w) {
					t.Errorf("%s --help --lang %s has no %q:\n%s", c.CommandPath(), lang, w, out)
				}
			}
		}
		out, _, _ := say(append(path, "--help", "--lang", "zh")...)
		for _, w := range []string{"Usage:", "Examples:", "Flags:", "Commands:", "(default ", "help for", c.Short} {
			if strings.Contains(out, w) {
				t.Errorf("%s --help --lang zh says %q in English", c.CommandPath(), w)
			}
		}
	}
}

func TestHelpNamesAVerbAfterItsFlag(t *testing.T) {
	for _, args := range [][]string{{"--help", "--lang", "zh"}, {"help", "--lang", "zh"}, {"--lang=zh"}} {
		if out, errOut, code := say(args...); code != exitPass || !strings.Contains(out, "命令：\n") || errOut != "" {
			t.Errorf("%v: status %d, %q, %q", args, code, out, errOut)
		}
	}
	direct, _, _ := say("run", "--help")
	if asked, _, code := say("help", "run"); code != exitPass || asked != direct {
		t.Errorf("help run: status %d and\n%s\nrun --help gives\n%s", code, asked, direct)
	}
}

func TestWrongUsageIsOneSentenceAndStatus2(t *testing.T) {
	for _, c := range []struct {
		args   string
		en, zh string
	}{
		{"frobnicate", `there is no command "frobnicate"`, `没有命令 "frobnicate"`},
		{"frobnicate --help", `there is no command "frobnicate"`, `没有命令 "frobnicate"`},
		{"help frobnicate", `there is no command "frobnicate"`, `没有命令 "frobnicate"`},
		{"shwo", `did you mean show?`, `是否想用 show？`},
		{"plan extra", `plan: these arguments do not fit: extra`, `plan: 参数不符：extra`},
		{"detect one two", `detect: these arguments do not fit: one two`, `detect: 参数不符：one two`},
		{"run --bogus", "there is no flag --bogus", "没有选项 --bogus"},
		{"run -z", "there is no flag -z", "没有选项 -z"},
		{"plan --target", "--target: a value is missing", "--target: 缺少取值"},
		{"plan --rounds x", `--rounds: "x" is not of type int`, `--rounds: "x" 不是 int 类型`},
	} {
		for lang, want := range map[string]string{"en": c.en, "zh": c.zh} {
			_, errOut, code := say(append([]string{"--lang=" + lang}, strings.Fields(c.args)...)...)
			if code != exitUsage || !strings.Contains(errOut, want) || strings.Count(errOut, "\n") != 1 {
				t.Errorf("%s (%s): status %d, %q; want %d and %q", c.args, lang, code, errOut, exitUsage, want)
			}
		}
	}
	if _, errOut, code := say("plan", "--lang", "fr"); code != exitUsage || !strings.Contains(errOut, "--lang") {
		t.Errorf("--lang fr: status %d, %q", code, errOut)
	}
}

func TestVersionSaysWhatAReportOfAFaultNeeds(t *testing.T) {
	out, errOut, code := say("--version")
	if fields := strings.Fields(out); code != exitPass || errOut != "" || len(fields) != 4 || fields[0] != "xcmatrix" ||
		!strings.HasPrefix(fields[2], "go1.") || !strings.Contains(fields[3], "/") {
		t.Errorf("status %d, %q, %q", code, out, errOut)
	}
}
