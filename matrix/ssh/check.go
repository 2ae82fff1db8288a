package ssh

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/matrix/catalog"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// architectures are the outputs of uname -m, by GOARCH.
var architectures = map[string][]string{
	"amd64":   {"x86_64", "amd64"},
	"arm64":   {"aarch64", "arm64"},
	"loong64": {"loongarch64", "loong64"},
}

// GOARCH returns the GOARCH of the machine; "" if Go does not support it.
func (l Look) GOARCH() string {
	for goarch, names := range architectures {
		for _, name := range names {
			if l.Machine == name {
				return goarch
			}
		}
	}
	return ""
}

// World returns the ABI world of a LoongArch machine: by the digits of a signal set, or else by the interpreter of
// /bin/sh. It is "" for other machines, and if neither is known.
func (l Look) World() string {
	if l.GOARCH() != "loong64" {
		return ""
	}
	switch {
	case l.Signals == 16:
		return catalog.NewWorld
	case l.Signals == 32:
		return catalog.OldWorld
	case l.Linker == "/lib64/ld-linux-loongarch-lp64d.so.1":
		return catalog.NewWorld
	case l.Linker == "/lib64/ld.so.1":
		return catalog.OldWorld
	}
	return ""
}

// Key returns the build key for the machine: that of the file for both ABI worlds for an old-world LoongArch machine, that of a
// file without assembly for one without LSX, and k for any other.
func (l Look) Key(k build.Key) build.Key {
	if l.World() == catalog.OldWorld {
		k.World = build.BothWorlds
	}
	if l.lacksLSX() && k.Tags == "" {
		k.Tags = "purego"
	}
	return k
}

// lacksLSX reports whether the machine is a LoongArch whose processor says what it has, and LSX is not among it.
func (l Look) lacksLSX() bool {
	return len(l.Features) > 0 && catalog.NeedsPurego(l.GOARCH(), l.Features)
}

// Check returns the reason why payloads for a platform cannot run on the machine; nil if they can. declared is the ABI
// world that the target declares. The error is a *record.Problem if system or architecture are not the declared ones, and
// a *record.Missing for something that the machine lacks.
func (m *Machine) Check(goos, goarch, declared string) error {
	if !strings.EqualFold(m.System, goos) || m.GOARCH() != goarch {
		return m.wrong("%[1]s is %[2]s/%[3]s, and %[4]s/%[5]s is declared: correct chip or goarch, or the host",
			"%[1]s 是 %[2]s/%[3]s，而声明为 %[4]s/%[5]s：请更正 chip 或 goarch，或更正主机", m.Name, m.System, m.Machine, goos, goarch)
	}
	if world := m.World(); declared == catalog.NewWorld && world == catalog.OldWorld || declared == catalog.OldWorld && world == catalog.NewWorld {
		return m.wrong("%[1]s is of LoongArch's %[2]s ABI world, and %[3]s is declared: correct world, or leave it out",
			"%[1]s 属于龙架构的 %[2]s 世界，而声明为 %[3]s：请更正 world，或删除该字段", m.Name, world, declared)
	}
	if floor := m.floor(goarch); older(m.Kernel, floor) {
		return m.missing(record.Sayf("its kernel is %s, and Go programs for %s need %s or newer", "内核为 %s，而 %s 的 Go 程序需要 %s 或更新版本", m.Kernel, goarch, floor),
			record.Say("install a newer system there", "请在该机器上安装更新的系统"))
	}
	if m.Base == "" {
		return m.noDirectory()
	}
	if strings.ContainsAny(m.Base, "\n\r") || !strings.HasPrefix(m.Base, "/") {
		return m.wrong("%[1]s names a cache directory that is none (%[2]q): set HOME there", "%[1]s 给出的缓存目录无效（%[2]q）：请在该机器上设置 HOME", m.Name, short(m.Base))
	}
	if m.Sum == "" || m.Sum == noSum {
		return m.missing(record.Say("nothing there computes a SHA-256, so that a payload could not be verified before it starts",
			"没有可计算 SHA-256 的命令，无法在启动前校验测试程序"), record.Say("install coreutils there (sha256sum), or one of openssl, busybox, toybox, perl and python3",
			"请在该机器上安装 coreutils（sha256sum），或 openssl、busybox、toybox、perl、python3 之一"))
	}
	return nil
}

// CheckCode reports whether the machine can run the code that a target declares, "assembly", "purego" or "" for whichever fits. The
// error is a *record.Missing.
func (m *Machine) CheckCode(declared string) error {
	if declared != "assembly" || !m.lacksLSX() {
		return nil
	}
	return m.missing(record.Say("its processor has no LSX, and the assembly that the target declares ends without it", "其处理器没有 LSX，而目标声明的汇编代码需要 LSX"),
		record.Say("leave code: assembly out: a payload without assembly is sent then", "请删除 code: assembly：届时将发送不含汇编的测试程序"))
}

// floor returns the oldest kernel version that the Go port supports.
func (l Look) floor(goarch string) string {
	switch {
	case goarch == "loong64" && l.World() == catalog.OldWorld:
		return "4.19"
	case goarch == "loong64":
		return "5.19"
	}
	return "3.2"
}

// older reports whether a kernel's release is older than a version. A release without a number is not.
func older(release, version string) bool {
	var have, want [2]int
	if n, _ := fmt.Sscanf(release, "%d.%d", &have[0], &have[1]); n != 2 {
		return false
	}
	major, minor, _ := strings.Cut(version, ".")
	want[0], _ = strconv.Atoi(major)
	want[1], _ = strconv.Atoi(minor)
	return have[0] < want[0] || have[0] == want[0] && have[1] < want[1]
}

// noDirectory returns the *record.Missing with the reasons why no directory of the machine can be used for payloads.
func (m *Machine) noDirectory() error {
	var en, zh []string
	full := len(m.Refused) > 0
	for _, refused := range m.Refused {
		at := strings.LastIndexByte(refused, ':')
		dir, why := refused[:max(at, 0)], refused[at+1:]
		said := record.Say("not writable", "不可写")
		kib, isSpace := strings.CutPrefix(why, "space ")
		if isSpace {
			free, _ := strconv.ParseInt(kib, 10, 64)
			said = record.Sayf("%d MiB free, %d are needed", "可用 %d MiB，需要 %d MiB", free>>10, needed>>10)
		} else {
			full = false
		}
		if why == "noexec" {
			said = record.Say("mounted noexec, so that no program starts there", "以 noexec 挂载，无法执行程序")
		}
		en, zh = append(en, dir+": "+said.En), append(zh, dir+"："+said.Zh)
	}
	reason := record.Say("no directory there can hold a payload: "+strings.Join(en, "; "), "没有可存放测试程序的目录："+strings.Join(zh, "；"))
	if full {
		return m.wrong("the disk of %[1]s is full (%[2]s): make room there", "%[1]s 的磁盘已满（%[2]s）：请腾出空间", m.Name, record.Say(strings.Join(en, "; "), strings.Join(zh, "；")))
	}
	return m.missing(reason, record.Say("make room, or set XDG_CACHE_HOME for the account there to a directory where programs start", "请腾出空间，或为该账户将 XDG_CACHE_HOME 设为可执行程序的目录"))
}

// Notes returns sentences that the user should see before anything runs on the machine.
func (m *Machine) Notes() []record.Sentence {
	var notes []record.Sentence
	if by := m.Clock.Round(time.Second); by.Abs() > 5*time.Second {
		notes = append(notes, record.Sayf("the clock of %[1]s differs from this machine's by %[2]s: times in its events are its own", "%[1]s 的时钟与本机相差 %[2]s：其事件中的时间以该机器为准", m.Name, by))
	}
	if m.lacksLSX() {
		notes = append(notes, record.Sayf("the processor of %s has no LSX: it gets a payload without assembly", "%s 的处理器没有 LSX：使用不含汇编的测试程序", m.Name))
	}
	if m.Locked != nil {
		notes = append(notes, record.Say(m.Name+": "+m.Locked.In("en"), m.Name+"："+m.Locked.In("zh")))
	}
	return notes
}
