package build

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// BothWorlds is the value of Key.World for a loong64 file that starts on old-world and new-world LoongArch kernels.
//
// For Go's runtime the two worlds differ in the size of a signal set (16 bytes in the old world, 8 in the new one) and in the
// offset of the registers in a signal frame (loongarch Linux 4.19 arch/loongarch/include/uapi/asm/{signal,ucontext}.h against Linux
// 5.19). A program of upstream Go ends before main on an old-world kernel (golang/go#68867). Delete this file when no
// old-world system is in use.
const BothWorlds = "both"

// WorldsGo names the releases of Go to which the edits can be applied.
const WorldsGo = "Go 1.26 and 1.27"

// edit replaces a text that occurs exactly once in a file.
type edit struct{ old, new string }

// sourceEdits are the edits of one file below GOROOT/src.
type sourceEdits struct {
	file  string
	edits []edit
}

var worldsEdits = []sourceEdits{
	{"runtime/os_linux_generic.go", []edit{
		{"type sigset [2]uint32\n", "type sigset [4]uint32\n"},
		{"sigset{^uint32(0), ^uint32(0)}", "sigset{^uint32(0), ^uint32(0), ^uint32(0), ^uint32(0)}"},
		{"func sigfillset(mask *uint64) {\n\t*mask = ^uint64(0)\n}", "func sigfillset(mask *[2]uint64) {\n\tmask[0], mask[1] = ^uint64(0), ^uint64(0)\n}"},
	}},
	{"runtime/defs_linux_loong64.go", []edit{
		{"\tsa_mask    uint64\n", "\tsa_mask    [2]uint64\n"},
	}},
	{"runtime/os_linux.go", []edit{
		{"int32(unsafe.Sizeof(*new)))\n", "int32(sigsetBytes))\n"},
		{"rt_sigaction(uintptr(sig), new, old, unsafe.Sizeof(sigactiont{}.sa_mask))", "rt_sigaction(uintptr(sig), new, old, sigsetBytes)"},
	}},
	{"runtime/signal_linux_loong64.go", []edit{
		{"return &(*ucontext)(c.ctxt).uc_mcontext", "return (*sigcontext)(add(c.ctxt, sigcontextOffset))"},
	}},
	{"runtime/os_linux_loong64.go", []edit{
		{"func archauxv(tag, val uintptr) {\n", worldsProbe + "func archauxv(tag, val uintptr) {\n\tprobeWorld()\n"},
	}},
}

// worldsProbe is the code that the edits add to the runtime. The runtime calls archauxv for each entry of the auxiliary vector,
// before it installs a signal handler.
const worldsProbe = `// Sizes and offsets of the kernel's signal interface, in bytes: those of the new world until probeWorld has run.
var (
	sigsetBytes      uintptr = 8
	sigcontextOffset uintptr = 176
	worldProbed      bool
)

// probeWorld asks the kernel for an action with a signal set of 16 bytes. An old-world kernel answers, a new-world
// kernel refuses with EINVAL; neither changes anything.
func probeWorld() {
	if worldProbed {
		return
	}
	worldProbed = true
	var action sigactiont
	if rt_sigaction(_SIGHUP, nil, &action, 16) == 0 {
		sigsetBytes, sigcontextOffset = 16, 64
	}
}

`

// worldsTagPrefix begins the build tag that marks a file for both worlds; the digest of the edits follows. The go
// command records tags in the file, and does not record -overlay.
const worldsTagPrefix = "worlds_"

// WorldsDigest returns the first 12 hexadecimal digits of the SHA-256 of the edits.
func WorldsDigest() string {
	h := sha256.New()
	for _, s := range worldsEdits {
		for _, e := range s.edits {
			fmt.Fprintf(h, "%q %q %q\n", s.file, e.old, e.new)
		}
	}
	return hex.EncodeToString(h.Sum(nil))[:12]
}

// OwnWorlds returns the digest of the edits that this program's runtime was built with; "" for Go's own runtime.
func OwnWorlds() string { return worldsOf(ownTags()) }

// worldsOf returns the digest of the edits in a list of build tags; "" if there is none.
func worldsOf(tags string) string {
	for tag := range strings.SplitSeq(tags, ",") {
		if digest, ok := strings.CutPrefix(tag, worldsTagPrefix); ok {
			return digest
		}
	}
	return ""
}

// withoutWorlds returns a list of build tags without the tag with the digest of the edits, and without the tag of payloads.
func withoutWorlds(tags string) string {
	var kept []string
	for tag := range strings.SplitSeq(tags, ",") {
		if tag != "" && tag != payloadTag && !strings.HasPrefix(tag, worldsTagPrefix) {
			kept = append(kept, tag)
		}
	}
	return strings.Join(kept, ",")
}

// editedGo is a go command that builds programs for both worlds.
type editedGo struct {
	command string   // its path
	env     []string // the environment that it runs in
	overlay string   // path of the file for -overlay
}

// worldsGo applies the edits to copies, below cache, of files of the Go installation that the go command uses in dir. It returns a
// *record.Missing if a text to be replaced does not occur exactly once.
func worldsGo(ctx context.Context, dir string, env []string, cache string) (editedGo, error) {
	cmd := exec.CommandContext(ctx, "go", "env", "-json", "GOROOT", "GOMODCACHE")
	cmd.Dir, cmd.Env = dir, env
	out, err := cmd.Output()
	if err != nil {
		return editedGo{}, fmt.Errorf("go env: %w", err)
	}
	var at struct{ GOROOT, GOMODCACHE string }
	if err := json.Unmarshal(out, &at); err != nil {
		return editedGo{}, fmt.Errorf("go env: %w", err)
	}
	g := editedGo{command: "go", env: env}
	if strings.HasPrefix(at.GOROOT, at.GOMODCACHE+string(filepath.Separator)) {
		if g, err = linkOutsideCache(cache, at.GOROOT, env); err != nil {
			return g, err
		}
		at.GOROOT = filepath.Dir(filepath.Dir(g.command))
	}
	g.overlay, err = writeOverlay(cache, at.GOROOT)
	return g, err
}

// linkOutsideCache returns a go command for a Go installation in the module cache, by a symbolic link outside of it: -overlay does not
// replace files in the module cache.
func linkOutsideCache(cache, goroot string, env []string) (editedGo, error) {
	link := filepath.Join(cache, "goroot-"+shortHash(goroot))
	if have, err := os.Readlink(link); err != nil || have != goroot {
		if err := errors.Join(os.MkdirAll(cache, 0o755), os.RemoveAll(link), os.Symlink(goroot, link)); err != nil {
			return editedGo{}, err
		}
	}
	return editedGo{command: filepath.Join(link, "bin", "go"), env: append(slices.Clone(env), "GOROOT="+link, "GOTOOLCHAIN=local")}, nil
}

// writeOverlay writes the edited files of a Go installation, and the file for -overlay, below dir. It returns the path of that
// file.
func writeOverlay(dir, goroot string) (string, error) {
	edited, err := editedSources(goroot)
	if err != nil {
		return "", err
	}
	dir = filepath.Join(dir, shortHash(goroot+"\n"+strings.Join(edited, "\n")))
	replace := map[string]string{}
	for i, s := range worldsEdits {
		to := filepath.Join(dir, filepath.FromSlash(s.file))
		replace[filepath.Join(goroot, "src", filepath.FromSlash(s.file))] = to
		if err := writeAtomic(to, []byte(edited[i])); err != nil {
			return "", err
		}
	}
	list, err := json.MarshalIndent(map[string]any{"Replace": replace}, "", "\t")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "overlay.json")
	return path, writeAtomic(path, list)
}

// editedSources returns the edited text of each file of worldsEdits. It returns a *record.Missing if the edits do not fit.
func editedSources(goroot string) ([]string, error) {
	var edited []string
	for _, s := range worldsEdits {
		path := filepath.Join(goroot, "src", filepath.FromSlash(s.file))
		raw, err := os.ReadFile(path)
		if err != nil {
			return nil, unsupportedGo(record.Sayf("%s cannot be read: %v", "无法读取 %s：%v", path, err))
		}
		text := string(raw)
		for _, e := range s.edits {
			if n := strings.Count(text, e.old); n != 1 {
				return nil, unsupportedGo(record.Sayf("%s has the text %q %d times, not once", "%s 中文本 %q 出现 %d 次，应为一次", path, e.old, n))
			}
			text = strings.Replace(text, e.old, e.new, 1)
		}
		edited = append(edited, text)
	}
	return edited, nil
}

// unsupportedGo returns a *record.Missing for a Go installation to which the edits cannot be applied.
func unsupportedGo(reason record.Sentence) *record.Missing {
	return &record.Missing{
		Reason: record.Sayf("this Go cannot build a loong64 file for both ABI worlds: %s", "此 Go 无法构建同时适用于新旧两个 ABI 世界的 loong64 文件：%s", reason),
		Remedy: record.Sayf("use an unchanged upstream %s", "请使用未修改的上游 %s", WorldsGo),
	}
}

// writeAtomic writes a file so that other builds see all of it or nothing. It does not touch a file that has the text already,
// because the go command would compile again after a change of the modification time.
func writeAtomic(path string, text []byte) error {
	if have, err := os.ReadFile(path); err == nil && string(have) == string(text) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(text)
	if err = errors.Join(err, f.Chmod(0o644), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
