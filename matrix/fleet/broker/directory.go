package broker

import (
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/nats-io/nkeys"

	"github.com/xcmatrix/xcmatrix/matrix/fleet"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/regular"
	"github.com/xcmatrix/xcmatrix/results/retry"
)

// Directory is the state directory of a hub: the register below, and what the engine stores.
type Directory struct{ path string }

// Files of a Directory.
const (
	registerFile = "hub.json"
	lockFile     = "lock"  // held by the hub that runs
	changeFile   = "edit"  // held by whoever changes the register
	storeDir     = "store" // of the engine
)

// register is who may connect to a hub, and the hub's own secrets.
type register struct {
	V         int                `json:"v"`
	Address   string             `json:"address"` // host:port that credentials name
	Authority authority          `json:"authority"`
	Seed      string             `json:"seed"` // of the hub's own connection
	Members   map[string]*member `json:"members"`
}

// member is a machine or a coordinator that may connect.
type member struct {
	Role     string    `json:"role"`
	User     string    `json:"user"` // public NKEY
	Labels   []string  `json:"labels,omitempty"`
	Key      string    `json:"key,omitempty"` // of the machine, as PEM; "" before its first report
	Enrolled time.Time `json:"enrolled"`
	Revoked  bool      `json:"revoked,omitempty"`
	Reserved string    `json:"reserved,omitempty"`
}

// maxRegister is the largest register in bytes: some thousand machines take a few megabytes.
const maxRegister = 64 << 20

// OpenDirectory returns the state directory of a hub, and makes it where there is none. address is host:port under which machines
// reach the hub; "" for that of an earlier time.
func OpenDirectory(path, address string) (Directory, error) {
	d := Directory{path}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return d, err
	}
	_, err := d.change(func(r *register) error {
		if r.Authority.Certificate == "" {
			if entries, err := os.ReadDir(path); err != nil || slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() != changeFile }) {
				return errors.Join(err, record.Wrongf(path, "it is not empty, and not the directory of a hub: name another one with --dir", "目录非空且不是中心的目录：请用 --dir 指定其他目录"))
			}
			seed, err := newSeed()
			if err != nil {
				return err
			}
			own, err := newAuthority()
			if err != nil {
				return err
			}
			*r = register{V: fleet.Version, Authority: own, Seed: seed, Members: map[string]*member{}}
		}
		if address != "" {
			r.Address = address
		}
		return nil
	})
	return d, err
}

// ExistingDirectory returns the state directory of a hub. It returns a *record.Problem if there is none.
func ExistingDirectory(path string) (Directory, error) {
	d := Directory{path}
	_, err := d.read()
	if errors.Is(err, fs.ErrNotExist) {
		return d, record.Wrongf(path, "there is no hub here: `xcmatrix hub start --dir %s` makes one", "此处没有中心：可用 `xcmatrix hub start --dir %s` 创建", path)
	}
	return d, err
}

func newSeed() (string, error) {
	pair, err := nkeys.CreateUser()
	if err != nil {
		return "", err
	}
	seed, err := pair.Seed()
	return string(seed), err
}

// public returns the public NKEY of a seed.
func public(seed string) (string, error) {
	pair, err := nkeys.FromSeed([]byte(seed))
	if err != nil {
		return "", err
	}
	return pair.PublicKey()
}

// read returns the register.
func (d Directory) read() (*register, error) {
	path := filepath.Join(d.path, registerFile)
	raw, err := regular.ReadNamed(path, maxRegister)
	if err != nil {
		return nil, err
	}
	var r register
	if err := json.Unmarshal(raw, &r); err != nil || r.Authority.Certificate == "" || r.Members == nil {
		return nil, record.Wrongf(path, "it is not the register of a hub: restore it from a copy", "不是中心的登记文件：请从备份恢复")
	}
	if r.V > fleet.Version {
		return nil, record.Wrongf(path, "a newer hub (version %d, this one knows %d) has written it: bring this program up to date", "由较新版本的中心写入（版本 %d，本程序为 %d）：请升级本程序", r.V, fleet.Version)
	}
	return &r, nil
}

// change applies f to the register, and writes it if f returns nil. One process does so at a time.
func (d Directory) change(f func(*register) error) (*register, error) {
	held, err := os.OpenFile(filepath.Join(d.path, changeFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	defer held.Close()
	if err := retry.Lock(held.Fd(), syscall.LOCK_EX); err != nil {
		return nil, err
	}
	r, err := d.read()
	if errors.Is(err, fs.ErrNotExist) {
		r, err = &register{}, nil
	}
	if err != nil {
		return nil, err
	}
	if err := f(r); err != nil {
		return nil, err
	}
	raw, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return nil, err
	}
	tmp := filepath.Join(d.path, "."+registerFile)
	file, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	_, err = file.Write(raw)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return nil, err
	}
	return r, os.Rename(tmp, filepath.Join(d.path, registerFile))
}

// Enrol adds a machine or a coordinator, and returns its credential. It returns a *record.Problem if the name is taken or wrong, or
// the hub has no address yet.
func (d Directory) Enrol(name, role string, labels []string) (fleet.Credential, error) {
	if !fleet.ValidName(name) {
		return fleet.Credential{}, record.Wrongf(name, "it cannot be a name: letters, digits, _ and -, at most 64", "不能作为名称：只能含字母、数字、_ 与 -，最多 64 个")
	}
	if i := slices.IndexFunc(labels, func(label string) bool { return !fleet.ValidName(label) }); i >= 0 {
		return fleet.Credential{}, record.Wrongf("--label", "%.80q cannot be a label: letters, digits, _ and -, at most 64", "%.80q 不能作为标签：只能含字母、数字、_ 与 -，最多 64 个", labels[i])
	}
	seed, err := newSeed()
	if err != nil {
		return fleet.Credential{}, err
	}
	user, err := public(seed)
	if err != nil {
		return fleet.Credential{}, err
	}
	r, err := d.change(func(r *register) error {
		if m := r.Members[name]; m != nil && !m.Revoked {
			return record.Wrongf(name, "there is a %s of this name: revoke it first, or choose another name", "已有同名的 %s：请先撤销，或另选名称", m.Role)
		}
		if r.Address == "" {
			return record.Wrongf("--address", "the hub has no address yet: start it once with --address HOST:PORT", "中心尚无地址：请先用 --address 主机:端口 启动一次")
		}
		r.Members[name] = &member{Role: role, User: user, Labels: labels, Enrolled: time.Now().UTC()}
		return nil
	})
	if err != nil {
		return fleet.Credential{}, err
	}
	return fleet.Credential{V: fleet.Version, Hub: r.Address, Role: role, Name: name, CA: r.Authority.Certificate, Seed: seed}, nil
}

// Revoke ends what a machine or a coordinator may do. Its name and key stay, for what it has signed. A hub that runs sees it within
// a second.
func (d Directory) Revoke(name string) error {
	return d.edit(name, func(m *member) { m.Revoked = true })
}

// Reserve has a machine take no jobs, for a reason; "" ends that.
func (d Directory) Reserve(name, reason string) error {
	return d.edit(name, func(m *member) { m.Reserved = reason })
}

func (d Directory) edit(name string, f func(*member)) error {
	_, err := d.change(func(r *register) error {
		m := r.Members[name]
		if m == nil {
			return record.Wrongf(name, "nobody of this name is enrolled: %s", "没有以此名称登记者：已有 %s", strings.Join(slices.Sorted(maps.Keys(r.Members)), ", "))
		}
		f(m)
		return nil
	})
	return err
}

// Members returns whoever is enrolled, with what the register has of each.
func (d Directory) Members() ([]fleet.Machine, error) {
	r, err := d.read()
	if err != nil {
		return nil, err
	}
	return r.machines(), nil
}

// machines returns the machines of the register, by name.
func (r *register) machines() []fleet.Machine {
	var all []fleet.Machine
	for _, name := range slices.Sorted(maps.Keys(r.Members)) {
		if m := r.Members[name]; m.Role == fleet.AgentRole {
			all = append(all, fleet.Machine{ID: name, Labels: m.Labels, Key: m.Key, Revoked: m.Revoked, Reserved: m.Reserved})
		}
	}
	return all
}
