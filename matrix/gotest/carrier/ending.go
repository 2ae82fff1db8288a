package carrier

import (
	"regexp"
	"strings"
	"syscall"

	"github.com/xcmatrix/xcmatrix/matrix/gotest/stream"
	"github.com/xcmatrix/xcmatrix/results/pattern"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// crash returns the verdict on the test that ran when the process ended, or whose deadline passed.
func (p *pkg) crash(x *process, name string) record.SpecEnd {
	if len(x.late) > 0 {
		limit := p.deadline(name).Seconds()
		why := record.Sayf("the deadline passed: %.0f s", "已超过时限：%.0f 秒", limit)
		if sub := x.parser.Tests[name].Open; sub != "" {
			why = record.Sayf("the deadline passed: %.0f s, in %s", "已超过时限：%.0f 秒，位于 %s", limit, sub)
		}
		return record.SpecEnd{Verdict: record.Timeout, Seconds: limit, Detail: &why, Stack: x.stack()}
	}
	why := record.Sayf("the process ended under it: %s", "进程在其运行时终止：%s", x.words())
	if sub := x.parser.Tests[name].Open; sub != "" {
		why = record.Sayf("the process ended under %s: %s", "进程在 %s 运行时终止：%s", sub, x.words())
	}
	return record.SpecEnd{Verdict: record.Crash, Seconds: x.took.Seconds(), Detail: &why, Stack: x.stack()}
}

// words returns a sentence on how the process ended, with the message of the Go runtime.
func (x *process) words() record.Sentence {
	how := record.Sayf("exit status %d", "退出状态 %d", x.code)
	if x.signal != "" {
		how = record.Say(x.signal, x.signal)
	}
	if said := runtimeMessage().FindString(x.output()); said != "" {
		if r := []rune(said); len(r) > 200 {
			said = string(r[:200]) + "…"
		}
		return record.Sayf("%s, %s", "%s，%s", how, said)
	}
	return how
}

// output returns the output of the process, including the lines that tests printed.
func (x *process) output() string { return x.parser.Crash.String() + x.parser.Text.String() }

// stack returns what of the output tells how the process ended.
func (x *process) stack() string {
	if said := x.parser.Crash.String(); said != "" {
		return said
	}
	return x.parser.Text.String()
}

// runtimeMessage are what the Go runtime, or an emulator, says before it ends a process.
var runtimeMessage = pattern.Of(`(?m)^(?:fatal error|panic|runtime|SIG[A-Z]+|unexpected fault|qemu[^:\n]*): .*$`)

// panicked reports whether the Go runtime ended the process.
func (x *process) panicked() bool { return runtimeMessage().MatchString(x.parser.Crash.String()) }

var (
	goroutinePattern = pattern.Of(`(?ms)^goroutine \d+[^\n]*:\n.*?(?:\n\n|\z)`)
	creatorPattern   = pattern.Of(`(?m)^created by \S+?\.((?:Test|Fuzz|Example|Benchmark)\w*)`)
	framePattern     = pattern.Of(`(?m)^\S+?\.((?:Test|Fuzz|Example|Benchmark)\w*)(?:\.func|\.gowrap|\()`)
)

// leftBehind returns the test that had ended and whose goroutine ended the process, by the first stack of the output; "" if there is none.
func (x *process) leftBehind(started []*stream.Test) string {
	stack := goroutinePattern().FindString(x.parser.Crash.String())
	for _, caller := range []*regexp.Regexp{creatorPattern(), framePattern()} {
		for _, found := range caller.FindAllStringSubmatch(stack, -1) {
			name, _, _ := strings.Cut(found[1], ".")
			for _, t := range started {
				if t.Name == name {
					if t.Outcome == stream.None {
						return "" // it is under way
					}
					return name
				}
			}
		}
	}
	return ""
}

// nothingStarted records verdicts on all tests of a process in which no test began.
func (p *pkg) nothingStarted(x *process) (left []string) {
	end := p.silence(x)
	p.mainEnds(end)
	p.all(x.names, end)
	return nil
}

// silence returns the verdict on a requested test that never began.
func (p *pkg) silence(x *process) record.SpecEnd {
	said := reason(x.output())
	end := record.SpecEnd{Verdict: record.Error, Stack: x.stack()}
	var why record.Sentence
	switch {
	case x.hung || len(x.late) > 0:
		return p.hang(x)
	case x.signal != "" || x.panicked():
		end.Verdict = record.Crash
		why = record.Sayf("the process ended before its first test: %s", "进程在第一个测试之前终止：%s", x.words())
	case x.parser.Final != stream.None:
		why = record.Say("it was asked for and did not run: an argument (--args) or the package's TestMain leaves it out", "已要求运行但未运行：被参数（--args）或该包的 TestMain 排除")
	case p.TestMain && x.code == 0, wantsPattern().MatchString(x.output()):
		why = record.Sayf("the package's TestMain ended the process before any test (%s), and said: %s", "该包的 TestMain 在任何测试之前结束了进程（%s），输出：%s", x.words(), said)
		remedy := record.Say("give it what it asks for: a server, or a variable by --env NAME", "请提供其所需：服务器，或用 --env NAME 传入环境变量")
		end.Verdict, end.Remedy = record.Miss, &remedy
	default:
		why = record.Sayf("the process ended before its first test (%s), and said: %s", "进程在第一个测试之前结束（%s），输出：%s", x.words(), said)
	}
	end.Detail = &why
	return end
}

// wantsPattern is what programs say that look for a server, or a setting, in vain.
var wantsPattern = pattern.Of(`(?i)connection refused|no such host|dial (?:tcp|unix) |not set\b|is required|(?:needed|necessary|must be set)\b|executable file not found`)

// hang returns the verdict if no test was running and no output came.
func (p *pkg) hang(x *process) record.SpecEnd {
	why := record.Say("the process hung while no test was under way: in TestMain, or in what a test left behind", "没有测试在运行时进程停滞：在 TestMain 中，或由测试遗留")
	return record.SpecEnd{Verdict: record.Timeout, Seconds: x.took.Seconds(), Detail: &why, Stack: x.stack()}
}

// unstartable returns the verdict on tests whose binary did not start.
func (x *process) unstartable() record.SpecEnd {
	why := record.Sayf("the test binary did not start: %v", "测试程序未能启动：%v", x.err)
	return record.SpecEnd{Verdict: record.Error, Detail: &why}
}

// neverStarted judges tests that a process left out which ran to its end.
func (p *pkg) neverStarted(names []string) {
	why := record.Say("it was asked for and did not run: an argument (--args) or the package's TestMain leaves it out", "已要求运行但未运行：被参数（--args）或该包的 TestMain 排除")
	p.all(names, record.SpecEnd{Verdict: record.Error, Detail: &why})
}

// all gives several tests one verdict.
func (p *pkg) all(names []string, end record.SpecEnd) {
	for _, name := range names {
		p.give(name, end)
	}
}

// mainEnds gives the package's TestMain, where it has one, a verdict.
func (p *pkg) mainEnds(end record.SpecEnd) {
	if p.asked[p.spec(testMain)] {
		p.give(testMain, end)
	}
}

// main judges the package's TestMain by the exit statuses of the processes that ran all their tests.
func (p *pkg) main(ran bool) {
	if !p.asked[p.spec(testMain)] || p.has(testMain) {
		return
	}
	end := record.SpecEnd{Verdict: record.Pass}
	if !ran {
		why := record.Say("none of the package's tests was asked for", "未要求运行该包的任何测试")
		end.Verdict, end.Detail = record.Skip, &why
	}
	for _, e := range p.exits {
		switch {
		case e.failed && e.code == 0:
			why := record.Say("it ends with status 0 although a test failed: `go test` says ok, and nobody sees the failure; os.Exit(m.Run()) tells it", "有测试失败却以状态 0 退出：`go test` 会显示 ok，失败无人得知；应使用 os.Exit(m.Run())")
			end = record.SpecEnd{Verdict: record.Fail, Detail: &why, Stack: e.output}
		case !e.failed && e.code != 0:
			why := record.Sayf("it ends with status %d although every test passed: %s", "所有测试均通过，却以状态 %d 退出：%s", e.code, reason(e.output))
			end = record.SpecEnd{Verdict: record.Fail, Detail: &why, Stack: e.output}
		}
	}
	p.give(testMain, end)
}

// signalName returns the name of a signal.
func signalName(s syscall.Signal) string {
	for name, signal := range map[string]syscall.Signal{"SIGABRT": syscall.SIGABRT, "SIGBUS": syscall.SIGBUS, "SIGFPE": syscall.SIGFPE, "SIGHUP": syscall.SIGHUP,
		"SIGILL": syscall.SIGILL, "SIGINT": syscall.SIGINT, "SIGKILL": syscall.SIGKILL, "SIGPIPE": syscall.SIGPIPE, "SIGQUIT": syscall.SIGQUIT,
		"SIGSEGV": syscall.SIGSEGV, "SIGSYS": syscall.SIGSYS, "SIGTERM": syscall.SIGTERM, "SIGTRAP": syscall.SIGTRAP, "SIGXCPU": syscall.SIGXCPU} {
		if s == signal {
			return name
		}
	}
	return s.String()
}
