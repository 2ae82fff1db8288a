package diagnosis

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/regular"
)

// Archive is a downloaded release of Go, with what it is held against.
type Archive struct {
	Path           string
	SHA256         string // hexadecimal; "" for none
	Key, Signature string // paths of a public key and a detached signature; "" for none
}

// maxArchive is the largest archive that is read.
const maxArchive = 2 << 30

// Checks returns the checks of the archive. It fails with a *record.Problem where a file that is named cannot be read, or the digest is none.
func (a Archive) Checks() ([]Check, error) {
	for flag, path := range map[string]string{"--archive": a.Path, "--key": a.Key, "--signature": a.Signature} {
		if path == "" {
			continue
		}
		f, err := regular.OpenNamed(path, maxArchive)
		if err != nil {
			return nil, err
		}
		f.Close()
		if a.Path == "" {
			return nil, record.Wrongf(flag, "it goes with --archive FILE", "须与 --archive 文件 同用")
		}
	}
	if ok, _ := regexp.MatchString(`^[0-9a-fA-F]{64}$`, a.SHA256); a.SHA256 != "" && !ok {
		return nil, record.Wrongf("--sha256", "%.80q is no SHA-256 digest: 64 hexadecimal digits", "%.80q 不是 SHA-256 摘要（64 个十六进制数字）", a.SHA256)
	}
	if (a.Key == "") != (a.Signature == "") {
		return nil, record.Wrongf("--signature", "a signature needs a key, and a key a signature", "签名与公钥须同时给出")
	}
	var all []Check
	if a.Path != "" && a.SHA256 != "" {
		all = append(all, newCheck("archive-digest", "the archive of Go has the digest that was given", "Go 压缩包的摘要与给定值一致", a.digest, judgeDigest))
	}
	if a.Key != "" {
		all = append(all, newCheck("archive-signature", "the archive of Go is signed with the key that was given", "Go 压缩包由给定密钥签名", a.verify, judgeSignature))
	}
	return all, nil
}

func (a Archive) digest(context.Context, *Host) Evidence {
	e := Evidence{"archive": a.Path, "want": strings.ToLower(a.SHA256)}
	f, err := regular.OpenNamed(a.Path, maxArchive)
	if err != nil {
		e["failed"] = err.Error()
		return e
	}
	defer f.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, f); err != nil {
		e["failed"] = err.Error()
	}
	e["is"] = hex.EncodeToString(hash.Sum(nil))
	return e
}

func judgeDigest(e Evidence) *Fault {
	if e["failed"] == "" && e["is"] == e["want"] {
		return nil
	}
	return fault(e["archive"]+": "+e["is"]+e["failed"], "the archive is not what the digest was made of: it is incomplete, or another", "压缩包与摘要不符：不完整，或是另一个文件", "download it again, and take the digest from go.dev/dl", "请重新下载，并从 go.dev/dl 取得摘要")
}

// verify has gpg verify the signature with the key alone, in a keyring of its own.
func (a Archive) verify(ctx context.Context, h *Host) Evidence {
	e := Evidence{"archive": a.Path, "gpg": h.Look("gpg")}
	if e["gpg"] == "" {
		return e
	}
	home, err := os.MkdirTemp("", "xcmatrix-gpg-")
	if err != nil {
		e["said"] = err.Error()
		return e
	}
	defer os.RemoveAll(home)
	common := []string{"--homedir", home, "--batch", "--no-tty", "--status-fd", "1"}
	if _, said, err := h.run(ctx, 10*time.Second, nil, e["gpg"], append(common, "--import", a.Key)...); err != nil {
		e["said"] = firstLine(said)
		return e
	}
	out, said, err := h.run(ctx, 30*time.Second, nil, e["gpg"], append(common, "--verify", a.Signature, a.Path)...)
	e["good"] = says(err == nil && strings.Contains(out, "[GNUPG:] GOODSIG"))
	if e["good"] != yes {
		e["said"] = firstLine(said)
	}
	return e
}

func judgeSignature(e Evidence) *Fault {
	switch {
	case e["gpg"] == "":
		return fault(e["archive"], "there is no gpg that could verify the signature", "没有可验证签名的 gpg", "install gnupg", "请安装 gnupg")
	case e["good"] != yes:
		return fault(e["archive"]+": "+e["said"], "the archive is not signed with this key", "压缩包不是由该密钥签名", "download archive, signature and key again; do not use this one", "请重新下载压缩包、签名与公钥；不要使用现有文件")
	}
	return nil
}
