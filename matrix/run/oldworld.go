package run

import (
	"regexp"

	"github.com/xcmatrix/xcmatrix/matrix/catalog"
	"github.com/xcmatrix/xcmatrix/matrix/launch"
	"github.com/xcmatrix/xcmatrix/matrix/machine"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// oldWorldEnd is the verdict on all specs of a payload that cannot start in LoongArch's old ABI world; nil for any other
// end. Go's own runtime ends by SIGSEGV there when it first sets a signal mask, before main (golang/go#68867).
func (s *shot) oldWorldEnd(exit launch.Exit) *record.SpecEnd {
	if s.target.Key.GOARCH != "loong64" || s.target.Key.World != "" || exit.Signal != "SIGSEGV" || s.heard > 0 || s.world() != catalog.OldWorld {
		return nil
	}
	reason := record.Say("the payload ended by SIGSEGV before its first event: this system is of LoongArch's old ABI world, where programs of upstream Go cannot start",
		"载荷在第一个事件之前因 SIGSEGV 终止：本系统属于 LoongArch 旧世界 ABI，上游 Go 构建的程序无法启动")
	if at := faultAddress(exit.Output); at != "" {
		reason = record.Say(reason.En+" (fault at address "+at+")", reason.In("zh")+"（故障地址 "+at+"）")
	}
	remedy := record.Say("write `world: both` for the target: its payload then starts in both worlds; docs/old-world.md",
		"请为该目标写 `world: both`：其载荷可在两个世界中启动；见 docs/old-world.zh-CN.md")
	return &record.SpecEnd{Verdict: record.Miss, Detail: &reason, Remedy: &remedy}
}

// world is the ABI world that the target's payloads meet, "" where nothing tells.
func (s *shot) world() string {
	if s.target.Name == "native" {
		return machine.Detect().ABIWorld
	}
	return s.target.Guest.World
}

var faultPattern = regexp.MustCompile(`SIGSEGV at address (0x[0-9a-f]{1,16})\b`)

// faultAddress is the address of the fault that a process's output names; "" if it names none.
func faultAddress(output []byte) string {
	if found := faultPattern.FindSubmatch(output); found != nil {
		return string(found[1])
	}
	return ""
}
