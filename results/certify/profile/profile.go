// Package profile has the rules for certificates, in YAML: each has an indicator (SLI), an objective (SLO), an owner and
// a way of verification, and belongs to one of three levels: L1 runs, L2 works, L3 performs.
package profile

import (
	"slices"
	"strconv"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/pattern"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/yamlfile"
)

// Level of a certificate. A level is reached if every rule of it and of the levels below is met.
type Level string

const (
	None Level = ""
	L1   Level = "L1" // runs
	L2   Level = "L2" // works
	L3   Level = "L3" // performs
)

// Levels holds the levels, the lowest first.
var Levels = []Level{L1, L2, L3}

// Name returns the name of a level for people.
func (l Level) Name() record.Sentence {
	switch l {
	case L1:
		return record.Say("L1 runs", "L1 基本可运行")
	case L2:
		return record.Say("L2 works", "L2 功能达标")
	case L3:
		return record.Say("L3 performs", "L3 性能达标")
	}
	return record.Say("no level", "未达到任何级别")
}

// Indicator (SLI) names the quantity that a rule measures.
type Indicator string

const (
	Passed  Indicator = "passed"  // per cent of the specs that apply whose verdict is pass, known or fixed
	Machine Indicator = "machine" // per cent of the fingerprints that fit the target's declaration
	Rounds  Indicator = "rounds"  // rounds of the benchmark that has fewest
	Noise   Indicator = "noise"   // coefficient of variation of the round medians of the noisiest benchmark, per cent
	Speed   Indicator = "speed"   // the worst round's median of one benchmark, in its unit
)

// Profile is the content of a profile file.
type Profile struct {
	Name  string
	Title record.Sentence
	Basis []string // standards that its items are checked against
	Rules []Rule
	Text  []byte // the file

	allows string // place of the first rule that has Allow; "" for none
}

// Items returns the items that the rules name, in their order.
func (p *Profile) Items() []string {
	var items []string
	for _, r := range p.Rules {
		for _, item := range r.Items {
			if !slices.Contains(items, item) {
				items = append(items, item)
			}
		}
	}
	return items
}

// Certifies returns a *record.Problem if no certificates can be issued by the profile any more. Profiles of older
// versions could accept a miss; they are still read, for the certificates that contain them.
func (p *Profile) Certifies() error {
	if p.allows != "" {
		return record.Wrongf(p.allows, "allow lets a miss pass: only oracles and outside vector files are optional; for servers, of which one is enough, say choice: server",
			"allow 会放行 miss：只有对照程序与外部测试向量文件是可选的；服务器任有其一即可时，请写 choice: server")
	}
	return nil
}

// Rule is one requirement on a target.
type Rule struct {
	ID         string
	Level      Level
	Title      record.Sentence
	Indicator  Indicator
	Objective  Objective
	Items      []string
	Labels     []string         // a spec counts when it has all of these
	Without    []string         // and has none of these
	Choice     string           // the label "Choice=…" divides the specs into groups, and only groups that ran count; for Passed
	Allow      []record.Verdict // verdicts that do not count; only in profiles of older versions
	Minimum    int              // least number of specs that must count; for Passed
	Benchmark  string           // for Speed
	Unit       string           // of Benchmark
	Reference  record.Sentence
	Provenance []record.Provenance
	Owner      string
	Verify     record.Sentence
}

// Objective (SLO) is the limit of an indicator.
type Objective struct {
	Most  bool // the limit is the largest value that is allowed, not the smallest
	Bound float64
	Text  string // as in the file
}

// Met reports whether a value is within the limit.
func (o Objective) Met(v float64) bool {
	if o.Most {
		return v <= o.Bound
	}
	return v >= o.Bound
}

var objective = pattern.Of(`^(>=|<=) *([0-9]+(?:\.[0-9]+)?) *(%|\S+)?$`)

// parseObjective reads an objective such as ">= 99.5" or "<= 5"; it returns false for another text.
func parseObjective(text string) (Objective, bool) {
	m := objective().FindStringSubmatch(text)
	if m == nil {
		return Objective{}, false
	}
	bound, err := strconv.ParseFloat(m[2], 64)
	return Objective{Most: m[1] == "<=", Bound: bound, Text: text}, err == nil
}

// file is the YAML form of a Profile.
type file struct {
	Name  string   `yaml:"name"`
	Title sentence `yaml:"title"`
	Basis []string `yaml:"basis"`
	Rules []entry  `yaml:"rules"`
}

// sentence is the YAML form of a record.Sentence.
type sentence struct {
	En string `yaml:"en"`
	Zh string `yaml:"zh"`
}

func (s sentence) record() record.Sentence { return record.Say(s.En, s.Zh) }

// entry is the YAML form of a Rule.
type entry struct {
	ID         string              `yaml:"id"`
	Level      Level               `yaml:"level"`
	Title      sentence            `yaml:"title"`
	SLI        Indicator           `yaml:"sli"`
	SLO        string              `yaml:"slo"`
	Items      []string            `yaml:"items"`
	Labels     []string            `yaml:"labels"`
	Without    []string            `yaml:"without"`
	Choice     string              `yaml:"choice"`
	Allow      []record.Verdict    `yaml:"allow"`
	Minimum    int                 `yaml:"minimum"`
	Benchmark  string              `yaml:"benchmark"`
	Unit       string              `yaml:"unit"`
	Reference  sentence            `yaml:"reference"`
	Provenance []record.Provenance `yaml:"provenance"`
	Owner      string              `yaml:"owner"`
	Verify     sentence            `yaml:"verify"`
}

// Parse reads a profile; items are the items that exist, nil if any may be named. It returns a *record.Problem with file
// and line for the first mistake.
func Parse(name string, text []byte, items []string) (*Profile, error) {
	var content file
	f, err := yamlfile.Decode(name, text, &content)
	if err != nil {
		return nil, err
	}
	p := &Profile{Name: content.Name, Title: content.Title.record(), Basis: content.Basis, Text: text}
	if !ruleID().MatchString(p.Name) {
		return nil, f.Mend(record.Wrongf(f.Place("name"), "name %q: lower-case letters, digits and hyphens are wanted", "name %q：只能用小写字母、数字和连字符", p.Name))
	}
	for i, b := range p.Basis {
		if !standard().MatchString(b) {
			return nil, f.Mend(record.Wrongf(f.Place("basis", i), "%q is no number of a standard such as GB/T 32905-2016", "%q 不是形如 GB/T 32905-2016 的标准编号", b))
		}
	}
	seen := map[string]bool{}
	for i, e := range content.Rules {
		field, problem := e.check(items)
		if problem == nil && seen[e.ID] {
			field, problem = "id", record.Wrongf("", "rule %q stands above already", "规则 %q 已在前文出现", e.ID)
		}
		if problem != nil {
			problem.Place = f.Place("rules", i, field)
			return nil, f.Mend(problem)
		}
		if seen[e.ID] = true; len(e.Allow) > 0 && p.allows == "" {
			p.allows = f.Place("rules", i, "allow")
		}
		p.Rules = append(p.Rules, e.rule())
	}
	if len(p.Rules) == 0 {
		return nil, record.Wrongf(f.Place("rules"), "a profile without rules certifies nothing", "没有规则的认证方案不能用于认证")
	}
	return p, nil
}

// rule returns the Rule of an entry.
func (e entry) rule() Rule {
	o, _ := parseObjective(e.SLO)
	return Rule{ID: e.ID, Level: e.Level, Title: e.Title.record(), Indicator: e.SLI, Objective: o, Items: e.Items, Labels: e.Labels,
		Without: e.Without, Choice: e.Choice, Allow: e.Allow, Minimum: max(e.Minimum, 1), Benchmark: e.Benchmark, Unit: e.Unit,
		Reference: e.Reference.record(), Provenance: e.Provenance, Owner: e.Owner, Verify: e.Verify.record()}
}

// choiceServer is the only choice that exists.
var choiceServer = strings.TrimSuffix(record.LabelServer, "=")

var (
	ruleID     = pattern.Of(`^[a-z0-9][a-z0-9-]*$`)
	standard   = pattern.Of(`^[A-Z][A-Za-z/ ]{0,10}[0-9][0-9.-]{0,20}$`)
	indicators = []Indicator{Passed, Machine, Rounds, Noise, Speed}
	may        = map[Level][]record.Provenance{
		L1: {record.Native, record.VM, record.Emulated},
		L2: {record.Native, record.VM},
		L3: {record.Native},
	}
)

// check returns the first mistake of a rule, and the field that it is in; nil if there is none.
func (e entry) check(items []string) (string, *record.Problem) {
	_, sloOK := parseObjective(e.SLO)
	switch {
	case !ruleID().MatchString(e.ID):
		return "id", record.Wrongf("", "rule id %q: lower-case letters, digits and hyphens are wanted", "规则编号 %q：只能用小写字母、数字和连字符", e.ID)
	case !slices.Contains(Levels, e.Level):
		return "level", record.Wrongf("", "level %q is none of L1, L2, L3", "level %q 不是 L1、L2、L3 之一", e.Level)
	case e.Title.En == "" || e.Title.Zh == "":
		return "title", record.Wrongf("", "title needs en and zh", "title 须有 en 与 zh")
	case !slices.Contains(indicators, e.SLI):
		return "sli", record.Wrongf("", "sli %q is none of passed, machine, rounds, noise, speed", "sli %q 不是 passed、machine、rounds、noise、speed 之一", e.SLI)
	case !sloOK:
		return "slo", record.Wrongf("", "slo %q is no bound such as \">= 95%%\"", "slo %q 不是形如 \">= 95%%\" 的界限", e.SLO)
	case strings.TrimSpace(e.Owner) == "":
		return "owner", record.Wrongf("", "owner is missing: a rule needs somebody who answers for it", "缺少 owner：规则须有责任单位")
	case e.Verify.En == "" || e.Verify.Zh == "":
		return "verify", record.Wrongf("", "verify needs en and zh: how the rule is verified by hand", "verify 须有 en 与 zh：如何人工核验此规则")
	case e.SLI == Speed && (e.Benchmark == "" || e.Unit == "" || e.Reference.En == "" || len(e.Items) != 1):
		return "sli", record.Wrongf("", "speed needs one item, benchmark, unit, and a reference that says where the threshold comes from",
			"speed 须有唯一的 item、benchmark、unit 以及说明阈值来源的 reference")
	case e.SLI == Passed && len(e.Items) == 0:
		return "items", record.Wrongf("", "passed needs items", "passed 须指定 items")
	case e.Choice != "" && e.Choice != choiceServer:
		return "choice", record.Wrongf("", "choice %q is not server", "choice %q 不是 server", e.Choice)
	}
	return e.checkLists(items)
}

// checkLists does what check does, for the fields that are lists.
func (e entry) checkLists(items []string) (string, *record.Problem) {
	for _, item := range e.Items {
		if items != nil && !slices.Contains(items, item) {
			return "items", record.Wrongf("", "there is no item %q; there are: %s", "没有名为 %q 的项；可用的项：%s", item, strings.Join(items, ", "))
		}
	}
	if len(e.Provenance) == 0 {
		return "provenance", record.Wrongf("", "provenance is missing", "缺少 provenance")
	}
	for _, p := range e.Provenance {
		if !slices.Contains(may[e.Level], p) {
			return "provenance", record.Wrongf("", "provenance %q cannot carry %s: L2 takes native and vm, L3 native alone",
				"来源 %q 不能用于 %s：L2 只接受 native 与 vm，L3 只接受 native", p, e.Level)
		}
	}
	for _, v := range e.Allow {
		if v != record.Miss {
			return "allow", record.Wrongf("", "verdict %q cannot be allowed; only miss can", "结论 %q 不可放行；只有 miss 可以", v)
		}
	}
	return "", nil
}
