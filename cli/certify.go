package cli

import (
	"errors"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/xcmatrix/xcmatrix/matrix"
	"github.com/xcmatrix/xcmatrix/matrix/catalog"
	"github.com/xcmatrix/xcmatrix/results/certify"
	"github.com/xcmatrix/xcmatrix/results/certify/identity"
	"github.com/xcmatrix/xcmatrix/results/certify/pdf"
	"github.com/xcmatrix/xcmatrix/results/certify/product"
	"github.com/xcmatrix/xcmatrix/results/certify/profile"
	"github.com/xcmatrix/xcmatrix/results/joint"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

type certifyOptions struct {
	profile, key, out, passphraseFile, require, inherit string
	product, laboratory, number                         string
	targets, as                                         []string
}

func (a *app) certifyCommand() *cobra.Command {
	var o certifyOptions
	cmd := &cobra.Command{
		Use:     "certify [RUN...]",
		Short:   a.say("hold runs against a profile, and write a signed folder for each target", "按认证方案评定运行，并为每个目标写出签名文件夹"),
		Example: "  xcmatrix certify latest --profile xinchuang-base\n  xcmatrix certify latest --target native --require L2\n  xcmatrix certify latest --product product.yaml --laboratory laboratory.yaml\n  xcmatrix certify kunpeng.xcr phytium.xcr",
		RunE:    func(_ *cobra.Command, args []string) error { return a.certify(args, o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.profile, "profile", "", a.say("profile: a name or a file (default: xinchuang-base; for a product's own tests product-base)", "认证方案：名称或文件（默认 xinchuang-base；产品自有测试默认 product-base）"))
	f.StringVar(&o.product, "product", "", a.say("file that names the product that was tested: name, version, vendor, module, licence", "产品文件：被测产品的名称、版本、生产单位、模块、许可证"))
	f.StringVar(&o.laboratory, "laboratory", "", a.say("file that names the laboratory: name, address, accreditation, standards, validity, link of the QR code", "检测机构文件：名称、地址、资质编号、标准依据、有效期、二维码链接"))
	f.StringVar(&o.number, "number", "", a.say("number of the certificate, for one target (default: one that follows from the run)", "证书编号，仅用于单个目标（默认由运行得出）"))
	f.StringVar(&o.key, "key", defaultKey, a.say("directory that keygen made", "keygen 生成的目录"))
	f.StringVar(&o.out, "out", "results/certificates", a.say("directory for the folders", "证书文件夹的输出目录"))
	f.StringSliceVar(&o.targets, "target", nil, a.say("targets, as globs (default: all of the runs)", "目标，可用通配符（默认为全部目标）"))
	a.asFlag(cmd, &o.as)
	f.StringVar(&o.require, "require", "", a.say("end with 4 unless every target reaches this level: L1, L2, L3", "任一目标未达到该级别（L1、L2、L3）时以 4 退出"))
	f.StringVar(&o.inherit, "inherit", "", a.say("folder of a like machine's certificate, for what this run does not check", "同类机器的证书文件夹，用于本次运行未检查的部分"))
	a.passphraseFlag(cmd, &o.passphraseFile)
	return cmd
}

// certify writes the folders, and prints for each rule whether it is met.
func (a *app) certify(args []string, o certifyOptions) error {
	if o.require != "" && !slices.Contains(profile.Levels, profile.Level(o.require)) {
		return record.Wrongf("--require", "%q is none of L1, L2, L3", "%q 不是 L1、L2、L3 之一", o.require)
	}
	orders, problems, err := a.orders(args, o)
	if err != nil {
		return err
	}
	font, noFont := pdf.FindFont()
	var issued []certify.Issued
	for _, order := range orders {
		order.Font = font
		some, err := certify.Issue(o.out, order.Order)
		for i := range some {
			some[i].Target = order.names[some[i].Target]
			if !a.json {
				a.printIssued(some[i], order.Profile)
			}
		}
		if issued = append(issued, some...); err != nil {
			return err
		}
	}
	if noFont != nil { // there is no PDF, and the reader is told what to install
		printf(a.err, "xcmatrix: %s\n", sentence(noFont, a.lang))
	}
	if a.json {
		if err := a.printJSON(issuedJSON(issued, a.lang)); err != nil {
			return err
		}
	}
	if err := a.printProblems(problems); err != nil {
		return err
	}
	return certified(issued, profile.Level(o.require))
}

// certified returns the exit status: 4 if a target does not reach the required level; else 1 if a target reached no level
// or was refused.
func certified(issued []certify.Issued, require profile.Level) error {
	level := func(i certify.Issued) profile.Level {
		if i.Dir == "" {
			return profile.None
		}
		return i.Claim.Level
	}
	if slices.ContainsFunc(issued, func(i certify.Issued) bool { return level(i) < require }) { // "" < "L1" < "L2" < "L3"
		return &status{code: exitRefused}
	}
	if slices.ContainsFunc(issued, func(i certify.Issued) bool { return level(i) == profile.None }) {
		return &status{code: exitFound}
	}
	return nil
}

// ordered is what is certified of one run, and what its targets are called beside those of other runs.
type ordered struct {
	certify.Order
	names map[string]string
}

// orders reads everything that certifying takes before anything is written: an order for each run.
func (a *app) orders(args []string, o certifyOptions) ([]ordered, []*record.Problem, error) {
	runs, problems, err := a.loadAll(args, o.as)
	if err != nil {
		return nil, nil, err
	}
	whole := joint.Join(runs, isChip)
	targets, err := chosen(whole, o.targets)
	if err != nil {
		return nil, nil, err
	}
	p, err := profile.Find(chosenProfile(o, runs), catalogItems())
	if err != nil {
		return nil, nil, err
	}
	waivers, text, err := a.waiverList()
	if err != nil {
		return nil, nil, err
	}
	passphrase, err := a.passphrase(o.passphraseFile, false)
	if err != nil {
		return nil, nil, err
	}
	defer clear(passphrase)
	now := time.Now()
	by, err := identity.Open(o.key, passphrase, now)
	if err != nil {
		return nil, nil, err
	}
	about, laboratory, err := declarations(o, runs)
	if err != nil {
		return nil, nil, err
	}
	order := certify.Order{Number: o.number, Product: about, Laboratory: laboratory, Program: ownProgram(), Profile: p, Waivers: waivers, Text: text, Signer: by, Now: now, Lang: a.lang, Names: itemSentence}
	orders := ordersOf(order, runs, whole, targets)
	if o.inherit != "" {
		if len(targets) != 1 {
			return nil, nil, record.Wrongf("--inherit", "one machine inherits at a time: choose it with --target", "一次只能有一个目标继承：请用 --target 选定")
		}
		only := &orders[0]
		only.Inherits, err = certify.Inherit(o.inherit, certify.Reader{Root: by.Chain.Root, At: now, Names: itemSentence, Program: order.Program}, only.Run, only.Targets[0], p)
	}
	for _, order := range orders {
		err = errors.Join(err, order.Check())
	}
	return orders, problems, err
}

// chosenProfile is the profile that the user names, else the one that fits what was run.
func chosenProfile(o certifyOptions, runs []joint.Named) string {
	own := o.product != "" || !slices.ContainsFunc(runs, func(r joint.Named) bool {
		return slices.ContainsFunc(r.Run.Manifest.Items, func(item string) bool { return item != record.ItemTest })
	})
	switch {
	case o.profile != "":
		return o.profile
	case own:
		return "product-base"
	}
	return "xinchuang-base"
}

// declarations reads what applicant and laboratory say of themselves. A product is what each of the runs tested.
func declarations(o certifyOptions, runs []joint.Named) (about *product.Product, l *product.Laboratory, err error) {
	var tested []*store.Product
	for _, r := range runs {
		tested = append(tested, r.Run.Manifest.Product)
	}
	if o.product != "" {
		if about, err = product.Read(o.product, tested...); err != nil {
			return nil, nil, err
		}
	}
	if o.laboratory != "" {
		l, err = product.ReadLaboratory(o.laboratory)
	}
	return about, l, err
}

// ordersOf are the orders for those runs that have one of the targets.
func ordersOf(order certify.Order, runs []joint.Named, whole *store.Run, targets []string) []ordered {
	var orders []ordered
	for _, r := range runs {
		own := ordered{Order: order, names: map[string]string{}}
		own.Run = r.Run
		for _, id := range targets {
			if from := whole.Origin(id); from.Run == r.Run {
				own.Targets = append(own.Targets, from.Target)
				own.names[from.Target] = id
			}
		}
		if len(own.Targets) > 0 {
			orders = append(orders, own)
		}
	}
	return orders
}

// chosen selects targets by globs, which go by what they are called here or in their own runs; all where there are none.
func chosen(run *store.Run, globs []string) ([]string, error) {
	var all, names []string
	for _, t := range run.Manifest.Targets {
		all = append(all, t.ID)
		if names = append(names, t.ID); run.Origin(t.ID).Target != t.ID {
			names = append(names, run.Origin(t.ID).Target)
		}
	}
	if len(globs) == 0 {
		return all, nil
	}
	if err := matrix.CheckGlobs("--target", globs, names); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(id string) bool {
		return !matrix.Named(globs, id) && !matrix.Named(globs, run.Origin(id).Target)
	}), nil
}

func catalogItems() []string {
	var ids []string
	for _, item := range catalog.Items() {
		ids = append(ids, item.ID)
	}
	return ids
}

func itemSentence(id string) record.Sentence {
	if item, ok := catalog.FindItem(id); ok {
		return item.Name
	}
	return record.Sentence{En: id}
}

func (a *app) printIssued(i certify.Issued, p *profile.Profile) {
	if i.Dir == "" {
		printf(a.out, a.say("%s: refused, no folder\n", "%s：拒绝认证，不生成文件夹\n"), i.Target)
		for _, why := range i.Refused {
			printf(a.out, "  ✗ %s\n", why.In(a.lang))
		}
		return
	}
	printf(a.out, a.say("%s: %s: %s\n", "%s：%s：%s\n"), i.Target, i.Claim.Title().In(a.lang), i.Claim.Sentence().In(a.lang))
	for n, r := range i.Claim.Rules {
		mark := "✗"
		if r.Met {
			mark = "✓"
		}
		printf(a.out, "  %s %s %s: %s\n", mark, r.Level, p.Rules[n].Title.In(a.lang), a.hints(r.Evidence.In(a.lang)))
	}
	printf(a.out, "  → %s\n", i.Dir)
}

// issuedJSON returns the output of certify --json.
func issuedJSON(issued []certify.Issued, lang string) any {
	type row struct {
		Target  string            `json:"target"`
		Dir     string            `json:"dir"`
		Level   profile.Level     `json:"level"`
		Rules   []profile.Outcome `json:"rules"`
		Refused []string          `json:"refused,omitempty"`
	}
	rows := []row{}
	for _, i := range issued {
		r := row{Target: i.Target, Dir: i.Dir, Level: i.Claim.Level, Rules: i.Claim.Rules}
		for _, why := range i.Refused {
			r.Refused = append(r.Refused, why.In(lang))
		}
		rows = append(rows, r)
	}
	return map[string]any{"certificates": rows}
}
