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

// Machine returns the fingerprint of the machine on which the specs run; it is empty under `go test`.
func Machine() record.Machine { return run.options.Machine }

// Launch returns how this process was started; native under `go test`.
func Launch() record.Launch { return run.options.Launch }

// Emulated reports whether a user-mode emulator runs this process.
func Emulated() bool { return run.options.Launch.Provenance == record.Emulated }

// Native reports whether the process runs on the target machine itself. Elsewhere its speed is not the target's, and no
// measured value is compared.
func Native() bool { return run.options.Launch.Provenance == record.Native }

// IfNative returns native on the machine itself, and other under an emulator and in a virtual machine, where everything is
// slow.
func IfNative[T any](native, other T) T {
	if Native() {
		return native
	}
	return other
}

// NeedsKernel skips the spec under a user-mode emulator, where the host's kernel answers system calls. what says which of the
// answers would be the host's.
func NeedsKernel(what record.Sentence) {
	if Emulated() {
		Skip(record.Sayf("a user-mode emulator cannot answer for the target's kernel: %[1]s",
			"用户态模拟器不能代表目标机内核：%[2]s", what.En, what.In("zh")))
	}
}

// Rand returns the spec's own random source. It depends on the seed of the plan and on the spec alone, so that a failure
// can be replayed with `exec --seed`.
func Rand() *rand.Rand {
	run.draws()
	h := fnv.New64a()
	h.Write([]byte(specID(ginkgo.CurrentSpecReport())))
	return rand.New(rand.NewPCG(run.options.Seed, h.Sum64()))
}

// Seed returns the seed of the plan.
func Seed() uint64 {
	run.draws()
	return run.options.Seed
}

// Files returns the contents of the user's files for the suite, by name; see Suite.Files. They can be read while the specs are
// registered, too.
func Files() map[string][]byte { return run.options.Files }

// Round returns the number of the round that this process is, from 1; 0 under `go test`.
func Round() int { return run.options.Round }

// Stretched is how long something may take here that takes at most d natively: longer under an emulator.
func ScaledTimeout(d time.Duration) time.Duration {
	return time.Duration(float64(d) * max(run.options.Stretch, 1))
}

// NeedsPreemption skips the spec if the environment forbids the Go runtime to interrupt a loop without calls.
func NeedsPreemption() {
	if strings.Contains(os.Getenv("GODEBUG"), "asyncpreemptoff=1") {
		Skip(record.Say("GODEBUG=asyncpreemptoff=1 forbids it", "GODEBUG=asyncpreemptoff=1 禁止抢占"))
	}
}
