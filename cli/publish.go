package cli

import (
	"errors"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/xcmatrix/xcmatrix/results/certify"
	"github.com/xcmatrix/xcmatrix/results/publish"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/render"
)

type publishOptions struct{ to, root string }

func (a *app) publishCommand() *cobra.Command {
	var o publishOptions
	cmd := &cobra.Command{
		Use:     "publish DIR",
		Short:   a.say("lay certificates out in a repository of results, for review by pull request", "将证书按目录布局写入结果仓库，供合并请求评审"),
		Example: "  xcmatrix publish results/certificates/RUN --to ../results-repo --root root.pem",
		Args:    cobra.ExactArgs(1),
		RunE:    func(_ *cobra.Command, args []string) error { return a.publish(args[0], o) },
	}
	cmd.Flags().StringVar(&o.to, "to", "", a.say("the repository", "结果仓库"))
	cmd.Flags().StringVar(&o.root, "root", "", a.say("root certificate that you trust; without it the lists say that it is not proved by whom", "您信任的根证书；未指定时列表会注明签发者未经证明"))
	return cmd
}

// publish takes one certificate's folder, or a folder of such. Nothing is written unless all of them verify.
func (a *app) publish(dir string, o publishOptions) error {
	if o.to == "" {
		return record.Wrongf("--to", "name the repository of results", "请指定结果仓库")
	}
	root, err := trusted(o.root)
	if err != nil {
		return err
	}
	folders, err := certificates(dir)
	if err != nil {
		return err
	}
	by := certify.Reader{Root: root, At: time.Now(), Names: itemSentence, Program: ownProgram()}
	for _, folder := range folders {
		v, err := certify.Verify(folder, by)
		if err != nil {
			return err
		}
		if !v.OK() {
			printf(a.err, "%s\n", folder)
			a.printVerification(v)
			return &status{code: exitRefused}
		}
	}
	places := []string{}
	for _, folder := range folders {
		place, _, err := publish.Put(o.to, folder, by)
		if err != nil {
			return err
		}
		places = append(places, place)
		if !a.json {
			printf(a.out, "%s\n", place)
		}
	}
	left, err := publish.Index(o.to, by)
	if a.json {
		err = errors.Join(err, a.printJSON(map[string]any{"published": places}))
	}
	for _, folder := range left {
		printf(a.err, a.say("xcmatrix: %s is in no index: %s\n", "xcmatrix：%s 未列入索引：%s\n"), render.Plain(folder.Path, 200), render.Plain(folder.Why.In(a.lang), 400))
	}
	return err
}

// certificates are the folders at or under dir that have a statement.
func certificates(dir string) ([]string, error) {
	var folders []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Name() == certify.StatementFile {
			folders = append(folders, filepath.Dir(path))
		}
		return err
	})
	if err != nil || len(folders) == 0 {
		return nil, record.Wrongf(dir, "there is no certificate here: make one with `xcmatrix certify`", "此处没有证书：请先执行 `xcmatrix certify`")
	}
	return folders, nil
}
