package carrier

import (
	"strings"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix/gotest/stream"
	"github.com/xcmatrix/xcmatrix/results/pattern"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Failures of one package that are looked at alone, and how long a process may have taken that is repeated for them.
const (
	maxChecks    = 8
	maxCheckTime = 30 * time.Second
)

// failed gives a test that failed its verdict. One that failed behind others runs alone, to tell a test that fails from
// one that others make fail.
func (p *pkg) failed(x *process, t *stream.Test) {
	end, cause := p.failure(t)
	if t.Order > 1 && end.Verdict == record.Fail && p.checks < maxChecks && t.Used(time.Now()) < maxCheckTime {
		p.checks++
		if r := p.alone(t.Name); r.passed {
			cause = p.order(x, t, &end)
		}
	}
	p.attributes(t)
	p.report(t.Name, end, cause)
}

// order runs the tests before a failed test again, to distinguish a test that depends on them from one that fails now and then.
func (p *pkg) order(x *process, t *stream.Test, end *record.SpecEnd) record.Cause {
	var before []string
	for _, other := range x.started() {
		if other.Order <= t.Order {
			before = append(before, other.Name)
		}
	}
	said := end.Detail.En
	why := record.Sayf("alone it passes; whether it fails behind the others of its package again was not looked at: %s", "单独运行通过；未再次检查其在同包其他测试之后是否失败：%s", said)
	cause := record.CauseOrder
	if x.took < maxCheckTime {
		again := p.start(before, nil, p.flags(before)...)
		if again.err == nil && again.parser.Tests[t.Name].Outcome == stream.Fail {
			why = record.Sayf("it depends on the order of tests: alone it passes, behind the others of its package it fails, each time: %s",
				"依赖测试顺序：单独运行通过，在同包其他测试之后运行每次均失败：%s", said)
		} else {
			cause = record.CauseFlaky
			why = record.Sayf("it fails now and then: it failed once, and passed alone and in the same order again: %s", "偶发失败：失败一次，单独运行及以相同顺序再次运行均通过：%s", said)
		}
	}
	end.Detail = &why
	return cause
}

// failure returns the verdict on a test that reported its failure.
func (p *pkg) failure(t *stream.Test) (record.SpecEnd, record.Cause) {
	output := t.Output.String()
	why := record.Sentence{En: reason(output)}
	if t.Failing > 0 {
		names := strings.Join(t.Failed[:min(len(t.Failed), 5)], ", ")
		why = record.Sayf("%d of %d subtests fail (%s): %s", "%d/%d 个子测试失败（%s）：%s", t.Failing, t.Subtests, names, reason(output))
	}
	end := record.SpecEnd{Verdict: record.Fail, Seconds: t.Seconds, Detail: &why, Stack: output}
	if tool := toolPattern().FindStringSubmatch(output); tool != nil && (p.carrier.bare() || p.carrier.Request.Launch.Provenance == record.VM) {
		absent := record.Sayf("it starts %.100q, and no program of this target is here; one of the machine that emulates it would say nothing of the target",
			"它启动 %.100q，而这里没有目标平台的程序；模拟所在机器的程序不能说明目标平台", tool[1])
		remedy := record.Say("run it natively, on a machine with that program", "请在装有该程序的真实机器上运行")
		end.Verdict, end.Detail, end.Remedy = record.Miss, &absent, &remedy
		return end, ""
	}
	if strings.Contains(output, "plugin: not implemented") {
		absent := record.Say("it loads a plugin, and tests are built without cgo", "它需要加载插件，而测试以不含 cgo 的方式构建")
		remedy := record.Say("check it with go test on a machine with a C compiler", "请在装有 C 编译器的机器上用 go test 检查")
		end.Verdict, end.Detail, end.Remedy = record.Miss, &absent, &remedy
		return end, ""
	}
	if strings.Contains(output, "no space left on device") {
		full := record.Say("the disk under the directory of temporary files is full", "临时文件目录所在磁盘已满")
		remedy := record.Say("make room, or set TMPDIR to a directory with more", "请腾出空间，或将 TMPDIR 设为空间更大的目录")
		end.Verdict, end.Detail, end.Remedy = record.Miss, &full, &remedy
		return end, ""
	}
	if p.carrier.emulated() && emulatorPattern().MatchString(output) {
		return end, record.CauseEmulator
	}
	return end, ""
}

// toolPattern is how os/exec says that a program is not there.
var toolPattern = pattern.Of(`exec: "([^"\n]+)": executable file not found in \$PATH`)

// emulatorPattern is what a user-mode emulator says where a kernel of the target would do something: a child of the
// target's architecture that cannot start, a system call that is not there.
var emulatorPattern = pattern.Of(`exec format error|function not implemented|ENOSYS|qemu: `)

// report gives a verdict, and the finding behind it where its cause is known.
func (p *pkg) report(name string, end record.SpecEnd, cause record.Cause) {
	if cause != "" && !p.has(name) && end.Verdict != record.Miss {
		p.begun(name)
		f := record.Finding{ID: p.spec(name), Subject: p.Path, Severity: record.Medium, Cause: cause, Evidence: p.carrier.withoutPaths(end.Detail.En)}
		if cause == record.CauseOrder {
			f.Severity = record.Low
		}
		p.carrier.emit(record.Event{Kind: record.KindFinding, Spec: p.spec(name), Finding: &f})
	}
	p.give(name, end)
}

var (
	blankPattern = pattern.Of(`\s+`)
	placePattern = pattern.Of(`(?m)^\s*[\w./-]+\.go:\d+: .*$`)
)

// reason returns the first line of a test's output with a file and line, or else the first line.
func reason(output string) string {
	line := placePattern().FindString(output)
	if line == "" {
		line, _, _ = strings.Cut(strings.TrimSpace(output), "\n")
	}
	line = strings.TrimSpace(blankPattern().ReplaceAllString(strings.ToValidUTF8(line, "\uFFFD"), " "))
	if r := []rune(line); len(r) > 300 {
		line = string(r[:300]) + "…"
	}
	if line == "" {
		return "it gave no reason"
	}
	return line
}
