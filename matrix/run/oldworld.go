package run

import (
	"github.com/xcmatrix/xcmatrix/matrix/catalog"
	"github.com/xcmatrix/xcmatrix/matrix/launch"
	"github.com/xcmatrix/xcmatrix/matrix/machine"
	"github.com/xcmatrix/xcmatrix/results/pattern"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// oldWorldVerdict returns the verdict on all specs of a payload that cannot start in LoongArch's old ABI world, and nil if the
// process ended for another reason. In the old world the Go runtime ends by SIGSEGV when it first sets a signal mask, before
// main (golang/go#68867).
func (p *process) oldWorldVerdict(exit launch.Exit) *record.SpecEnd {
	if p.target.Key.GOARCH != "loong64" || p.target.Key.World != "" || exit.Signal != "SIGSEGV" || p.eventBytes > 0 || p.abiWorld() != catalog.OldWorld {
		return nil
	}
	reason := record.Say("the payload ended by SIGSEGV before its first event: this system is of LoongArch's old ABI world, where programs of upstream Go cannot start",
		"测试程序在第一个事件之前因 SIGSEGV 终止：本系统属于 LoongArch 旧世界 ABI，上游 Go 构建的程序无法启动")
	if address := faultAddress(exit.Output); address != "" {
		reason = record.Say(reason.En+" (fault at address "+address+")", reason.In("zh")+"（故障地址 "+address+"）")
	}
	remedy := record.Say("write `world: both` for the target: its payload then starts in both worlds; docs/old-world.md",
		"请为该目标写 `world: both`：其测试程序可在两个世界中启动；见 docs/old-world.zh-CN.md")
	return &record.SpecEnd{Verdict: record.Miss, Detail: &reason, Remedy: &remedy}
}

// abiWorld returns the ABI world of the system that the target's payloads run on; "" if it is unknown.
func (p *process) abiWorld() string {
	if p.target.Name == "native" {
		return machine.Detect().ABIWorld
	}
	return p.target.Guest.World
}

var faultPattern = pattern.Of(`SIGSEGV at address (0x[0-9a-f]{1,16})\b`)

// faultAddress returns the address of the fault in a process's output; "" if the output has none.
func faultAddress(output []byte) string {
	if found := faultPattern().FindSubmatch(output); found != nil {
		return string(found[1])
	}
	return ""
}
