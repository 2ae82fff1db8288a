package vm

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// kernel is a kernel image that was read from this machine's disk.
type kernel struct {
	record.Kernel
	image   []byte
	modules string // the directory of its modules; "" if it has none
}

// findKernel reads the kernel of a guest: a series of scripts/kernel in the cache, or a path. It returns a *record.Missing if
// a series is absent, and a *record.Problem if the file is no kernel or not the one that the matrix pins.
func findKernel(cache string, g record.Guest) (*kernel, error) {
	path := g.Kernel
	series := !strings.ContainsRune(path, filepath.Separator)
	if series {
		path = filepath.Join(cache, "kernels", path, "vmlinuz")
	}
	if info, err := os.Stat(path); err == nil && info.Size() > maxKernel {
		return nil, record.Wrongf(path, "the kernel has %d MiB, more than %d: give the vmlinuz of a linux-image package",
			"内核有 %d MiB，超过 %d：请使用 linux-image 软件包中的 vmlinuz", info.Size()>>20, maxKernel>>20)
	}
	raw, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && series:
		return nil, &record.Missing{
			Reason: record.Sayf("the kernel %s is not here", "没有内核 %s", g.Kernel),
			Remedy: seriesRemedy(g.Kernel)}
	case err != nil:
		return nil, record.Wrongf(path, "the kernel cannot be read: %v", "无法读取内核：%v", errors.Unwrap(err))
	}
	k := &kernel{Kernel: record.Kernel{SHA256: digest(raw)}}
	if g.SHA256 != "" && !strings.EqualFold(g.SHA256, k.SHA256) {
		return nil, record.Wrongf(path, "the kernel's SHA-256 is %s, the matrix pins %s: get that one, or change the pin",
			"内核的 SHA-256 是 %s，而矩阵固定为 %s：请换成该内核或修改固定值", k.SHA256, g.SHA256)
	}
	if k.image, err = unpackZboot(raw); err != nil {
		return nil, record.Wrongf(path, "%v", "%v", err)
	}
	if info, err := os.Stat(filepath.Join(filepath.Dir(path), "modules")); err == nil && info.IsDir() {
		k.modules = filepath.Join(filepath.Dir(path), "modules")
	}
	k.Kernel, err = readOrigin(filepath.Join(filepath.Dir(path), "kernel.json"), k.SHA256)
	return k, err
}

// digest returns the SHA-256 in hexadecimal digits.
func digest(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// readOrigin returns the release and the package of a file with the digest sha256, as scripts/kernel wrote them to kernel.json. Both
// are empty if there is no kernel.json. It returns a *record.Problem if kernel.json describes another file.
func readOrigin(path, sha256 string) (record.Kernel, error) {
	k := record.Kernel{SHA256: sha256}
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return k, nil
	}
	if err != nil {
		return k, err
	}
	var origin struct{ Release, Package, Version, SHA256 string }
	if err := json.Unmarshal(raw, &origin); err != nil {
		return k, record.Wrongf(path, "%v: run scripts/kernel --update", "%v：请运行 scripts/kernel --update", err)
	}
	if origin.SHA256 != sha256 {
		return k, record.Wrongf(path, "the kernel beside it is not the one it describes (%.12s…, not %.12s…): run scripts/kernel --update",
			"旁边的内核与其描述不符（%.12s…，而非 %.12s…）：请运行 scripts/kernel --update", sha256, origin.SHA256)
	}
	k.Release, k.Source = origin.Release, origin.Package+" "+origin.Version
	return k, nil
}

// arch returns the GOARCH of a kernel image; "" if it has no known header.
func (k *kernel) arch() string {
	at := func(offset int, want string) bool {
		return len(k.image) >= offset+len(want) && string(k.image[offset:offset+len(want)]) == want
	}
	switch {
	case at(0x202, "HdrS"): // Documentation/arch/x86/boot.rst
		return "amd64"
	case at(56, "ARMd"): // Documentation/arch/arm64/booting.rst
		return "arm64"
	case at(56, "\xcd\x23\x82\x81"): // Documentation/arch/loongarch/booting.rst, LINUX_PE_MAGIC
		return "loong64"
	}
	return ""
}

// checkArch returns a *record.Problem if the kernel is for another architecture.
func (k *kernel) checkArch(path, goarch string) error {
	switch got := k.arch(); got {
	case goarch:
		return nil
	case "":
		return record.Wrongf(path, "this is no kernel image that QEMU loads: give the vmlinuz of a linux-image package",
			"这不是 QEMU 能加载的内核映像：请使用 linux-image 软件包中的 vmlinuz")
	default:
		return record.Wrongf(path, "the kernel is for %s, the target is %s", "内核适用于 %s，而目标是 %s", got, goarch)
	}
}

// initramfs writes the guest's root file system: the payload as /init, the modules in their order, the random seed, and the
// directories that the agent mounts.
func (k *kernel) initramfs(out *os.File, payload string, modules []string, seed []byte) error {
	a := &archive{out: out}
	for _, dir := range []string{"dev", "proc", "sys", "run", "tmp", "root", "etc", "bin", "sbin", "usr", "var", "modules"} {
		a.dir(dir)
	}
	a.device("dev/console", 5, 1)
	a.copy("init", 0o755, payload)
	a.file("seed", 0o600, seed)
	a.file("etc/passwd", 0o644, []byte("root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n"))
	a.file("etc/group", 0o644, []byte("root:x:0:\nnogroup:x:65534:\n"))
	a.file("etc/hosts", 0o644, []byte("127.0.0.1 localhost guest\n::1 localhost\n"))
	for _, m := range modules {
		a.copy("modules/"+m+".ko", 0o644, filepath.Join(k.modules, m+".ko"))
	}
	a.file("modules/order", 0o644, []byte(strings.Join(append(modules, ""), "\n")))
	if err := a.close(); err != nil {
		return fmt.Errorf("initial file system: %w", err)
	}
	return nil
}
