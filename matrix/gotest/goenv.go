package gotest

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// goEnv has those settings of the go command, of the environment and of `go env -w`, that decide what is built.
type goEnv struct {
	GOFLAGS, GOWORK, GOMODCACHE, GOEXPERIMENT, GOFIPS140 string

	GOVERSION string // of the Go that builds the module, which may name another than the one in PATH
}

// readGoEnv asks the go command for its settings in the directory dir. It refuses flags by which something else is built than
// what lies in the module. Where the go command gives no answer the settings are empty: the list of packages has its reason.
func readGoEnv(dir string) (goEnv, error) {
	var e goEnv
	cmd := exec.Command("go", "env", "-json", "GOFLAGS", "GOWORK", "GOMODCACHE", "GOEXPERIMENT", "GOFIPS140", "GOVERSION")
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil || json.Unmarshal(out, &e) != nil {
		return goEnv{}, nil
	}
	return e, refuseFlags(splitFlags(e.GOFLAGS))
}

// replacing are flags of the go command that build other files than the module's, by other programs, or change them.
var replacing = []string{"overlay", "modfile", "toolexec", "pkgdir", "exec", "C"}

// refuseFlags reports the first flag of GOFLAGS that changes what is built.
func refuseFlags(flags []string) error {
	for _, f := range flags {
		name, value, _ := strings.Cut(strings.TrimLeft(f, "-"), "=")
		switch {
		case slices.Contains(replacing, name), name == "mod" && value == "mod", name == "ldflags" && strings.Contains(value, "-X"):
			shown := "-" + name
			if name == "mod" {
				shown += "=mod"
			}
			return record.Wrongf("GOFLAGS", "%s builds something else than the module as it lies there: take it out of GOFLAGS (`go env GOFLAGS` shows it, `go env -u GOFLAGS` removes a stored one)",
				"%s 会使构建内容与模块现状不同：请将其从 GOFLAGS 中去掉（`go env GOFLAGS` 可查看，`go env -u GOFLAGS` 可删除已保存的值）", shown)
		}
	}
	return nil
}

// splitFlags takes GOFLAGS apart as the go command does: at blanks, where a flag may be in quotes.
func splitFlags(text string) []string {
	var flags []string
	for text = strings.TrimLeft(text, " \t\r\n"); text != ""; text = strings.TrimLeft(text, " \t\r\n") {
		if quote := text[0]; quote == '\'' || quote == '"' {
			flag, rest, _ := strings.Cut(text[1:], string(quote))
			flags, text = append(flags, flag), rest
			continue
		}
		end := strings.IndexAny(text, " \t\r\n")
		if end < 0 {
			end = len(text)
		}
		flags, text = append(flags, text[:end]), text[end:]
	}
	return flags
}

// options returns what of the settings changes a build and is no default, for the manifest.
func (e goEnv) options() []string {
	options := splitFlags(e.GOFLAGS)
	for _, x := range [][2]string{{"GOEXPERIMENT", e.GOEXPERIMENT}, {"GOFIPS140", e.GOFIPS140}} {
		if x[1] != "" && x[1] != "off" {
			options = append(options, x[0]+"="+x[1])
		}
	}
	return options
}
