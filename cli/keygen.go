package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/xcmatrix/xcmatrix/results/certify/identity"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/regular"
)

// defaultKey is the directory in which keygen writes a signer and certify looks for one.
const defaultKey = "results/key"

// passphraseVariable names the environment variable that holds the passphrase of key files.
const passphraseVariable = "XCMATRIX_PASSPHRASE"

// maxPassphrase is the longest file of a passphrase in bytes.
const maxPassphrase = 4 << 10

type keygenOptions struct {
	out, root, name, passphraseFile string
	days                            int
}

func (a *app) keygenCommand() *cobra.Command {
	var o keygenOptions
	cmd := &cobra.Command{
		Use:     "keygen",
		Short:   a.say("make an SM2 key and certificates to sign with", "生成用于签名的 SM2 密钥与证书"),
		Example: "  xcmatrix keygen --name 'Example laboratory'\n  xcmatrix keygen --root /media/ca --out results/key",
		Args:    cobra.NoArgs,
		RunE:    func(*cobra.Command, []string) error { return a.keygen(o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.out, "out", defaultKey, a.say("directory to make", "要创建的目录"))
	f.StringVar(&o.root, "root", "", a.say("directory with root.pem and root-key.pem to issue under (default: a new root)", "用于签发的根证书目录，含 root.pem 与 root-key.pem（默认新建根）"))
	f.StringVar(&o.name, "name", "xcmatrix laboratory", a.say("who signs", "签名者名称"))
	f.IntVar(&o.days, "days", identity.LeafDays, a.say("days for which the signer's certificate is valid", "签名证书的有效天数"))
	a.passphraseFlag(cmd, &o.passphraseFile)
	return cmd
}

func (a *app) passphraseFlag(cmd *cobra.Command, file *string) {
	cmd.Flags().StringVar(file, "passphrase-file", "", a.say("file with the passphrase of the keys (default: "+passphraseVariable+", else it is asked for)",
		"含密钥口令的文件（默认取 "+passphraseVariable+"，否则提示输入）"))
}

func (a *app) keygen(o keygenOptions) error {
	passphrase, err := a.passphrase(o.passphraseFile, true)
	if err != nil {
		return err
	}
	defer clear(passphrase)
	err = identity.Create(o.out, identity.Request{Name: o.name, Days: o.days, Root: o.root, Passphrase: passphrase, Now: time.Now()})
	if err != nil {
		return err
	}
	if a.json {
		made, err := keysJSON(o, passphrase)
		if err != nil {
			return err
		}
		return a.printJSON(made)
	}
	printf(a.out, a.say("Keys: %s\n", "密钥：%s\n"), o.out)
	if o.root == "" {
		printf(a.out, a.say("Give %s to those who verify; keep %s apart.\n", "请将 %s 交给验证者；%s 请离线保管。\n"),
			filepath.Join(o.out, identity.RootFile), filepath.Join(o.out, identity.RootKeyFile))
	}
	return nil
}

// keysJSON returns the output of keygen --json: the files by their purpose, and the content of the certificates.
func keysJSON(o keygenOptions, passphrase []byte) (any, error) {
	by, err := identity.Open(o.out, passphrase, time.Now())
	if err != nil {
		return nil, err
	}
	id, err := by.KeyID()
	if err != nil {
		return nil, err
	}
	files := map[string]string{"key": identity.KeyFile, "chain": identity.ChainFile}
	if o.root == "" {
		files["root"], files["root_key"] = identity.RootFile, identity.RootKeyFile
	}
	return map[string]any{"dir": o.out, "files": files, "key_id": id, "signer": by.Chain.Leaf.Subject.CommonName,
		"root": by.Chain.Root.Subject.CommonName, "until": by.Chain.Leaf.NotAfter.UTC()}, nil
}

// passphrase reads the passphrase from a file, the environment, or a prompt. If fresh is true, the prompt asks twice.
func (a *app) passphrase(file string, fresh bool) ([]byte, error) {
	if file != "" {
		text, err := regular.ReadNamed(file, maxPassphrase)
		if err != nil {
			return nil, err
		}
		return bytes.TrimRight(text, "\r\n"), nil
	}
	if text, ok := os.LookupEnv(passphraseVariable); ok {
		return []byte(text), nil
	}
	first, err := a.ask(a.say("Passphrase: ", "口令："))
	if err != nil || !fresh {
		return first, err
	}
	second, err := a.ask(a.say("Again: ", "请再次输入："))
	if err != nil {
		return nil, err
	}
	defer clear(second)
	if !bytes.Equal(first, second) {
		return nil, record.Wrongf("", "the two passphrases differ", "两次输入的口令不一致")
	}
	return first, nil
}

// terminalState is the state of a terminal before its echo was switched off.
type terminalState struct {
	fd    int
	state *term.State
}

// restore switches the terminal's echo on again if a prompt has switched it off.
func (a *app) restore() {
	if t := a.echo.Load(); t != nil {
		_ = term.Restore(t.fd, t.state)
		printf(a.err, "\n")
	}
}

func (a *app) ask(prompt string) ([]byte, error) {
	in, ok := a.in.(*os.File)
	if !ok || !term.IsTerminal(int(in.Fd())) {
		return nil, record.Wrongf("", "a passphrase is needed: set %s or name a --passphrase-file", "需要口令：请设置 %s 或使用 --passphrase-file", passphraseVariable)
	}
	printf(a.err, "%s", prompt)
	defer printf(a.err, "\n")
	if echoes, err := term.GetState(int(in.Fd())); err == nil {
		a.echo.Store(&terminalState{int(in.Fd()), echoes})
	}
	defer a.echo.Store(nil)
	return term.ReadPassword(int(in.Fd()))
}
