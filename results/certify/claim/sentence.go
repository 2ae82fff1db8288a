package claim

import (
	"strings"

	"github.com/xcmatrix/xcmatrix/results/certify/profile"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Title returns the heading of the document: certificate, or test report if no level is reached.
func (c Claim) Title() record.Sentence {
	if c.Level == profile.None {
		return record.Say("Test report", "检测报告")
	}
	return record.Say("Compatibility certificate", "兼容性认证证书")
}

// Sentence returns the level together with its limits: by which rules, of how many specs, with how many known defects,
// which optional specs did not run, and what was inherited. Whoever shows a level shows this sentence.
func (c Claim) Sentence() record.Sentence {
	clauses := []record.Sentence{record.Sayf("%s on target %q (%s; %s), by %s", "%s，目标 %q（%s；%s），依据：%s",
		c.Level.Name(), c.Target.ID, provenance(c.Provenance), c.chip(), c.Rulebook())}
	clauses = append(clauses, c.inherited()...)
	clauses = append(clauses, c.plan(), c.waived())
	clauses = append(clauses, c.looked()...)
	var en, zh []string
	for _, s := range clauses {
		en, zh = append(en, s.En), append(zh, s.In("zh"))
	}
	return record.Say(strings.Join(en, "; "), strings.Join(zh, "；"))
}

// Rulebook returns the title of the profile, or a sentence that the profile is not the one that the program ships under
// its name.
func (c Claim) Rulebook() record.Sentence {
	if !c.Profile.Shipped {
		return record.Sayf("rules of the laboratory's own, NOT a profile as shipped (sm3:%.12s)", "实验室自定的规则，并非随程序发布的认证方案（sm3:%.12s）", c.Profile.SM3)
	}
	return record.Sayf("%s as shipped with version %s", "%s（随版本 %s 发布）", c.Profile.Name, c.Program)
}

// provenance returns the name of a provenance in the sentence.
func provenance(p record.Provenance) record.Sentence {
	if p == "" {
		return record.Say("never run", "未运行")
	}
	return record.Say(string(p), provenances[p])
}

var provenances = map[record.Provenance]string{record.Native: "实机", record.VM: "虚拟机", record.Emulated: "模拟"}

// chip is the chip that was read from the machine: a target's name is the laboratory's choice, and may be that of another chip.
func (c Claim) chip() record.Sentence {
	switch {
	case c.Provenance == record.Emulated:
		return record.Say("on no real chip", "并非真实芯片")
	case c.Machine == nil:
		return record.Say("the machine is not known", "机器未知")
	case c.Machine.Chip == "":
		return record.Say("its chip was not recognised", "芯片未识别")
	}
	return record.Sayf("chip as read there: %.60q", "读取到的芯片：%.60q", c.Machine.Chip)
}

// inherited returns a sentence on what was inherited; nil if nothing was.
func (c Claim) inherited() []record.Sentence {
	if c.Inherits == nil {
		return nil
	}
	var rules []string
	for _, r := range c.Rules {
		if r.Inherited {
			rules = append(rules, r.Rule)
		}
	}
	return []record.Sentence{record.Sayf("inherited, not shown by this run: %s (from run %s, target %q: %s, %s)", "继承而来、并非本次运行所示：%s（来自运行 %s，目标 %q：%s，%s）",
		strings.Join(rules, ", "), c.Inherits.Run, c.Inherits.Target, c.Inherits.Chip, c.Inherits.System)}
}

// plan returns a sentence on how many specs of the full plan were planned.
func (c Claim) plan() record.Sentence {
	if c.Plan == nil {
		return record.Say("the full plan is not recorded", "未记录完整计划")
	}
	if c.Plan.Module != "" {
		version := record.Say(c.Plan.Version, c.Plan.Version)
		if c.Plan.Version == "" {
			version = record.Say("(no version in the build)", "（构建信息中无版本）")
		}
		return record.Sayf("%[1]d of %[2]d specs of %[4]s %[3]s were to run, by the run's own count", "计划了 %[4]s %[3]s 全部 %[2]d 个检查项中的 %[1]d 个（由该次运行自行计数）",
			c.Plan.Specs, c.Plan.Full, version, c.Plan.Module)
	}
	s := record.Sayf("%[1]d of %[2]d specs of version %[3]s were to run", "计划了版本 %[3]s 全部 %[2]d 个检查项中的 %[1]d 个", c.Plan.Specs, c.Plan.Full, c.Plan.Version)
	if c.Plan.Here > 0 {
		s = record.Sayf("%s, by the laboratory's own count: this program has %d", "%s（实验室自行计数：本程序有 %d 个）", s, c.Plan.Here)
	}
	return s
}

// waived returns a sentence on how many specs have the verdict known, and by which waivers.
func (c Claim) waived() record.Sentence {
	w := record.Sayf("%d known", "%d 个已知", c.Verdicts[record.Known])
	switch {
	case c.Waivers.Shipped:
		return record.Sayf("%s, waivers as shipped", "%s，豁免为随程序发布的豁免", w)
	default:
		return record.Sayf("%s, NOT the shipped waivers: %d widened", "%s，豁免并非随程序发布的豁免：放宽 %d 条", w, c.Widened)
	}
}

// looked returns sentences on optional specs and servers of a choice: how many had a result.
func (c Claim) looked() []record.Sentence {
	if c.Looked == nil {
		return nil
	}
	var out []record.Sentence
	if c.Looked.Choice {
		out = append(out, servers(c.Looked.Servers))
	}
	if n := c.Looked.Optional + c.Looked.Absent; n > 0 {
		out = append(out, record.Sayf("%d of %d optional specs looked (oracles, outside vectors)", "%[1]d/%[2]d 个可选检查项已检查（对照程序、外部测试向量）", c.Looked.Optional, n))
	}
	return out
}

// servers returns a sentence that lists the databases that had results, with the number of specs.
func servers(list []profile.Server) record.Sentence {
	if len(list) == 0 {
		return record.Say("databases were NOT looked at", "未检查任何数据库")
	}
	var en, zh []string
	for _, s := range list {
		n := record.Sayf("%s %d of %d specs", "%s %d/%d 个检查项", s.Name, s.Looked, s.Looked+s.Missed)
		en, zh = append(en, n.En), append(zh, n.Zh)
	}
	return record.Say("databases looked at: "+strings.Join(en, ", "), "已检查的数据库："+strings.Join(zh, "、"))
}
