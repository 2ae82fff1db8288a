package launch

import (
	"context"
	"os/exec"
	"runtime"

	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/results/environ"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// native starts payloads directly on this machine.
type native struct{}

func (native) Ready(_ context.Context, t Target) error {
	if t.Key.GOOS == runtime.GOOS && t.Key.GOARCH == runtime.GOARCH {
		return nil
	}
	return &record.Missing{
		Reason: record.Sayf("this machine is %s/%s, the target is %s/%s", "本机是 %s/%s，目标是 %s/%s",
			runtime.GOOS, runtime.GOARCH, t.Key.GOOS, t.Key.GOARCH),
		Remedy: record.Sayf("run on a %s machine, or choose an emulated target", "请在 %s 机器上运行，或选择模拟目标", t.Key.GOARCH),
	}
}

func (native) Describe(t Target, p build.Payload) record.Launch {
	return record.Launch{Provenance: record.Native, Launcher: record.Launcher{Name: "native", Command: command()},
		BuildKey: t.Key.String(), Payload: p.Digest}
}

func (native) Environment(o Options) []string {
	return environ.Names(append(environ.Own(o.Reads...), o.Env...))
}

func (native) Start(ctx context.Context, _ Target, p build.Payload, o Options) (Process, error) {
	return start(ctx, exec.Command(p.Path, payloadArgs...), o)
}

// payloadArgs are the arguments that make this program a payload: it reads its request from standard input and writes its
// events to descriptor 3.
var payloadArgs = []string{"exec", "--request", "-", "--events-fd", "3"}

// command returns the command line for the journal, without paths of this machine. The prefix is the emulator and its arguments.
func command(prefix ...string) []string {
	return append(append(prefix, "xcmatrix"), payloadArgs...)
}
