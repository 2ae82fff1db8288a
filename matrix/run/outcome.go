package run

import (
	"slices"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix/launch"
	"github.com/xcmatrix/xcmatrix/matrix/noise"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// recordExit records verdicts for specs that the process ended without, where a new process would not give any: for the
// spec that was open, and for all specs if the payload cannot start. Specs that it leaves run in the next process. It
// returns an error if the journal cannot be written.
func (p *process) recordExit(exit launch.Exit) error {
	if p.invalidLines > 0 || p.unexpectedEvents > 0 {
		if err := p.logDroppedLines(); err != nil {
			return err
		}
	}
	if len(p.open) > 1 { // each of them gets a process of its own
		p.cell.suspects = append(p.cell.suspects, p.open...)
		return nil
	}
	if p.openSpec != "" && exit.Signal == "SIGKILL" && exit.Killed == nil && !p.cell.killedOnce[p.openSpec] {
		p.cell.killedOnce[p.openSpec] = true // the kernel or a user may have killed the process: the spec is tried once more
		return nil
	}
	if p.openSpec != "" {
		return p.recordVerdict(p.cell, p.openSpec, p.openSpecVerdict(exit))
	}
	remaining := slices.DeleteFunc(slices.Clone(p.specs), func(s record.SpecPlan) bool { return p.cell.ended[s.ID] })
	switch {
	case len(remaining) == 0:
		return nil
	case p.cellEnded:
		reason := record.Say("the payload came to its end without a verdict on this spec", "测试程序已结束，但没有给出此项的结论")
		return p.recordVerdicts(p.cell, remaining, record.SpecEnd{Verdict: record.Error, Detail: &reason})
	case p.verdicts > 0:
		p.cell.failedStarts = 0
	case p.cell.failedStarts < 1: // the first time it may have been killed from outside
		p.cell.failedStarts++
	default:
		if end := p.oldWorldVerdict(exit); end != nil {
			return p.recordVerdicts(p.cell, remaining, *end)
		}
		reason := record.Sayf("the payload ended before its first spec: %s", "测试程序在第一个检查项之前就结束了：%s", p.exitReason(exit))
		return p.recordVerdicts(p.cell, remaining, record.SpecEnd{Verdict: record.Error, Detail: &reason, Stack: stackOf(exit.Output)})
	}
	return nil
}

// openSpecVerdict returns the verdict on the spec that was open when the process ended.
func (p *process) openSpecVerdict(exit launch.Exit) record.SpecEnd {
	if end := resourceLimitVerdict(exit); end != nil && p.protocolError == nil {
		return *end
	}
	reason := p.exitReason(exit)
	end := record.SpecEnd{Verdict: record.Crash, Detail: &reason, Stack: stackOf(exit.Output)}
	deadline := p.deadlines[p.openSpec]
	switch {
	case p.protocolError != nil: // the process may have ended by itself before it could be killed
		end.Verdict, end.Detail = record.Error, p.protocolError
	case p.deadlineExceeded:
		end.Verdict, end.Seconds = record.Timeout, deadline.Seconds()
		if busy := noise.Crowded(); busy != nil && deadline >= shortestReliableDeadline {
			withLoad := record.Sayf("%s; %s", "%s；%s", reason, *busy)
			end.Verdict, end.Detail = record.Error, &withLoad
		}
	}
	return end
}

// shortestReliableDeadline is the shortest deadline that is an error, not a timeout, when it passes on a machine that is too
// busy. Shorter deadlines belong to specs that are meant to exceed them.
const shortestReliableDeadline = 10 * time.Second

// maxStack bounds the part of a process's output that a verdict holds, in bytes; the attachment holds the rest.
const maxStack = 8 << 10

// stackOf returns the beginning of a process's output, where the Go runtime prints the stack.
func stackOf(output []byte) string {
	return string(output[:min(len(output), maxStack)])
}
