package list

import (
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// refused makes one sentence with a remedy of what the go command said when it listed nothing.
func refused(said string, err error) error {
	first := firstLine(said)
	if first == "" && err != nil {
		first = err.Error()
	}
	for _, known := range []struct{ sign, en, zh string }{
		{"go.mod file not found", "there is no Go module here: run in a module's directory, or make one with `go mod init`",
			"这里没有 Go 模块：请在模块目录中运行，或用 `go mod init` 创建"},
		{"cannot find main module", "there is no Go module here: run in a module's directory, or make one with `go mod init`",
			"这里没有 Go 模块：请在模块目录中运行，或用 `go mod init` 创建"},
		{"does not contain main module", "there is no Go module here: run in a module's directory, or make one with `go mod init`",
			"这里没有 Go 模块：请在模块目录中运行，或用 `go mod init` 创建"},
		{"inconsistent vendoring", "the vendor directory does not fit go.mod: run `go mod vendor`", "vendor 目录与 go.mod 不一致：请运行 `go mod vendor`"},
		{"listed in go.work file", "%s: mend go.work, or set GOWORK=off", "%s：请修正 go.work，或设置 GOWORK=off"},
		{"cannot load module", "%s: mend go.work or go.mod", "%s：请修正 go.work 或 go.mod"},
		{"(running go ", "%s: install that version of Go, or set GOTOOLCHAIN=auto", "%s：请安装该版本的 Go，或设置 GOTOOLCHAIN=auto"},
		{"directory not found", "%s: name a package that exists, or ./...", "%s：请指定存在的包，或使用 ./..."},
		{"no required module provides package", "%s", "%s"},
		{"is not in std", "%s: name a package that exists, or ./...", "%s：请指定存在的包，或使用 ./..."},
	} {
		if strings.Contains(said, known.sign) {
			if strings.Contains(known.en, "%s") {
				return record.Wrongf("go list", known.en, known.zh, lineWith(said, known.sign))
			}
			return record.Wrongf("", known.en, known.zh)
		}
	}
	return record.Wrongf("go list", "%s: `go list ./...` must work first", "%s：请先使 `go list ./...` 能够运行", first)
}

// firstLine returns the first line of a text, together with the second if the first ends with a colon.
func firstLine(text string) string {
	line, rest, _ := strings.Cut(strings.TrimSpace(text), "\n")
	if strings.HasSuffix(line, ":") {
		next, _, _ := strings.Cut(strings.TrimSpace(rest), "\n")
		line = strings.TrimSpace(line + " " + strings.TrimSpace(next))
	}
	return strings.TrimPrefix(line, "go: ")
}

// lineWith returns the line of a text that contains a string, together with the next one if that line ends with a colon.
func lineWith(text, sign string) string {
	if at := strings.Index(text, sign); at >= 0 {
		return firstLine(text[strings.LastIndexByte(text[:at], '\n')+1:])
	}
	return firstLine(text)
}
