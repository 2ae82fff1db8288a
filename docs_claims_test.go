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
	{"Division on Phytium D2000 depends on timing", "飞腾 D2000 的除法对时序敏感", "its results do not; how long each kind takes, the benchmarks `speed / of a division …` measure on the chip", "其结果与时序无关；各类除法的耗时由基准 `speed / of a division …` 在芯片上测得", "abi", "number / quotients and remainders of all widths are bit for bit the same on all chips"},
	{"The runtime's stack maps are wrong on some chips", "运行时的栈映射在部分芯片上有误", "not seen on any target: nothing that a stack points to is freed, also where GODEBUG overwrites or marks twice", "在所有目标上均未出现：即使 GODEBUG 覆写已释放内存或二次标记，栈所指对象也未被释放", "abi", "stack map / has each pointer with GODEBUG=clobberfree=1: what is freed is overwritten"},
	{"The runtime's stack maps miss pointers that only a second marking would find", "运行时的栈映射会遗漏只有二次标记才能发现的指针", "not seen on any target", "在所有目标上均未出现", "abi", "stack map / has each pointer with GODEBUG=gccheckmark=1: a second marking with the world stopped finds what the first one missed"},
	{"A division by a constant is another operation than one by a variable, and may differ on some chips", "除以常量与除以变量是不同的运算，在部分芯片上可能不一致", "not seen on any target: both give the same", "在所有目标上均未出现：两者结果相同", "abi", "division / by a constant is what the processor's division gives"},
	{"Stack overflows are detected wrongly in 2 to 6 % of cases", "栈溢出检测有 2 % 至 6 % 误报", "not seen on any target", "在所有目标上均未出现", "abi", "stack / grows in many goroutines at the same time"},
	{"gopsutil's Free is the bytes that users other than root may have", "gopsutil 的 Free 是非 root 用户可用的字节数", "true: it is f_bavail, not f_bfree: what is reserved for root is in neither Used nor Free", "成立：它取自 f_bavail 而非 f_bfree：保留给 root 的空间既不计入 Used 也不计入 Free", "disk", "usage / free is what others than root may have"},
	{"disk.Partitions(true) also lists virtual file systems, so that a program has to choose", "disk.Partitions(true) 包含虚拟文件系统，须自行筛选", "true: it lists what mountinfo has; disk.Partitions(false) keeps the kinds that need a device", "成立：它列出 mountinfo 的全部内容；disk.Partitions(false) 只保留需要设备的类型", "disk", "mounts / of real devices are kinds that need a device"},
	{"in a container the kind of the file system tells whether a mount is a local block device", "在容器中须结合文件系统类型判断挂载点是否为本地块设备", "true: an overlay has a kind of its own, and the size of its upper layer", "成立：overlay 有自己的类型，其大小为上层的大小", "disk", "file system / laid over another is of its own kind, and as large as the layer on top"},
	{"/sys/block/DEVICE/range holds the addressable sectors, such as \"0 4194304\"", "/sys/block/设备/range 是可寻址扇区范围，如 \"0 4194304\"", "false: it is one number: how many minor numbers the device may have", "不成立：它是一个数：设备可占用的次设备号个数", "disk", "block device / range is one number of minors, not a range of sectors"},
	{"size in sysfs counts sectors of 512 bytes, whatever the block size", "sysfs 的 size 始终以 512 字节扇区为单位", "true: a device with blocks of 4096 bytes shows the same size as one with 512", "成立：块大小为 4096 字节的设备与 512 字节的显示相同", "disk", "size of a device / in sysfs stays in sectors of 512 bytes where blocks have 4096"},
	{"ENODEV says that the device has been removed", "ENODEV 表示设备已解绑", "true: of an attribute that was open; a name that is looked up anew is ENOENT", "成立：对已打开的属性如此；重新查找名称时为 ENOENT", "disk", "error / ENODEV says that what was opened has gone"},
	{"EACCES says that the process lacks the permission", "EACCES 表示当前进程无权限", "partly true: an attribute for writing only is EACCES for root too", "部分成立：只写属性对 root 也返回 EACCES", "disk", "error / EACCES says that an attribute is for writing only"},
	{"EINVAL comes from reading an attribute whose object is not initialized", "EINVAL 来自读取未初始化对象的属性", "partly true: what programs meet is EINVAL for writing a value of the wrong kind", "部分成立：程序实际遇到的是写入错误类型的值时的 EINVAL", "disk", "error / EINVAL says that a value is of the wrong kind"},
	{"size is to be parsed as a hexadecimal number", "size 应按十六进制解析", "false: it is decimal; a parser for hexadecimal reads 2048 as 8264", "不成立：它是十进制；按十六进制会把 2048 读成 8264", "disk", "block device / size is one decimal number and a newline"},
	{"a number can be read from sysfs without allocating memory", "可以不分配内存地读取 sysfs 中的数", "true: suites/disk/sysfs does, and is several times faster than os.ReadFile with strconv", "成立：suites/disk/sysfs 即如此，且比 os.ReadFile 加 strconv 快数倍", "disk", "size of a device / read by the reader without allocation is that of package os"},
	{"the fifth field of fdisk -l of busybox is the number of sectors", "busybox fdisk -l 输出的第 5 个字段是扇区数", "false: it is the number of bytes", "不成立：它是字节数", "disk", "size of a device / by busybox fdisk -l is in bytes"},
	{"blockdev --getsz agrees with sysfs", "blockdev --getsz 与 sysfs 一致", "true: both count sectors of 512 bytes", "成立：两者均以 512 字节扇区计数", "disk", "size of a device / by blockdev is in sectors of 512 bytes"},
	{"after a card is plugged in again the next read succeeds, without restarting the program", "重新插卡后下一次读取即成功，无需重启进程", "partly true: for who opens the file anew, by the device's identity; a descriptor that was kept is ENODEV for ever", "部分成立：仅当按设备标识重新打开文件时成立；保留的描述符始终返回 ENODEV", "disk", "removal of a device / is final for a descriptor of its size: ENODEV, also when the device is back"},
	{"The scheduler spreads 64 busy goroutines unevenly over processors: 4.2 on some and 1.1 on others", "调度器把 64 个计算型 goroutine 不均匀地分到各处理器：有的 4.2 个，有的 1.1 个", "not seen: the fairness index of goroutines and of processors stays above 0.6; a Kunpeng 920 with its four NUMA nodes itself has to show it", "未出现：goroutine 与处理器的公平指数均高于 0.6；鲲鹏 920 的四个 NUMA 节点须在其上检验", "sched", "balance / of 64 busy goroutines is even, among them and over processors"},
	{"Work stealing over NUMA nodes is so slow that processors stay idle", "跨 NUMA 域的 work-stealing 延迟使部分核闲置", "not seen: no node is left out, in a virtual machine with two of them either (`hygon-vm-4`); how long it takes only the chip shows", "未出现：没有节点被闲置，两节点虚拟机（`hygon-vm-4`）中亦然；延迟仅芯片本身可表明", "sched", "balance / over NUMA nodes leaves none out"},
	{"An idle processor takes goroutines from the queue of a busy one", "空闲处理器会从繁忙处理器的队列中窃取 goroutine", "true", "成立", "sched", "balance / takes a goroutine from the queue of a busy processor"},
	{"`taskset` keeps all threads of a Go program on the processors it names", "`taskset` 可把 Go 程序的全部线程限制在指定处理器上", "true, and GOMAXPROCS follows", "成立，且 GOMAXPROCS 随之变化", "sched", "mask / of the last processor keeps every thread there"},
	{"GOGC=75 shortens stops of the world by 43 %, from 32 ms to 18 ms", "GOGC=75 使 STW 由 32 ms 降到 18 ms，缩短 43 %", "false: they stay as long, some microseconds on one processor", "不成立：停顿不变，单处理器上为数微秒", "gc", "advice / GOGC=75 shortens no stop of the world by a third"},
	{"GOGC=75 is right for one brand of memory and 80 for another", "长鑫内存宜用 GOGC=75，紫光宜用 80", "not as a rule: both cost about the same number of collections; `xcmatrix tune gc` measures both on the machine itself", "并非规律：两者的回收次数相近；`xcmatrix tune gc` 在本机对两者实测", "gc", "advice / GOGC=80 costs hardly fewer cycles than 75"},
	{"A lower GOGC collects sooner", "GOGC 越低，回收越频繁", "true, and costs more CPU time", "成立，且占用更多 CPU 时间", "gc", "work / costs fewer cycles as GOGC rises"},
	{"GOMEMLIMIT makes the runtime shrink the heap before the limit", "GOMEMLIMIT 使运行时在接近上限前主动收缩堆", "true of garbage", "对垃圾成立", "gc", "memory / limit keeps garbage within a control group that is hardly larger"},
	{"GOMEMLIMIT keeps the kernel from killing the process for want of memory", "GOMEMLIMIT 可避免 OOM Killer 误杀", "false where more is in use: the limit is soft", "存活数据超过上限时不成立：该上限是软性的", "gc", "memory / in use beyond a control group's limit ends the process, whatever GOMEMLIMIT is"},
	{"`cpu.cfs_quota_us` limits CPU time, not the number of processors", "`cpu.cfs_quota_us` 限制的是 CPU 时间而非核数", "true", "成立", "sched", "quota / of half a processor gives no more than that"},
	{"Under a quota Go misjudges how many processors it may use", "有配额时 Go 会误判可用并行度", "outdated: since Go 1.25 GOMAXPROCS is the quota, rounded up and at least two; it does not see a parent group's quota", "已过时：自 Go 1.25 起 GOMAXPROCS 取配额向上取整，且不小于二；它看不到父级组的配额", "sched", "quota / of 0.5 processors decides GOMAXPROCS"},
	{"With half a processor GOMAXPROCS=8 takes eight times as long as 1: 9.7 s, and 1.2 s", "配额 50 % 时 GOMAXPROCS=8 耗时为 1 的八倍：9.7 s 与 1.2 s", "false: it takes about as long; `xcmatrix tune procs` prints the table", "不成立：耗时相近；`xcmatrix tune procs` 给出该表", "sched", "quota / of half a processor costs with GOMAXPROCS=8 not nearly eight times as much as with 1"},
	{"A quota that is used up makes goroutines wait for the next period", "配额用尽后 goroutine 须等待下一周期", "true: the kernel counts it in nr_throttled, and a task of 1 ms then takes up to 200 ms", "成立：内核在 nr_throttled 中计数，此时 1 ms 的任务可耗时 200 ms", "sched", "quota / that is used up is counted as throttled"},
	{"TLS with SM2, SM3 and SM4 takes 42 to 68 ms more than with ECC", "国密 TLS 比 ECC 的 TLS 多 42～68 ms", "not by its algorithms: beyond TLS 1.3 with P-256 a client spends some milliseconds of processor time with tjfoc, and less than one with faster code", "不是算法所致：比 P-256 的 TLS 1.3，客户端用 tjfoc 多数毫秒处理器时间，用较快的实现不足一毫秒", "tls", "cost / SM2, SM3 and SM4 cost a client's handshake less processor time than the 42 ms that are said"},
	{"Key agreement takes 24.7 ms with SM2, and 3.1 ms with ECC", "SM2 密钥协商 24.7 ms，ECC 3.1 ms", "not seen: the other side and the network are in such figures; and the suites ECC_SM4_* encrypt one secret, they agree on none", "未出现：这类数字含对端与网络的时间；且 ECC_SM4_* 套件只加密一个密值，并不协商", "tls", "cost / key agreement costs less processor time than the 21.6 ms more that are said"},
	{"Verifying certificates takes 38.9 ms with SM2, and 5.6 ms with ECC", "SM2 证书验证 38.9 ms，ECC 5.6 ms", "not seen; TLCP verifies two certificates where TLS verifies one", "未出现；TLCP 验证两张证书，TLS 验证一张", "tls", "cost / verifying certificates costs less processor time than the 33.3 ms more that are said"},
	{"What national TLS costs is its cryptography", "国密 TLS 的开销在于密码运算", "not where the network is slow: TLCP waits for one round trip more than TLS 1.3, RFC 8998 for none", "网络较慢时并非如此：TLCP 比 TLS 1.3 多等一次往返，RFC 8998 不多等", "tls", "cost / TLCP and TLS 1.2 wait for one round trip more than TLS 1.3 does"},
	{"reading a device that is gone has no side effects", "读取已消失的设备没有副作用", "true: for a reader of sysfs; it leaves no descriptor and no goroutine, and brings no node back", "成立：对只读 sysfs 的读取者成立：不泄漏描述符和 goroutine，也不会使节点复活", "disk", "removal of a device / is not undone by a reader of sizes"},
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
	for _, item := range []string{"toolchain", "elf", "abi", "disk", "gc", "sched", "tls"} {
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
