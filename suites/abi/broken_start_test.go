package abi

import (
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/suites/check"
)

// addStarts adds the broken facts of storms, stack maps, divisions, starts of processes and restartable sequences.
func addStarts(all check.BrokenFacts) {
	add := func(id, fact string, values ...any) {
		for _, v := range values {
			all[id] = append(all[id], check.Facts{fact: v})
		}
	}
	for _, k := range interruptions {
		for _, c := range computations() {
			for _, long := range []string{"", ", for ten seconds of CPU time"} {
				text := "of " + k.name + " does not change " + c.name + long
				add("storm / "+text, "wrong results: "+text, stormSeen{Came: 9, Wrong: 1}, stormSeen{})
			}
		}
	}
	for _, s := range stackMapSettings {
		add("stack map / has each pointer with GODEBUG="+s.setting+": "+s.says, "pointers that went wrong with "+s.setting, 1)
	}
	add("division / by a constant is what the processor's division gives", "divisions by constants that went wrong", map[int64]int{7: 1})

	for _, w := range startWays {
		add("start / of what is absent is told "+w.name, "answer to a start "+w.name, nil, error(unix.EFAULT))
	}
	add("start / by vfork leaves the memory of this process as it was", "words that vfork changed", 1)
	add("start / by clone3 ends with the status of the process", "status of a process by clone3", 0)
	add("start / by clone3 gives a descriptor by which the process is waited for", "status of a process by its descriptor", 0)
	add("start / of this program works at the same time as others, while garbage is collected", "processes at the same time that did not tell their id", 1)
	add("start / of this program works 200 times while garbage is collected", "processes of 200 that did not tell their id", 1)
	add("start / of a program that crashes leaves no core where its limit is 0", "what a crash with a core limit of 0 left",
		coreSeen{Signal: unix.SIGABRT, Dumped: true}, coreSeen{Signal: unix.SIGABRT, Files: 1, Bytes: 9}, coreSeen{})
	const limited = "start / of a program that crashes leaves a core no larger than its limit"
	for _, seen := range []coreSeen{{Signal: unix.SIGABRT}, {unix.SIGABRT, true, 1, coreLimit + coreSlack + 1}, {unix.SIGABRT, true, 1, 0}, {syscall.SIGSEGV, true, 1, 4096}} {
		add(limited, "what a crash with a core limit of 1 MiB left", seen)
	}
	good := rseqSeen{Processor: 3, Here: 3, Twice: unix.EBUSY, Foreign: unix.EPERM, Ended: ^uint32(0)}
	change := func(f func(*rseqSeen)) rseqSeen { s := good; f(&s); return s }
	add("restartable sequence / names the processor on which the thread runs", "processor by rseq", change(func(s *rseqSeen) { s.Processor = 2 }))
	add("restartable sequence / is registered once for a thread", "answer to a second registration for rseq", change(func(s *rseqSeen) { s.Twice = 0 }))
	add("restartable sequence / ends by its own signature alone", "answer to an end of rseq with another signature", change(func(s *rseqSeen) { s.Foreign = 0 }))
	add("restartable sequence / names no processor after its end", "processor by rseq after its end", change(func(s *rseqSeen) { s.Ended = 3 }))
}
