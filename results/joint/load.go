package joint

import (
	"cmp"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// Input is a run on the command line, and the name for its machine; "" for the name that Join chooses.
type Input struct{ Ref, As string }

// Inputs returns the runs that refs name, with the names of those that names ("NAME=RUN") names. It returns a
// *record.Problem for a RUN that is not in refs.
func Inputs(refs, names []string) ([]Input, error) {
	var list []Input
	for _, ref := range refs {
		list = append(list, Input{Ref: ref})
	}
	for _, n := range names {
		name, ref, ok := strings.Cut(n, "=")
		if !ok || name == "" || ref == "" {
			return nil, record.Wrongf("--as", "%.100q is not NAME=RUN: write --as lab1=RUN", "%.100q 不是 名称=运行 的形式：如 --as lab1=RUN", n)
		}
		if !store.IsID(name) {
			return nil, record.Wrongf("--as", "%.100q cannot be a name: at most 128 letters, digits, dots, hyphens and underscores", "%.100q 不能作名称：只能用字母、数字、点、连字符和下划线", name)
		}
		at := slices.IndexFunc(list, func(in Input) bool { return in.Ref == ref || filepath.Clean(in.Ref) == filepath.Clean(ref) })
		if at < 0 {
			return nil, record.Wrongf("--as", "%s is none of the runs that are named: write `show %s --as %s`", "%s 不在所列运行之中：请写 `show %s --as %s`", ref, strings.Join(append(refs, ref), " "), n)
		}
		if slices.ContainsFunc(list, func(in Input) bool { return in.As == name }) {
			return nil, record.Wrongf("--as", "%q is given to two runs: take another name for one", "%q 用于两个运行：请为其中一个另取名称", name)
		}
		if list[at].As != "" {
			return nil, twoNames(ref, list[at].As, name)
		}
		list[at].As = name
	}
	return list, nil
}

// twoNames returns the problem that a run is given two names.
func twoNames(run, one, other string) *record.Problem {
	return record.Wrongf("--as", "%.200s is given two names, %s and %s: leave one out", "%.200s 有两个名称 %s 和 %s：请去掉一个", run, one, other)
}

// Load reads runs below root. It returns those that can be read, and a problem for each other one. A run that is given
// twice, also once as a pack, counts once. Two runs with the same id and different content are an error.
func Load(root string, inputs []Input) (runs []Named, problems []*record.Problem, err error) {
	loaded := make([]*store.Run, len(inputs))
	errs := make([]error, len(inputs))
	places := make(chan struct{}, max(1, runtime.GOMAXPROCS(0)))
	var waiting sync.WaitGroup
	for i, in := range inputs {
		waiting.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			var path string
			if path, errs[i] = store.Find(root, in.Ref); errs[i] == nil {
				loaded[i], errs[i] = store.Load(path)
			}
		})
	}
	waiting.Wait()
	for i, run := range loaded {
		if errs[i] != nil {
			problems = append(problems, problem(inputs[i].Ref, errs[i]))
			continue
		}
		same := slices.IndexFunc(runs, func(r Named) bool { return r.Manifest.Run == run.Manifest.Run })
		switch {
		case same < 0:
			runs = append(runs, Named{run, inputs[i].As})
		case runs[same].Head != run.Head:
			return nil, nil, record.Wrongf(run.Dir, "it has the id %s, as %s has, and other content: name one of them", "编号 %s 与 %s 相同而内容不同：请只给出其中一个", run.Manifest.Run, runs[same].Dir)
		case runs[same].As != "" && inputs[i].As != "":
			return nil, nil, twoNames(run.Manifest.Run, runs[same].As, inputs[i].As)
		default:
			runs[same].As = cmp.Or(runs[same].As, inputs[i].As)
		}
	}
	return runs, problems, nil
}

// problem returns an error as a *record.Problem with the place ref.
func problem(ref string, err error) *record.Problem {
	if p, ok := err.(*record.Problem); ok {
		return p
	}
	return record.Wrongf(ref, "cannot be read: %v", "无法读取：%v", err)
}
