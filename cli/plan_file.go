package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/xcmatrix/xcmatrix/matrix"
	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/matrix/planfile"
	"github.com/xcmatrix/xcmatrix/matrix/run"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
	"github.com/xcmatrix/xcmatrix/results/temporary"
	"github.com/xcmatrix/xcmatrix/suites"
)

// writePlan writes a plan file with everything that a selection would run, for many machines.
func (a *app) writePlan(ctx context.Context, o runOptions, out string) error {
	if _, err := os.Lstat(out); err == nil {
		return record.Wrongf(out, "it is there already: remove it, or name another --out", "已存在：请移除或用 --out 指定其他文件")
	}
	b, err := build.Here()
	if err != nil {
		return err
	}
	f, p, err := a.fixed(ctx, b, o)
	if err != nil {
		return err
	}
	if f.Program, err = a.payloads(ctx, b, p); err != nil {
		return err
	}
	text, err := f.Text()
	if err != nil {
		return err
	}
	if err := temporary.Whole(out, func(w io.Writer) error { _, err := w.Write(text); return err }); err != nil {
		return record.Wrongf(out, "cannot be written: %v", "无法写入：%v", err)
	}
	n := 0
	for _, i := range f.Items {
		n += len(i.Specs)
	}
	if a.json {
		return a.printJSON(map[string]any{"plan": out, "digest": store.DigestOf(text), "items": f.Names(), "specs": n, "rounds": f.Rounds, "seed": f.Seed})
	}
	printf(a.out, a.say("%s: %d suites, %d specs, %d rounds, seed %d\nnext, on each machine: %s\n", "%s：%d 个套件，%d 个检查项，%d 轮，种子 %d\n下一步，在每台机器上：%s\n"),
		out, len(f.Items), n, f.Rounds, f.Seed, a.commandLine("run --plan "+out))
	return nil
}

// fixed returns the plan file of a selection, without payloads, and the plan that it was made from.
func (a *app) fixed(ctx context.Context, b *build.Builder, o runOptions) (planfile.File, matrix.Plan, error) {
	none := planfile.File{}
	_, p, vars, err := a.plan(o.selection)
	if err != nil {
		return none, p, err
	}
	files, err := suites.UserFiles(p.Items, nil)
	if err != nil {
		return none, p, err
	}
	if err := linkDM(ctx, b, &p, vars); err != nil {
		return none, p, err
	}
	keep, err := specFilter(o.label, o.specs)
	if err != nil {
		return none, p, err
	}
	chosen := selected(o, p, vars, files)
	f := planfile.File{V: planfile.Version, Tool: version(), Commit: b.Commit(), Seed: o.seed, Rounds: chosen.Rounds, Label: o.label, Repeat: len(o.specs) > 0,
		Servers: chosen.Servers, Vectors: chosen.Vectors, Program: []planfile.Payload{}}
	for _, item := range p.Items {
		all, err := suites.Specs(item, vars)
		if err != nil {
			return f, p, err
		}
		i := planfile.Item{Item: item}
		for _, s := range all {
			if keep(s) {
				i.Specs = append(i.Specs, planfile.Spec{ID: s.ID, Labels: s.Labels})
			}
		}
		if len(i.Specs) > 0 {
			f.Items = append(f.Items, i)
		}
	}
	if len(f.Items) == 0 {
		return f, p, record.Wrongf("--label", "no spec is selected: `xcmatrix plan` shows how many there are", "没有选中任何检查项：用 `xcmatrix plan` 查看数量")
	}
	if f.Seed == 0 {
		f.Seed, err = run.NewSeed()
	}
	return f, p, err
}

// payloads builds the payloads of a plan and returns their digests. A payload that cannot be built here is left out.
func (a *app) payloads(ctx context.Context, b *build.Builder, p matrix.Plan) ([]planfile.Payload, error) {
	list := []planfile.Payload{}
	for _, key := range p.Keys() {
		if !a.quiet {
			printf(a.err, a.say("building %s\n", "正在构建 %s\n"), key)
		}
		payload, err := b.Build(ctx, key)
		var missing *record.Missing
		switch {
		case errors.As(err, &missing):
			printf(a.err, "xcmatrix: %s\n", missing.In(a.lang))
		case err != nil:
			return nil, err
		default:
			list = append(list, planfile.Payload{Key: key.String(), Digest: payload.Digest})
		}
	}
	slices.SortFunc(list, func(a, b planfile.Payload) int { return cmp.Compare(a.Key, b.Key) })
	return list, nil
}

// follow reads the plan file that a run names and puts what the plan fixes into o. It returns a *record.Problem for a flag that
// does not go with a plan, and for a wrong file.
func (a *app) follow(o *runOptions) (planfile.File, string, error) {
	for _, flag := range []struct {
		name  string
		given bool
	}{{"--suite", len(o.suites) > 0}, {"--label", o.label != ""}, {"--rounds", o.roundsFlag.Changed}, {"--spec", len(o.specs) > 0}, {"--seed", o.seed != 0}, {"--resume", o.resume != ""}} {
		if flag.given {
			return planfile.File{}, "", record.Wrongf(flag.name, "it does not go with --plan, which fixes suites, specs, rounds and seed: leave it out", "不能与 --plan 同用：计划已固定套件、检查项、轮次和种子，请去掉")
		}
	}
	f, digest, err := planfile.Read(o.plan)
	if err != nil {
		return f, "", err
	}
	o.suites, o.label, o.seed, o.roundsFlag.Changed = f.Names(), f.Label, f.Seed, true
	if _, err := labels(o.label); err != nil {
		return f, "", record.Wrongf(o.plan, "it is no plan: %.300v", "这不是计划文件：%.300v", err)
	}
	for _, item := range f.Names() {
		if _, ok := suites.Find(item); !ok {
			return f, "", record.Wrongf(o.plan, "this program has no suite %s: run the program that made the plan (%s)", "本程序没有套件 %s：请使用生成该计划的程序（%s）", item, f.Tool)
		}
	}
	return f, digest, o.roundsFlag.Value.Set(fmt.Sprint(f.Rounds))
}

// fits returns a *record.Problem if the vectors, servers or payloads of this machine are not those of a plan file.
func fits(ctx context.Context, b *build.Builder, f planfile.File, own *store.Selection, p matrix.Plan) error {
	if err := f.CheckInputs(own); err != nil {
		return err
	}
	for _, key := range p.Keys() {
		payload, err := b.Build(ctx, key)
		var missing *record.Missing
		if errors.As(err, &missing) {
			continue // the run gives the reason
		}
		if err == nil {
			err = f.Fits(key.String(), payload.Digest)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
