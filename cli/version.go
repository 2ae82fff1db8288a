package cli

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/matrix/machine"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// version of this program, as the Go toolchain recorded it; "(devel)" for one that was built without version control.
func version() string { return build.Own().Version }

// versionLine returns the line that a bug report should begin with.
func versionLine() string {
	line := fmt.Sprintf("%s %s %s/%s", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	if edits := build.OwnWorlds(); edits != "" {
		line += " (Go runtime modified for the old world, edits " + edits + ")"
	}
	return line
}

// Where the commit that `version` prints is from.
const (
	commitFromFile     = "file"     // the program's own file says it
	commitFromCheckout = "checkout" // the file does not; git says it of the checkout that the program was started in
)

// versionJSON is what `version --json` prints.
type versionJSON struct {
	Version    string `json:"version"`
	Commit     string `json:"commit"`      // "" where neither the file nor a checkout says it
	CommitFrom string `json:"commit_from"` // "file", "checkout" or ""
	Payload    string `json:"payload"`     // digest of the running file: that of the payload, where it serves as one
	Go         string `json:"go"`
	GOOS       string `json:"goos"`
	GOARCH     string `json:"goarch"`
	GoModified string `json:"go_modified,omitempty"` // digest of the edits of Go's runtime
	DM         bool   `json:"dm"`                    // with the DM8 driver
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: a.say("print the version, the commit and the digest of this program", "显示本程序的版本、提交与摘要"),
		Long: a.say(`Prints the module's version, the commit that the program was built from, and the digest of its file. A program that was built
without asking version control, as make and run build it so that the same source gives the same digest, does not know its
commit: then git is asked about the checkout that it was started in, and the output says so.`,
			`显示模块版本、构建所用的提交以及程序文件的摘要。make 与 run 构建程序时不查询版本控制，使同一源码得到同一摘要，
这样的程序不知道自己的提交：此时向 git 查询当前所在的源码目录，并在输出中注明。`),
		Example: "  xcmatrix version\n  xcmatrix version --json",
		Args:    cobra.NoArgs,
		RunE:    func(*cobra.Command, []string) error { return a.version() },
	}
}

func (a *app) version() error {
	own := build.Own()
	v := versionJSON{Version: own.Version, Commit: own.Commit, CommitFrom: commitFromFile, Go: own.Go,
		GOOS: runtime.GOOS, GOARCH: runtime.GOARCH, GoModified: own.Edits, DM: own.DM}
	var err error
	if v.Payload, err = machine.Digest(); err != nil {
		return err
	}
	if v.Commit == "" {
		v.Commit, v.CommitFrom = commitHere(), commitFromCheckout
	}
	if v.Commit == "" {
		v.CommitFrom = ""
	}
	if a.json {
		return a.printJSON(v)
	}
	return a.printVersion(v)
}

// commitHere is the commit of the checkout that the program was started in; "" where there is none.
func commitHere() string {
	b, err := build.Here()
	if err != nil {
		return ""
	}
	return b.Commit()
}

func (a *app) printVersion(v versionJSON) error {
	commit := record.Sentence{En: v.Commit, Zh: v.Commit}
	switch v.CommitFrom {
	case commitFromCheckout:
		commit = record.Sayf("%s (of the checkout here; the file itself does not say)", "%s（取自当前源码目录；程序文件本身未记录）", v.Commit)
	case "":
		commit = record.Say("unknown: the file does not say, and no checkout is here", "未知：程序文件未记录，当前目录也不是源码目录")
	}
	_, err := printf(a.out, "xcmatrix %s\n%s %s\n%s %s\nGo: %s %s/%s\n", v.Version, a.say("commit:", "提交："), commit.In(a.lang),
		a.say("payload:", "测试程序："), v.Payload, v.Go, v.GOOS, v.GOARCH)
	if err == nil && v.GoModified != "" {
		_, err = printf(a.out, a.say("Go runtime modified for the old world, edits %s\n", "Go 运行时已为旧世界修改，补丁 %s\n"), v.GoModified)
	}
	if err == nil && v.DM {
		_, err = printf(a.out, a.say("with the DM8 driver\n", "内置达梦 DM8 驱动\n"))
	}
	return err
}
