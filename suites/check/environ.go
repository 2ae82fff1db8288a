package check

import (
	"hash/fnv"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	"github.com/onsi/ginkgo/v2"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// Machine is the fingerprint of the machine the specs run on; empty under `go test`.
func Machine() record.Machine { return run.options.Machine }

// Launch is how this process was started; native under `go test`.
func Launch() record.Launch { return run.options.Launch }

// Emulated reports whether a user-mode emulator runs this process.
func Emulated() bool { return run.options.Launch.Provenance == record.Emulated }

// Native reports whether this is the machine itself: elsewhere speed is not the target's, and nothing that is measured is
// compared.
func Native() bool { return run.options.Launch.Provenance == record.Native }

// Natively chooses between what is done on the machine itself and what is done elsewhere, where everything is slow.
func Natively[T any](here, elsewhere T) T {
	if Native() {
		return here
	}
	return elsewhere
}

// NeedsKernel skips the spec under a user-mode emulator, where the kernel that answers is the host's.
func NeedsKernel(what record.Sentence) {
	if Emulated() {
		Skip(record.Sayf("a user-mode emulator cannot answer for the target's kernel: %[1]s",
			"用户态模拟器不能代表目标机内核：%[2]s", what.En, what.In("zh")))
	}
}

// Rand is the spec's own source of randomness: the same for the same plan and spec, so that what it finds can be
// replayed with `exec --seed`.
func Rand() *rand.Rand {
	run.draws()
	h := fnv.New64a()
	h.Write([]byte(specID(ginkgo.CurrentSpecReport())))
	return rand.New(rand.NewPCG(run.options.Seed, h.Sum64()))
}

// Seed of the plan.
func Seed() uint64 {
	run.draws()
	return run.options.Seed
}

// Files are what the user gives the suite, by name. They are there when the specs are registered, too.
func Files() map[string][]byte { return run.options.Files }

// Round is which of the cell's fresh processes this is, from 1; 0 under `go test`.
func Round() int { return run.options.Round }

// Stretched is how long something may take here that takes at most d natively: longer under an emulator.
func Stretched(d time.Duration) time.Duration {
	return time.Duration(float64(d) * max(run.options.Stretch, 1))
}

// NeedsPreemption skips the spec where the environment forbids the Go runtime to interrupt a loop without calls.
func NeedsPreemption() {
	if strings.Contains(os.Getenv("GODEBUG"), "asyncpreemptoff=1") {
		Skip(record.Say("GODEBUG=asyncpreemptoff=1 forbids it", "GODEBUG=asyncpreemptoff=1 禁止抢占"))
	}
}
