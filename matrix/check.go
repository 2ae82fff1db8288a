package matrix

import (
	"math"
	"path"
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/matrix/catalog"
	"github.com/xcmatrix/xcmatrix/matrix/fleet"
	"github.com/xcmatrix/xcmatrix/matrix/ssh"
	"github.com/xcmatrix/xcmatrix/matrix/vm"
	"github.com/xcmatrix/xcmatrix/results/pattern"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/yamlfile"
)

// An id becomes a file name and a table's column: letters, digits, dots and dashes.
var idPattern = pattern.Of(`^[a-z0-9][a-z0-9.-]{0,62}$`)

// worlds are the valid values of a target's ABI world.
var worlds = []string{catalog.NewWorld, catalog.OldWorld, build.BothWorlds}

// launchers are the names of all launchers.
var launchers = []string{"native", "emulated", "vm", "ssh", "fleet"}

// check returns a *record.Problem for the first mistake in the file.
func (m *Matrix) check(f *yamlfile.File) error {
	if m.Version != Version {
		return record.Wrongf(f.Place("version"), "version must be %d, not %d: update the file, or xcmatrix",
			"version 应为 %d，而不是 %d：请更新该文件或升级 xcmatrix", Version, m.Version)
	}
	if len(m.Targets) == 0 {
		return record.Wrongf(f.Place("targets"), "there are no targets: declare at least one", "没有目标：请至少声明一个")
	}
	if len(m.Suites) == 0 {
		return record.Wrongf(f.Place("suites"), "there are no suites: name at least one", "没有套件：请至少列出一个")
	}
	seen := map[string]bool{}
	for i, t := range m.Targets {
		if seen[t.ID] {
			return record.Wrongf(f.Place("targets", i, "id"), "target %.80q is declared twice: rename one", "目标 %.80q 重复声明：请改名", t.ID)
		}
		seen[t.ID] = true
		if err := t.check(f, i); err != nil {
			return err
		}
		m.Targets[i].HostPlace = f.Place("targets", i, "host")
	}
	for i, s := range m.Suites {
		if slices.Contains(m.Suites[:i], s) {
			return record.Wrongf(f.Place("suites", i), "suite %q is named twice: remove one", "套件 %q 重复列出：请删除一个", s)
		}
		if _, ok := catalog.FindItem(s); !ok {
			return record.Wrongf(f.Place("suites", i), "there is no suite %.80q%s", "没有套件 %.80q%s", s, nearest(s, itemIDs()))
		}
	}
	if err := m.checkTests(f); err != nil {
		return err
	}
	if err := m.checkDatabases(f); err != nil {
		return err
	}
	return m.checkRules(f)
}

// check returns a *record.Problem for the first mistake in target i of the file.
func (t Target) check(f *yamlfile.File, i int) error {
	place := func(field string) string { return f.Place("targets", i, field) }
	switch {
	case !idPattern().MatchString(t.ID):
		return record.Wrongf(place("id"), "target id %.80q is not one: use a-z, 0-9, dot and dash, 63 at most",
			"目标编号 %.80q 不合规：只能用 a-z、0-9、点和连字符，最长 63 个字符", t.ID)
	case t.Run == "":
		return record.Wrongf(place("run"), "target %s names no launcher: add run: native, emulated, vm or ssh", "目标 %s 未指定运行方式：请添加 run: native、emulated、vm 或 ssh", t.ID)
	case t.runsBy("vm") && (t.Guest == nil || t.Guest.Kernel == "" || t.CPU == ""):
		return record.Wrongf(place("id"), "target %s is a virtual machine and names no kernel or no cpu: add vm: {kernel: loong64} and cpu: la464",
			"目标 %s 为虚拟机但未给出内核或 cpu：请添加 vm: {kernel: loong64} 和 cpu: la464", t.ID)
	case !t.runsBy("vm") && t.Guest != nil:
		return record.Wrongf(place("vm"), "target %s is no virtual machine: remove vm, or add run: vm", "目标 %s 不是虚拟机：请删除 vm，或写 run: vm", t.ID)
	case t.runsBy("emulated") && t.CPU == "":
		return record.Wrongf(place("id"), "target %s is emulated and names no cpu: add cpu: max", "目标 %s 为模拟运行但未给出 cpu：请添加 cpu: max", t.ID)
	}
	if err := t.checkLaunchers(f, i); err != nil {
		return err
	}
	if err := t.checkFleet(f, i); err != nil {
		return err
	}
	if err := t.checkHost(f, i); err != nil {
		return err
	}
	if _, ok := catalog.FindChip(t.Chip); !ok && t.Chip != "" {
		return record.Wrongf(place("chip"), "target %s: the catalogue has no chip %.80q%s", "目标 %s：目录中没有芯片 %.80q%s",
			t.ID, t.Chip, nearest(t.Chip, chipIDs()))
	}
	if arch := chipArch(t.Chip); arch != "" && arch != t.GOARCH {
		return record.Wrongf(place("goarch"), "target %s: chip %s is %s, not %q", "目标 %s：芯片 %s 属于 %s，而不是 %q",
			t.ID, t.Chip, arch, t.GOARCH)
	}
	if _, ok := catalog.FindSystem(t.System); !ok && t.System != "" {
		return record.Wrongf(place("system"), "target %s: the catalogue has no system %.80q%s", "目标 %s：目录中没有操作系统 %.80q%s",
			t.ID, t.System, nearest(t.System, systemIDs()))
	}
	if !catalog.RunnablePlatform(t.GOOS, t.GOARCH) {
		return record.Wrongf(place("goarch"), "target %s: payloads do not run on %.40q: linux with amd64, arm64 or loong64",
			"目标 %s：测试程序不能在 %.40q 上运行：应为 linux 与 amd64、arm64 或 loong64", t.ID, t.GOOS+"/"+t.GOARCH)
	}
	if t.Level != "" && !slices.Contains(catalog.Levels(t.GOARCH), t.Level) {
		return record.Wrongf(place("level"), "target %s: %s has no level %.40q%s", "目标 %s：%s 没有级别 %.40q%s",
			t.ID, t.GOARCH, t.Level, nearest(t.Level, catalog.Levels(t.GOARCH)))
	}
	if t.Code != "" && t.Code != "assembly" && t.Code != "purego" {
		return record.Wrongf(place("code"), "target %s: there is no code %.40q: assembly or purego", "目标 %s：没有代码 %.40q：可用 assembly 或 purego", t.ID, t.Code)
	}
	if t.World != "" && !slices.Contains(worlds, t.World) {
		return record.Wrongf(place("world"), "target %s: there is no ABI world %.40q: new, old or both", "目标 %s：没有 ABI 世界 %.40q：可用 new、old 或 both", t.ID, t.World)
	}
	if t.World != "" && t.GOARCH != "loong64" {
		return record.Wrongf(place("world"), "target %s: %s has no ABI worlds: remove world", "目标 %s：%s 没有 ABI 世界之分：请删除 world", t.ID, t.GOARCH)
	}
	if t.Experiment != "" && !slices.Contains(build.Experiments, t.Experiment) {
		return record.Wrongf(place("experiment"), "target %s: there is no experiment %.40q: %s", "目标 %s：没有实验特性 %.40q：可用 %s",
			t.ID, t.Experiment, strings.Join(build.Experiments, ", "))
	}
	if t.Layout < 0 || t.Layout > math.MaxInt32 {
		return record.Wrongf(place("layout"), "target %s: a layout is a seed from 1 to %d", "目标 %s：布局是 1 到 %d 的种子", t.ID, math.MaxInt32)
	}
	return nil
}

// runsBy reports whether the target may use a launcher.
func (t Target) runsBy(launcher string) bool { return slices.Contains(t.Launchers, launcher) }

// checkLaunchers returns a *record.Problem for a wrong launcher, or for an impossible setting of the virtual machine.
func (t Target) checkLaunchers(f *yamlfile.File, i int) error {
	for at, name := range t.Launchers {
		switch {
		case !slices.Contains(launchers, name):
			return record.Wrongf(f.Place("targets", i, "run", at), "target %s: there is no launcher %.80q: %s", "目标 %s：没有运行方式 %.80q：可用 %s",
				t.ID, name, strings.Join(launchers, ", "))
		case slices.Contains(t.Launchers[:at], name):
			return record.Wrongf(f.Place("targets", i, "run", at), "target %s: launcher %s is named twice: remove one", "目标 %s：运行方式 %s 重复列出：请删除一个", t.ID, name)
		}
	}
	if t.Guest == nil {
		return nil
	}
	if field, problem := vm.Check(t.GOARCH, *t.Guest); problem != nil {
		return record.Wrongf(f.Place(append([]any{"targets", i, "vm"}, field...)...), "target %s: %s", "目标 %s：%s", t.ID, *problem)
	}
	return nil
}

// checkHost checks what is said of a machine that is reached by SSH.
func (t Target) checkHost(f *yamlfile.File, i int) error {
	place := func(field string) string { return f.Place("targets", i, field) }
	switch {
	case !t.runsBy("ssh") && t.Host != "":
		return record.Wrongf(place("host"), "target %s is not reached by SSH: remove host, or write run: ssh", "目标 %s 不通过 SSH 访问：请删除 host，或写 run: ssh", t.ID)
	case !t.runsBy("ssh") && t.SSHConfig != "":
		return record.Wrongf(place("ssh_config"), "target %s is not reached by SSH: remove ssh_config, or write run: ssh", "目标 %s 不通过 SSH 访问：请删除 ssh_config，或写 run: ssh", t.ID)
	case !t.runsBy("ssh"):
		return nil
	case len(t.Launchers) > 1:
		return record.Wrongf(place("run"), "target %s: ssh stands alone: write run: ssh", "目标 %s：ssh 只能单独使用：请写 run: ssh", t.ID)
	case t.Host == "":
		return record.Wrongf(place("id"), "target %s is reached by SSH and names no host: add host: lab@machine", "目标 %s 通过 SSH 访问但未给出主机：请添加 host: lab@machine", t.ID)
	case !ssh.ValidName(t.Host):
		return record.Wrongf(place("host"), "target %s: %.80q is no host: write user@host, or a name in ~/.ssh/config", "目标 %s：%.80q 不是主机：请写 user@host 或 ~/.ssh/config 中的名称", t.ID, t.Host)
	case t.GOARCH == "":
		return record.Wrongf(place("id"), "target %s names neither chip nor goarch: add the chip, which is checked when it is reached", "目标 %s 未给出 chip 或 goarch：请添加 chip，连接时会核对", t.ID)
	}
	return nil
}

// checkFleet checks what is said of the machines of a fleet.
func (t Target) checkFleet(f *yamlfile.File, i int) error {
	place := func(field ...any) string { return f.Place(append([]any{"targets", i}, field...)...) }
	switch {
	case !t.runsBy("fleet") && t.Labels != nil:
		return record.Wrongf(place("labels"), "target %s is not of a fleet: remove labels, or write run: fleet", "目标 %s 不属于机群：请删除 labels，或写 run: fleet", t.ID)
	case !t.runsBy("fleet") && t.Machine != "":
		return record.Wrongf(place("machine"), "target %s is not of a fleet: remove machine, or write run: fleet", "目标 %s 不属于机群：请删除 machine，或写 run: fleet", t.ID)
	case !t.runsBy("fleet"):
		return nil
	case len(t.Launchers) > 1:
		return record.Wrongf(place("run"), "target %s: fleet stands alone: write run: fleet", "目标 %s：fleet 只能单独使用：请写 run: fleet", t.ID)
	case t.Machine != "" && !fleet.ValidName(t.Machine):
		return record.Wrongf(place("machine"), "target %s: %.80q is no name of a machine: letters, digits, _ and -", "目标 %s：%.80q 不是机器名称：只能含字母、数字、_ 与 -", t.ID, t.Machine)
	case t.GOARCH == "":
		return record.Wrongf(place("id"), "target %s names neither chip nor goarch: add one, by which machines are chosen", "目标 %s 未给出 chip 或 goarch：请添加其一，用于选择机器", t.ID)
	}
	for at, label := range t.Labels {
		if !fleet.ValidName(label) {
			return record.Wrongf(place("labels", at), "target %s: %.80q is no label: letters, digits, _ and -", "目标 %s：%.80q 不是标签：只能含字母、数字、_ 与 -", t.ID, label)
		}
	}
	return nil
}

// checkRules returns a *record.Problem for a wrong include or exclude rule.
func (m *Matrix) checkRules(f *yamlfile.File) error {
	for i, r := range m.Include {
		if err := r.check(f, "include", i); err != nil {
			return err
		}
	}
	for i, r := range m.Exclude {
		if err := r.check(f, "exclude", i); err != nil {
			return err
		}
		if r.Why == "" {
			return record.Wrongf(f.Place("exclude", i), "exclude rule without a reason: add why", "exclude 规则缺少原因：请添加 why")
		}
	}
	return nil
}

// check returns a *record.Problem if a glob of rule i of the list key is wrong.
func (r Rule) check(f *yamlfile.File, key string, i int) error {
	for _, part := range []struct{ field, glob string }{{"target", r.Target}, {"suite", r.Suite}} {
		if _, err := path.Match(part.glob, ""); err != nil || part.glob == "" {
			return record.Wrongf(f.Place(key, i, part.field), "%s rule: %s %.80q is not a glob",
				"%s 规则：%s %.80q 不是有效的通配符", key, part.field, part.glob)
		}
	}
	return nil
}

// chipArch returns the GOARCH of a chip; "" for an unknown chip.
func chipArch(id string) string {
	chip, _ := catalog.FindChip(id)
	return chip.GOARCH
}

func chipIDs() (ids []string) {
	for _, c := range catalog.Chips() {
		ids = append(ids, c.ID)
	}
	return ids
}

func systemIDs() (ids []string) {
	for _, s := range catalog.Systems() {
		ids = append(ids, s.ID)
	}
	return ids
}

func itemIDs() (ids []string) {
	for _, i := range catalog.Items() {
		ids = append(ids, i.ID)
	}
	return ids
}

// nearest returns a hint for an unknown word: the candidate with the longest common prefix, as in "; did you mean kunpeng-920?", or
// all candidates.
func nearest(word string, candidates []string) record.Sentence {
	best, length := "", 1
	for _, c := range candidates {
		n := 0
		for n < min(len(c), len(word)) && c[n] == word[n] {
			n++
		}
		if n > length {
			best, length = c, n
		}
	}
	if len(candidates) == 0 {
		return record.Say(": leave it out", "：请删除该字段")
	}
	if best == "" {
		return record.Say(": one of "+strings.Join(candidates, ", "), "：可用 "+strings.Join(candidates, "、"))
	}
	return record.Say("; did you mean "+best+"?", "；是否想写 "+best+"？")
}
