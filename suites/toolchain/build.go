package toolchain

import (
	"go/version"
	"runtime"
	"runtime/debug"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// firstGo is the first release whose port is complete: the Go release notes.
var firstGo = map[string]string{"amd64": "go1.0", "arm64": "go1.5", "loong64": "go1.19"}

func builds() {
	It("is by a Go that knows the architecture", func() {
		first, known := firstGo[runtime.GOARCH]
		if !known {
			check.Skip(record.Sayf("no first release is listed for %s", "未列出 %s 的首个发行版", runtime.GOARCH))
		}
		release := check.Fact("version of Go", runtime.Version())
		check.ObserveDiffers("Go", release, record.Say("each payload may be built by another toolchain", "各测试程序可由不同工具链构建"))
		if version.IsValid(release) { // a toolchain of the chip's vendor may have another name
			Expect(version.Compare(release, first)).To(BeNumerically(">=", 0))
		}
	})
	It("names its modules", func() {
		for path, version := range check.Gather("versions of modules", func() map[string]string {
			info, known := debug.ReadBuildInfo()
			Expect(known).To(BeTrue())
			if len(info.Deps) == 0 {
				check.Skip(record.Say("a test's binary names none", "测试用的二进制不含模块列表"))
			}
			versions := map[string]string{}
			for _, m := range info.Deps {
				versions[m.Path] = m.Version
			}
			return versions
		}) {
			Expect(version).NotTo(BeEmpty(), path)
		}
	})
	It("is for this operating system and architecture", func() {
		info, _ := debug.ReadBuildInfo()
		settings := map[string]string{}
		for _, s := range info.Settings {
			settings[s.Key] = s.Value
		}
		Expect(check.Fact("GOOS and GOARCH of the build", []string{settings["GOOS"], settings["GOARCH"]})).To(Equal([]string{runtime.GOOS, runtime.GOARCH}))
	})
}
