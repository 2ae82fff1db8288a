package disk

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"

	"github.com/xcmatrix/xcmatrix/results/environ"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// programTime is how long a program of the machine may take.
const programTime = 20 * time.Second

// tools returns the directory below which scripts/setup unpacks programs for this suite; "" if there is no home directory.
func tools() string {
	cache, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(cache, "xcmatrix", "tools", "disk")
}

// programPath returns the path of a program of the machine, or one that scripts/setup has unpacked. Without it the spec ends with a
// miss; in a virtual machine, which has no programs, it is skipped.
func programPath(name, remedy string) string {
	GinkgoHelper()
	if check.Launch().Provenance == record.VM {
		check.Skip(record.Sayf("this virtual machine has no programs: %s would be one", "此虚拟机中没有 %s 等程序", name))
	}
	check.NeedsKernel(record.Sayf("%s is the host's", "%s 属于宿主机", name))
	for _, path := range []string{name, filepath.Join("/usr/sbin", name), filepath.Join("/sbin", name),
		filepath.Join(tools(), "usr", "bin", name), filepath.Join(tools(), "bin", name)} {
		if found, err := exec.LookPath(path); err == nil {
			return found
		}
	}
	check.Miss(record.Sayf("%s is not installed", "未安装 %s", name), record.Sayf("%s, or install %s", "%s，或安装 %s", remedy, name))
	panic("unreachable")
}

// output returns what a program of the machine prints.
func output(name string, args ...string) string {
	GinkgoHelper()
	path := programPath(name, "run `make setup`")
	ctx, cancel := context.WithTimeout(context.Background(), check.ScaledTimeout(programTime))
	defer cancel()
	c := exec.CommandContext(ctx, path, args...)
	c.Env = append(environ.Own(), "LC_ALL=C")
	var failed bytes.Buffer
	c.Stderr = &failed
	out, err := c.Output()
	if err != nil && strings.Contains(failed.String(), "applet not found") {
		check.Miss(record.Sayf("this %s has no %s", "此 %s 不含 %s", name, args[0]), record.Sayf("install a %s that has it", "安装含该功能的 %s", name))
	}
	check.NoCommandError(err, failed.String())
	return string(out)
}
