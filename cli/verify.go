package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/emmansun/gmsm/smx509"
	"github.com/spf13/cobra"

	"github.com/xcmatrix/xcmatrix/results/certify"
	"github.com/xcmatrix/xcmatrix/results/certify/identity"
	"github.com/xcmatrix/xcmatrix/results/certify/profile"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/regular"
)

type verifyOptions struct{ root, at, claim, inherited string }

func (a *app) verifyCommand() *cobra.Command {
	var o verifyOptions
	cmd := &cobra.Command{
		Use:   "verify DIR",
		Short: a.say("check a certificate's folder, offline: who signed, and that nothing was changed", "离线检查证书文件夹：由谁签名、内容是否被改动"),
		Long: a.say("verify checks signature, chain, every file and the journal of a certificate's folder, and makes its claim again from the\njournal. It says what is proved and what is not, and ends with 4 when something is wrong.",
			"verify 检查证书文件夹的签名、证书链、全部文件与日志，并由日志重新得出其声明。\n它说明哪些已被证明、哪些没有；有任何问题时以 4 退出。"),
		Example: "  xcmatrix verify results/certificates/RUN/native --root root.pem\n  xcmatrix verify . --root root.pem --claim sm3:DIGEST",
		Args:    cobra.ExactArgs(1),
		RunE:    func(_ *cobra.Command, args []string) error { return a.verify(args[0], o) },
	}
	cmd.Flags().StringVar(&o.root, "root", "", a.say("root certificate that you trust, got from the signer", "您信任的根证书，须由签名者另行提供"))
	cmd.Flags().StringVar(&o.at, "at", "", a.say("verify as of this day, such as 2027-06-30 (default: now)", "按此日期验证，如 2027-06-30（默认为现在）"))
	cmd.Flags().StringVar(&o.claim, "claim", "", a.say("digest that the claim has to have, as the QR code on paper says it: sm3:…", "证书摘要须与此一致，即纸面二维码所示：sm3:…"))
	cmd.Flags().StringVar(&o.inherited, "inherited", "", a.say("folder of the certificate that is inherited from, to be checked too", "所继承的证书的文件夹，一并检查"))
	return cmd
}

func (a *app) verify(dir string, o verifyOptions) error {
	at := time.Now()
	if o.at != "" {
		day, err := time.Parse(time.DateOnly, o.at)
		if err != nil {
			return record.Wrongf("--at", "%q is no date such as 2027-06-30", "%q 不是形如 2027-06-30 的日期", o.at)
		}
		at = day.AddDate(0, 0, 1).Add(-time.Second) // its end, which is still that day
	}
	if below := certificatesBelow(dir); len(below) > 0 {
		return record.Wrongf(dir, "there is no certificate here, but below: verify %s", "此处没有证书，证书在其下级目录：请验证 %s", strings.Join(below, ", "))
	}
	root, err := trusted(o.root)
	if err != nil {
		return err
	}
	v, err := certify.Verify(dir, certify.Reader{Root: root, At: at, Names: itemSentence, Program: ownProgram(), Claim: o.claim, Inherited: o.inherited})
	if err != nil {
		return err
	}
	if a.json {
		err = a.printJSON(a.verificationJSON(v))
	} else {
		a.printVerification(v)
	}
	if err == nil && !v.OK() {
		return &status{code: exitRefused}
	}
	return err
}

// maxBelow is how many entries of a folder are looked at for certificates.
const maxBelow = 100

// certificatesBelow are the certificates in a folder that is none itself, but a run's, with one for each target. A folder of
// which a file was taken away is still a certificate: what is left of it is refused.
func certificatesBelow(dir string) []string {
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return nil
	}
	folder, err := os.Open(dir)
	if err != nil {
		return nil
	}
	defer folder.Close()
	entries, err := folder.ReadDir(maxBelow)
	if err != nil {
		return nil
	}
	slices.SortFunc(entries, func(a, b os.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	var below []string
	for _, e := range entries {
		if !e.IsDir() {
			return nil
		}
		if _, err := os.Lstat(filepath.Join(dir, e.Name(), "statement.dsse.json")); err == nil {
			below = append(below, filepath.Join(dir, e.Name()))
		}
	}
	return below
}

// trusted reads the root certificate that the reader trusts; nil if path is "".
func trusted(path string) (*smx509.Certificate, error) {
	if path == "" {
		return nil, nil
	}
	text, err := regular.ReadNamed(path, regular.MaxText)
	if err != nil {
		return nil, err
	}
	return identity.ParseRoot(path, text)
}

func (a *app) printVerification(v *certify.Verification) {
	for _, s := range v.Proved {
		printf(a.out, a.say("proved      %s\n", "已核实  %s\n"), s.In(a.lang))
	}
	for _, s := range v.Unproved {
		printf(a.out, a.say("not proved  %s\n", "无法核实  %s\n"), s.In(a.lang))
	}
	for _, p := range v.Problems {
		place := p.File
		if p.Place != "" {
			place += ": " + p.Place
		}
		printf(a.out, a.say("WRONG       %s: %s\n", "有误    %s：%s\n"), place, p.What.In(a.lang))
	}
	if v.OK() {
		printf(a.out, "%s\n", a.say("verified", "验证通过"))
	} else {
		printf(a.out, "%s\n", a.say("refused", "验证未通过"))
	}
}

// verificationJSON returns the output of verify --json.
func (a *app) verificationJSON(v *certify.Verification) any {
	type problem struct {
		File  string `json:"file"`
		Place string `json:"place"`
		What  string `json:"what"`
	}
	problems := []problem{}
	for _, p := range v.Problems {
		problems = append(problems, problem{p.File, p.Place, p.What.In(a.lang)})
	}
	level, sentence := profile.None, ""
	if v.Result != nil && v.OK() {
		level, sentence = v.Result.Level, v.Result.Sentence().In(a.lang)
	}
	return map[string]any{"ok": v.OK(), "level": level, "says": sentence, "proved": a.sentences(v.Proved), "unproved": a.sentences(v.Unproved), "problems": problems}
}

func (a *app) sentences(list []record.Sentence) []string {
	out := []string{}
	for _, s := range list {
		out = append(out, s.In(a.lang))
	}
	return out
}
