package build

import (
	"debug/buildinfo"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// experimentOf returns the GOEXPERIMENT that a program was built with, as far as it is one of the toolchain's collectors.
func experimentOf(info *debug.BuildInfo) string {
	for _, s := range info.Settings {
		if s.Key != "GOEXPERIMENT" {
			continue
		}
		for _, name := range Experiments {
			if strings.Contains(","+s.Value+",", ","+name+",") {
				return name
			}
		}
	}
	return ""
}

// OwnExperiment returns the one of Experiments that this program was built with; "" for the toolchain's own default.
func OwnExperiment() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	return experimentOf(info)
}

// ProgramName returns the name of the file that a bundle has for a key.
func ProgramName(k Key) string { return "xcmatrix-" + k.String() }

// beside returns the path of the program in a directory that was built for a key, as a bundle has it; "" if there is none. A file that
// has the name and was built for something else counts as none.
func beside(dir string, k Key) string {
	names := []Key{k}
	if k.GOARCH == "loong64" && k.World == "" {
		both := k
		both.World = BothWorlds // starts in the new world, too
		names = append(names, both)
	}
	for _, name := range names {
		path := filepath.Join(dir, ProgramName(name))
		if info, err := os.Lstat(path); err != nil || !info.Mode().IsRegular() {
			continue
		}
		if builtFor(path, k) {
			return path
		}
	}
	return ""
}

// builtFor reports whether a file is this program, built for the platform and the experiment of a key.
func builtFor(path string, k Key) bool {
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		return false
	}
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	return info.Main.Path == Module && settings["GOOS"] == k.GOOS && settings["GOARCH"] == k.GOARCH && experimentOf(info) == k.Experiment
}

// unknownExperiment returns a *record.Missing if the go command's output says that this toolchain has no such experiment; nil
// otherwise.
func unknownExperiment(k Key, output string) error {
	if k.Experiment == "" || !strings.Contains(output, "unknown GOEXPERIMENT") {
		return nil
	}
	return &record.Missing{
		Reason: record.Sayf("this Go toolchain has no GOEXPERIMENT=%s", "本机的 Go 工具链没有 GOEXPERIMENT=%s", k.Experiment),
		Remedy: record.Say("build with Go 1.26, or leave the target out", "请用 Go 1.26 构建，或去掉该目标"),
	}
}
