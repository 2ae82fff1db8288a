package cli

import (
	"errors"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/xcmatrix/xcmatrix/results/certify"
	"github.com/xcmatrix/xcmatrix/results/joint"
	"github.com/xcmatrix/xcmatrix/results/publish"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/render"
	"github.com/xcmatrix/xcmatrix/results/store"
)

type publishOptions struct {
	to, root, certificates string
	as                     []string
}

func (a *app) publishCommand() *cobra.Command {
	var o publishOptions
	cmd := &cobra.Command{
		Use:   "publish DIR|RUN...",
		Short: a.say("lay certificates out in a repository of results, for review by pull request", "将证书按目录布局写入结果仓库，供合并请求评审"),
		Long: a.say(`Takes certificates' folders, folders of such, and runs: those of a RUN are the folders that certify made for it.`,
			`接受证书文件夹、其上级文件夹以及运行：RUN 指 certify 为该运行生成的文件夹。`),
		Example: "  xcmatrix publish results/certificates/RUN --to ../results-repo --root root.pem\n  xcmatrix publish kunpeng.xcr phytium.xcr --to ../results-repo",
		Args:    cobra.MinimumNArgs(1),
		RunE:    func(_ *cobra.Command, args []string) error { return a.publish(args, o) },
	}
	cmd.Flags().StringVar(&o.to, "to", "", a.say("the repository", "结果仓库"))
	cmd.Flags().StringVar(&o.certificates, "certificates", "results/certificates", a.say("directory of certificates, for a RUN", "证书目录，用于 RUN"))
	cmd.Flags().StringArrayVar(&o.as, "as", nil, a.say("NAME=DIR|RUN: file these under a machine's own name, such as its host name or serial number; may be repeated", "名称=目录|运行：按机器自身名称（主机名或序列号）归档；可重复"))
	cmd.Flags().StringVar(&o.root, "root", "", a.say("root certificate that you trust; without it the lists say that it is not proved by whom", "您信任的根证书；未指定时列表会注明签发者未经证明"))
	return cmd
}

// publish takes certificates' folders, folders of such, and runs. Nothing is written unless all of them verify.
func (a *app) publish(args []string, o publishOptions) error {
	if o.to == "" {
		return record.Wrongf("--to", "name the repository of results", "请指定结果仓库")
	}
	root, err := trusted(o.root)
	if err != nil {
		return err
	}
	inputs, err := joint.Inputs(args, o.as)
	if err != nil {
		return err
	}
	var folders, machines []string
	for _, in := range inputs {
		some, err := a.certificatesOf(in.Ref, o.certificates)
		if err != nil {
			return err
		}
		folders = append(folders, some...)
		for range some {
			machines = append(machines, in.As)
		}
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
	for i, folder := range folders {
		place, _, err := publish.Put(o.to, folder, machines[i], by)
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

// certificatesOf are the folders at or under a directory, or those that were made of a run.
func (a *app) certificatesOf(arg, dir string) ([]string, error) {
	if folders, err := certificates(arg); err == nil {
		return folders, nil // a certificate's folder holds its run's files too
	}
	path, err := store.Find(a.runs, arg)
	if err != nil {
		return certificates(arg)
	}
	m, err := store.Planned(path)
	if err != nil {
		return nil, err
	}
	folders, err := certificates(filepath.Join(dir, certify.Segment(m.Run)))
	if err != nil {
		return nil, record.Wrongf(arg, "there is no certificate of it in %s: make one with `xcmatrix certify %s`", "%s 中没有它的证书：请先执行 `xcmatrix certify %s`", dir, arg)
	}
	return folders, nil
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
