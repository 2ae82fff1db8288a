package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/needs"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites"
)

// claims are sentences that are told of Go on domestic platforms, each with the verdict that holds while its spec passes.
var claims = []struct {
	en, zh             string
	verdict, verdictZh string
	item, spec         string
}{
	{"Local symbols of Go programs have section index 0 (`st_shndx`), which LoongArch Binutils refuse: `gcWriteBarrier`", "Go 程序的局部符号节索引（`st_shndx`）为 0，龙架构 Binutils 会拒绝：`gcWriteBarrier`", "false", "不成立", "toolchain", "cross compilation / gives each local symbol a section, and each function an address in it"},
	{"`-ldflags=-w` avoids trouble with symbols", "`-ldflags=-w` 可绕过符号问题", "false: it leaves DWARF out, and keeps the symbols", "不成立：它去掉 DWARF，保留符号", "toolchain", "cross compilation / keeps the symbols with -w, and drops DWARF"},
	{"`-linkmode=external` makes a program dynamic", "`-linkmode=external` 可切换为动态链接", "false: without cgo it is refused", "不成立：未启用 cgo 时被拒绝", "toolchain", "cross compilation / refuses to link by another linker without cgo"},
	{"Go cross-compiles programs for arm64 without anything else", "Go 无需其他依赖即可交叉编译 arm64 程序", "true without cgo", "未启用 cgo 时成立", "toolchain", "cross compilation / builds for arm64 what the header says, without an interpreter"},
	{"Go cross-compiles programs for LoongArch without anything else", "Go 无需其他依赖即可交叉编译龙架构程序", "true without cgo, since Go 1.19", "未启用 cgo 时成立，始于 Go 1.19", "toolchain", "cross compilation / builds for loong64 what the header says, without an interpreter"},
	{"Go links statically by default", "Go 默认静态链接", "true without cgo alone", "仅在未启用 cgo 时成立", "elf", "segment / needs no shared library"},
	{"Go supports LoongArch since 1.16", "Go 自 1.16 起支持龙架构", "false: since 1.19", "不成立：始于 1.19", "elf", "rule / Go was built by a release whose port is complete"},
	{"Go programs run on kernels with pages of 16 and 64 KiB", "Go 程序可在 16 KiB 与 64 KiB 页的内核上运行", "true: their segments are aligned for them", "成立：其段按此对齐", "elf", "rule / segment can be mapped by kernels with pages of 4, 16 and 64 KiB"},
	{"`NO_PROXY=example.com` does not cover `api.example.com`", "`NO_PROXY=example.com` 不覆盖 `api.example.com`", "false: it covers both", "不成立：两者都覆盖", "toolchain", "proxy / leaves the domains below a host out too, where NO_PROXY names the host"},
	{"`.example.com` has to be written for the domains below", "子域须写作 `.example.com`", "false: it leaves example.com itself to the proxy", "不成立：这样 example.com 自身仍走代理", "toolchain", "proxy / leaves the domains alone out, where NO_PROXY begins with a dot"},
	{"Go ignores `Transport.Proxy` where the environment names a proxy", "环境变量设置代理后 Go 忽略 `Transport.Proxy`", "false", "不成立", "toolchain", "proxy / takes the proxy that a transport names, whatever the environment says"},
	{"`go env -w` silently changes PATH", "`go env -w` 会静默改写 PATH", "false: PATH is refused", "不成立：PATH 会被拒绝", "toolchain", "go command / refuses to keep PATH among its settings"},
	{"The go command puts GOROOT/bin first in PATH", "go 命令把 GOROOT/bin 放到 PATH 首位", "true of what `go run` and `go test` start", "对 `go run` 与 `go test` 启动的程序成立", "toolchain", "go command / puts its own bin directory first in the PATH of what it runs"},
	{"A login shell, an interactive shell and cron may find another Go", "登录 shell、交互式 shell 与 cron 可能找到不同的 Go", "true in general: `doctor` compares them, and here they find the same", "一般成立：`doctor` 会比较，本机一致", "toolchain", "installation / a login shell finds the same Go"},
	{"Two releases unpacked on top of each other break builds", "两个版本叠放解压会破坏构建", "true in general: `doctor` sees it, and there is one here", "一般成立：`doctor` 能发现，本机仅有一个版本", "toolchain", "installation / GOROOT holds one release, not two on top of each other"},
	{"Zhaoxin KX-6000 destroys R15, which Go relies on", "兆芯 KX-6000 会破坏 Go 所依赖的 R15", "not seen on amd64; a Zhaoxin itself has to show it", "在 amd64 上未出现；兆芯须在其上运行", "abi", "register / R15 holds its value over signals, preemptions and switches"},
	{"Phytium's kernel does not preserve R20 and R21", "飞腾内核不保留 R20 与 R21", "not seen on arm64 in virtual machines with Linux 5.10 and 6.12; a Phytium itself has to show it", "在 Linux 5.10 与 6.12 的 arm64 虚拟机中未出现；飞腾须在其上运行", "abi", "register / R20 and R21 hold their values over signals, preemptions and switches"},
	{"Division on Phytium D2000 depends on timing", "飞腾 D2000 的除法对时序敏感", "its results do not; how long it takes, only the chip shows", "其结果与时序无关；耗时仅芯片本身可表明", "abi", "number / quotients and remainders of all widths are bit for bit the same on all chips"},
	{"The runtime's stack maps are wrong on some chips", "运行时的栈映射在部分芯片上有误", "not seen on any target", "在所有目标上均未出现", "abi", "stack / keeps pointers into it over its growth"},
	{"Stack overflows are detected wrongly in 2 to 6 % of cases", "栈溢出检测有 2 % 至 6 % 误报", "not seen on any target", "在所有目标上均未出现", "abi", "stack / grows in many goroutines at the same time"},
}

// claimsPage returns the page of claims in a language.
func claimsPage(zh bool) string {
	var b strings.Builder
	if zh {
		b.WriteString("# 流传的说法\n\n[English](claims.md)\n\n这些说法见于介绍 Go 与信创平台的文章。结论在其检查项通过时成立，本页由测试按检查项的结果写出\n（`XCMATRIX_UPDATE=1 go test . -run Claims`）。\n\n| 说法 | 结论 | 命令 |\n|---|---|---|\n")
	} else {
		b.WriteString("# Claims\n\n[简体中文](claims.zh-CN.md)\n\nArticles on Go and domestic platforms say these. A verdict holds while its spec passes; a test writes this page from the results of\nspecs (`XCMATRIX_UPDATE=1 go test . -run Claims`).\n\n| Claim | Verdict | Command |\n|---|---|---|\n")
	}
	for _, c := range claims {
		claim, verdict := c.en, c.verdict
		if zh {
			claim, verdict = c.zh, c.verdictZh
		}
		fmt.Fprintf(&b, "| %s | %s | `xcmatrix exec --suite %s --spec '%s'` |\n", claim, verdict, c.item, c.spec)
	}
	return b.String()
}

// TestClaims: each claim's spec is planned, and the pages are as the table says. In the long form, with XCMATRIX_UPDATE=1, the specs run
// here too: a claim whose spec does not pass is not written.
func TestClaims(t *testing.T) {
	planned := map[string]bool{}
	for _, item := range []string{"toolchain", "elf", "abi"} {
		specs, err := suites.Specs(item, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range specs {
			planned[item+": "+s.ID] = true
		}
	}
	for _, c := range claims {
		if !planned[c.item+": "+c.spec] {
			t.Errorf("%s has no spec %q", c.item, c.spec)
		}
	}
	update := os.Getenv("XCMATRIX_UPDATE") != ""
	if update {
		for id, verdict := range claimVerdicts(t) {
			if verdict != record.Pass && verdict != record.Skip { // skip: the claim is about another architecture
				t.Fatalf("%s: %s: its claim's verdict does not hold here", id, verdict)
			}
		}
	}
	for name, zh := range map[string]bool{"docs/claims.md": false, "docs/claims.zh-CN.md": true} {
		if update {
			if err := os.WriteFile(name, []byte(claimsPage(zh)), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if text, err := os.ReadFile(name); err != nil || string(text) != claimsPage(zh) {
			t.Errorf("%s is not as the table says (%v); XCMATRIX_UPDATE=1 go test . -run %s writes it", name, err, t.Name())
		}
	}
}

// claimVerdicts runs the specs of all claims in processes of this program, and returns their verdicts.
func claimVerdicts(t *testing.T) map[string]record.Verdict {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		needs.Absent(t, needs.Go, "no go command in PATH: install Go")
	}
	program := filepath.Join(t.TempDir(), "xcmatrix")
	if said, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	args, verdicts := map[string][]string{}, map[string]record.Verdict{}
	for _, c := range claims {
		args[c.item] = append(args[c.item], "--spec", c.spec)
		verdicts[c.spec] = "no verdict"
	}
	for item, specs := range args {
		out, _ := exec.Command(program, append([]string{"exec", "--suite", item}, specs...)...).Output()
		for line := range bytes.Lines(out) {
			var e record.Event
			if json.Unmarshal(line, &e) == nil && e.End != nil {
				verdicts[e.Spec] = e.End.Verdict
			}
		}
	}
	return verdicts
}
