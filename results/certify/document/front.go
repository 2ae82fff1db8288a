package document

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/xcmatrix/xcmatrix/results/certify/claim"
	"github.com/xcmatrix/xcmatrix/results/certify/product"
	"github.com/xcmatrix/xcmatrix/results/certify/profile"
	"github.com/xcmatrix/xcmatrix/results/plain"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Front is the first page: what was certified on what, by whom, by which rules, and with which result. All of it follows
// from the claim and the profile.
type Front struct {
	Title      record.Sentence
	Number     string
	Blocks     []Block
	Level      record.Sentence
	Conclusion record.Sentence
	Limits     record.Sentence
	Signatures []record.Sentence // names of the fields that people sign by hand
	Seal       record.Sentence   // name of the field for the seal
	Code       string            // what the QR code says
}

// Block is a group of fields.
type Block struct {
	Title  record.Sentence
	Fields []Field
}

// Field is one thing that a certificate says. Both tells that its value is a name, which stands there in both languages
// whatever the reader's is.
type Field struct {
	Name, Value record.Sentence
	Both        bool
}

func text(name, nameZh, value string) Field {
	return Field{Name: record.Say(name, nameZh), Value: record.Say(value, value)}
}

func named(name, nameZh string, value record.Sentence) Field {
	return Field{Name: record.Say(name, nameZh), Value: value, Both: true}
}

// Front puts the first page together.
func (d Document) Front() Front {
	c := d.Claim
	return Front{Title: c.Title(), Number: c.No(), Level: c.Level.Name(), Conclusion: d.conclusion(), Limits: limits(c), Code: Code(c, d.Digest),
		Blocks:     []Block{d.subject(), d.platform(), d.laboratory(), d.dates()},
		Signatures: []record.Sentence{record.Say("Tested by", "检测"), record.Say("Reviewed by", "审核"), record.Say("Approved by", "批准"), record.Say("Date", "日期")},
		Seal:       record.Say("Seal of the laboratory", "检测机构（盖章）")}
}

// subject is the product; where the platform is certified, that.
func (d Document) subject() Block {
	c := d.Claim
	if c.Product == nil {
		title := record.Say("Product certified", "认证产品")
		if c.Level == profile.None {
			title = record.Say("Sample", "样品")
		}
		b := Block{Title: title, Fields: []Field{
			{Name: record.Say("product", "产品名称"), Value: platformName(c)},
			text("version", "版本", brief(cmp.Or(versionOfSystem(c), "—"))),
		}}
		if c.Tested != nil {
			b.Fields = append(b.Fields, text("module tested", "被测模块", brief(strings.TrimSpace(c.Tested.Module+" "+c.Tested.Version))))
		}
		return b
	}
	p := c.Product
	version := record.Say(p.Version, p.Version)
	if why := product.Unproved(c.Tested); why == nil {
		version = record.Sayf("%s (as the tested build says)", "%s（与被测构建信息一致）", p.Version)
	} else {
		version = record.Sayf("%s (as declared; %s)", "%s（申报版本，%s）", version, *why)
	}
	title := record.Say("Product certified", "认证产品")
	if c.Level == profile.None {
		title = record.Say("Sample", "样品")
	}
	return Block{Title: title, Fields: []Field{named("product", "产品名称", p.Name), {Name: record.Say("version", "版本"), Value: version},
		named("vendor", "生产单位", p.Vendor), named("applicant (client)", "申请单位（委托单位）", p.Applicant),
		text("module, licence", "模块、许可证", p.Module+", "+p.Licence)}}
}

// platform is the machine and its software.
func (d Document) platform() Block {
	c := d.Claim
	fields := []Field{{Name: record.Say("chip", "芯片"), Value: Chip(c)}, {Name: record.Say("operating system", "操作系统"), Value: System(c)},
		{Name: record.Say("kernel", "内核"), Value: kernel(c)},
		{Name: record.Say("architecture, results", "架构、结果来源"), Value: record.Sayf("%s; %s", "%s；%s", brief(c.Target.GOOS+"/"+c.Target.GOARCH), Provenance(c))}}
	return Block{Title: record.Say("Platform", "适配平台"), Fields: fields}
}

func (d Document) laboratory() Block {
	c := d.Claim
	b := Block{Title: record.Say("Laboratory and basis", "检测机构与依据")}
	if l := c.Laboratory; l == nil {
		b.Fields = append(b.Fields, text("laboratory", "检测机构", brief(c.Signer)))
	} else {
		b.Fields = append(b.Fields, named("laboratory", "检测机构", l.Name))
		if l.Address.En != "" {
			b.Fields = append(b.Fields, named("address", "地址", l.Address))
		}
		if l.Accreditation != "" {
			b.Fields = append(b.Fields, text("accreditation number", "资质认可编号", l.Accreditation))
		}
	}
	b.Fields = append(b.Fields, Field{Name: record.Say("certification scheme", "认证方案"), Value: d.Rulebook()})
	var standards []string
	if c.Profile.Shipped && c.Level >= profile.L2 { // below it what they are about need not have been checked
		standards = append(standards, d.Profile.Basis...)
	}
	if c.Laboratory != nil {
		for _, s := range c.Laboratory.Basis {
			if !slices.Contains(standards, s) {
				standards = append(standards, s)
			}
		}
	}
	if len(standards) > 0 {
		b.Fields = append(b.Fields, Field{Name: record.Say("standards", "标准依据"), Value: record.Say(strings.Join(standards, ", "), strings.Join(standards, "、"))})
	}
	return b
}

func (d Document) dates() Block {
	c := d.Claim
	fields := []Field{{Name: record.Say("period of testing", "检测周期"), Value: period(c.Created, c.Ended)},
		{Name: record.Say("issued", "签发日期"), Value: Day(c.Issued)}}
	if until := c.Laboratory.Until(c.Issued); !until.IsZero() && c.Level != profile.None {
		fields = append(fields, Field{Name: record.Say("valid until", "有效期至"), Value: Day(until)})
	}
	return Block{Title: record.Say("Dates", "日期"), Fields: fields}
}

// period is a span of time in Beijing.
func period(from, to time.Time) record.Sentence {
	clock := func(t time.Time) string { return t.In(claim.Beijing).Format("15:04") }
	end := record.Sayf("%s, %s", "%s %s", Day(to), clock(to))
	if Day(from) == Day(to) {
		end = same(clock(to))
	}
	return record.Sayf("%s, %s to %s (UTC+8)", "%s %s 至 %s（北京时间）", Day(from), clock(from), end)
}

// Day is a day in Beijing, as certificates write it.
func Day(t time.Time) record.Sentence {
	t = t.In(claim.Beijing)
	return record.Say(t.Format("2 January 2006"), t.Format("2006年1月2日"))
}

// brief is a name that a machine or a file gave, of a length that fits the first page.
func brief(name string) string { return plain.Text(name, 80) }

// Chip is the processor that the results are from.
func Chip(c claim.Claim) record.Sentence {
	m := c.Machine
	switch {
	case c.Provenance == record.Emulated:
		return record.Sayf("none: emulated by %s", "无真实芯片：由 %s 模拟", brief(strings.TrimSpace(strings.Join([]string{c.Launcher.Name, c.Launcher.Version, c.Launcher.CPU}, " "))))
	case m == nil:
		return same(cmp.Or(c.Target.Chip, "—"))
	case m.Model == "":
		return same(cmp.Or(m.Chip, "—"))
	}
	s := same(m.Model)
	if m.Chip != "" && m.Chip != m.Model {
		s = record.Sayf("%s (%s)", "%s（%s）", brief(m.Model), brief(m.Chip))
	}
	if c.Provenance == record.VM {
		s = record.Sayf("%s, in a virtual machine", "%s（虚拟机内）", s)
	}
	return s
}

// System is the operating system that the results are from.
func System(c claim.Claim) record.Sentence {
	m := c.Machine
	switch {
	case c.Provenance == record.Emulated:
		return record.Say("none: system calls go to this host's kernel", "无：系统调用由宿主机内核处理")
	case m == nil:
		return same(cmp.Or(c.Target.System, "—"))
	case m.OSRelease.PrettyName == "" || m.OSRelease.PrettyName == m.System:
		return same(cmp.Or(m.System, "—"))
	}
	return record.Sayf("%s (%s)", "%s（%s）", brief(m.OSRelease.PrettyName), brief(cmp.Or(m.System, "—")))
}

func kernel(c claim.Claim) record.Sentence {
	switch {
	case c.Machine == nil:
		return same("—")
	case c.Provenance == record.Emulated:
		return record.Sayf("%s (the host's)", "%s（宿主机）", brief(c.Machine.Kernel))
	}
	return same(c.Machine.Kernel)
}

func versionOfSystem(c claim.Claim) string {
	if c.Machine == nil || c.Provenance == record.Emulated {
		return ""
	}
	return strings.TrimSpace(c.Machine.OSRelease.ID + " " + c.Machine.OSRelease.VersionID)
}

func same(s string) record.Sentence { return record.Say(brief(s), brief(s)) }

// platformName is the platform in one phrase: chip, system and kernel.
func platformName(c claim.Claim) record.Sentence {
	if c.Provenance == record.Emulated || c.Machine == nil {
		return record.Sayf("%s (%s), emulated", "%s（%s），模拟环境", brief(c.Target.ID), brief(c.Target.GOOS+"/"+c.Target.GOARCH))
	}
	system := cmp.Or(c.Machine.OSRelease.PrettyName, c.Machine.System)
	if system == "" {
		return record.Sayf("%s, kernel %s", "%s、内核 %s", Chip(c), brief(c.Machine.Kernel))
	}
	return record.Sayf("%s, %s, kernel %s", "%s、%s、内核 %s", Chip(c), brief(system), brief(c.Machine.Kernel))
}

// Provenance says where results are from, for people. A machine that is itself a virtual one, of a cloud or a hypervisor, is
// not called a physical machine.
func Provenance(c claim.Claim) record.Sentence {
	switch c.Provenance {
	case record.Native:
		if m := c.Machine; m != nil && m.Virtual != "" && m.Virtual != "none" {
			return record.Sayf("native, from the machine itself, which runs on a hypervisor (%s)", "实机（虚拟化环境：%s）", brief(m.Virtual))
		}
		return record.Say("native, from the machine itself", "实机（物理机）")
	case record.VM:
		return record.Say("from a virtual machine: a real kernel, no real speed", "虚拟机：内核真实，速度不真实")
	case record.Emulated:
		return record.Say("emulated: neither the kernel nor the speed is the target's", "模拟：内核与速度均非目标机的")
	}
	return record.Say("none", "无")
}

// conclusion is the sentence that a reader looks for.
func (d Document) conclusion() record.Sentence {
	c := d.Claim
	what := record.Say("the platform "+platformName(c).En, "平台“"+platformName(c).In("zh")+"”")
	on := record.Sentence{}
	if p := c.Product; p != nil {
		what = record.Say(fmt.Sprintf("%s %s of %s", p.Name.En, p.Version, p.Applicant.En), fmt.Sprintf("%s的产品“%s”%s", p.Applicant.In("zh"), p.Name.In("zh"), p.Version))
		on = record.Say(" on "+platformName(c).En, "在平台“"+platformName(c).In("zh")+"”上")
	}
	rules := d.Rulebook()
	if c.Level == profile.None {
		return record.Sayf("As tested, %[1]s%[2]s reaches no level of “%[3]s”. This report states results and certifies nothing.",
			"经检测，%[1]s%[2]s未达到认证方案“%[3]s”的任何级别。本报告仅陈述检测结果，不构成认证。", what, on, rules)
	}
	s := record.Sayf("As tested, %[1]s%[2]s meets level %[4]s of “%[3]s”: %[5]s.", "经检测，%[1]s%[2]s符合认证方案“%[3]s”的 %[4]s 级要求，%[5]s，特此证明。",
		what, on, rules, c.Level, reached(c.Level))
	switch c.Provenance {
	case record.Emulated:
		s = record.Sayf("%s The results are from an emulator, not from a chip.", "%s结果来自模拟环境，并非真实芯片。", s)
	case record.VM:
		s = record.Sayf("%s The results are from a virtual machine.", "%s结果来自虚拟机。", s)
	}
	return s
}

func reached(l profile.Level) record.Sentence {
	switch l {
	case profile.L1:
		return record.Say("it runs", "基本可运行")
	case profile.L2:
		return record.Say("it works", "功能达标")
	}
	return record.Say("it works and performs", "功能与性能达标")
}

// limits is what the certificate does not say, in one line.
func limits(c claim.Claim) record.Sentence {
	if c.Level == profile.None {
		return record.Say("Valid for the sample, the platform and the time of the test alone.", "本报告仅对所检样品、所列平台与检测期间有效。")
	}
	return record.Say("Valid for this version on this platform alone, for what was run; it says nothing of security, or of other versions, chips and systems.",
		"本证书仅对所列版本与平台、所运行的检测项目有效；不涉及安全性，不适用于其他版本、芯片与操作系统。")
}

// Code is what the QR code of a claim says: an address of the laboratory's, else the command that verifies the folder and
// that its claim is the one on paper.
func Code(c claim.Claim, digest string) string {
	if c.Laboratory != nil && c.Laboratory.Link != "" {
		return c.Laboratory.Link + digest
	}
	return "xcmatrix verify . --root root.pem --claim " + digest
}
