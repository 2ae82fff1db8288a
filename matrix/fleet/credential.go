package fleet

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/regular"
)

// Roles of credentials.
const (
	AgentRole       = "agent"
	CoordinatorRole = "coordinator"
)

// Credential is the file that an agent or a coordinator needs to reach a hub. It holds a secret.
type Credential struct {
	V    int    `json:"v"`
	Hub  string `json:"hub"` // host:port
	Role string `json:"role"`
	Name string `json:"name"`
	CA   string `json:"ca"`   // certificate of the hub's own authority, as PEM
	Seed string `json:"seed"` // NKEY
}

// maxCredential is the largest file of a credential in bytes.
const maxCredential = 16 << 10

// ReadCredential reads a credential of a role.
func ReadCredential(path, role string) (Credential, error) {
	var c Credential
	raw, err := regular.ReadNamed(path, maxCredential)
	if err != nil {
		return c, err
	}
	switch err := json.Unmarshal(raw, &c); {
	case err != nil || c.Seed == "" || c.CA == "" || c.Hub == "":
		return c, record.Wrongf(path, "it is no credential of a hub: `xcmatrix hub enrol NAME` on the hub's machine writes one", "不是中心的凭据文件：请在中心所在机器上用 `xcmatrix hub enrol 名称` 生成")
	case c.V > Version+1:
		return c, record.Wrongf(path, "the hub is of a newer version (%d, this program knows %d): bring this program up to date", "中心版本较新（%d，本程序为 %d）：请升级本程序", c.V, Version)
	case c.Role != role:
		return c, record.Wrongf(path, "it is the credential of %s %q, and one of %s is needed", "这是 %s %q 的凭据，而此处需要 %s 的凭据", c.Role, c.Name, role)
	case !ValidName(c.Name):
		return c, record.Wrongf(path, "%.80q is no name of a machine", "%.80q 不是有效的机器名称", c.Name)
	}
	return c, nil
}

// Write writes the credential to a new file, which is its owner's alone.
func (c Credential) Write(path string) error {
	raw, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return record.Wrongf(path, "there is a file already: remove it, or name another one with --out", "文件已存在：请删除，或用 --out 指定其他文件")
	}
	if err != nil {
		return err
	}
	_, err = f.Write(append(raw, '\n'))
	return errors.Join(err, f.Close())
}
