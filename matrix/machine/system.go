package machine

import (
	"bytes"
	"debug/elf"
	"strings"

	"github.com/xcmatrix/xcmatrix/matrix/catalog"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// readSystem returns the operating system by os-release(5): /etc/os-release, or /usr/lib/os-release if there is none.
func readSystem(t tree, kernel, goarch string) (catalog.System, record.OSRelease) {
	text := t.read("etc/os-release")
	if text == "" {
		text = t.read("usr/lib/os-release")
	}
	system, _ := catalog.RecogniseSystem(text, kernel, goarch)
	fields := catalog.Fields(text)
	return system, record.OSRelease{
		ID:         clean(fields["id"], maxField),
		VersionID:  clean(fields["version_id"], maxField),
		PrettyName: clean(fields["pretty_name"], maxField),
	}
}

// triplets are the multiarch directories of the architectures.
var triplets = map[string]string{"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu", "loong64": "loongarch64-linux-gnu"}

// muslNames are the architectures as musl's dynamic linker spells them.
var muslNames = map[string]string{"amd64": "x86_64", "arm64": "aarch64", "loong64": "loongarch64"}

// libc returns the C library of the system and its version, such as "glibc 2.28", from the library's file; "" if there is none
// for this architecture, as on the host of an emulator.
func libc(t tree, goarch string) string {
	triplet, known := triplets[goarch]
	if !known {
		return ""
	}
	for _, dir := range []string{"lib/" + triplet, "usr/lib/" + triplet, "lib64", "usr/lib64"} {
		if version := glibc(t, dir+"/libc.so.6", goarch); version != "" {
			return "glibc " + version
		}
	}
	if t.exists("lib/ld-musl-" + muslNames[goarch] + ".so.1") {
		return "musl"
	}
	return ""
}

// elfMachines are the ELF machine numbers, by GOARCH.
var elfMachines = map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64, "loong64": elf.EM_LOONGARCH}

// glibc returns the version in the banner "… stable release version 2.36." of a libc.so.6; "" if the file is of another
// architecture or has no banner.
func glibc(t tree, name, goarch string) string {
	const maxSection = 4 << 20
	lib, closeFile := t.elf(name, elfMachines[goarch])
	if lib == nil {
		return ""
	}
	defer closeFile()
	section := lib.Section(".rodata")
	if section == nil || section.Size > maxSection {
		return ""
	}
	constants, err := section.Data()
	if err != nil {
		return ""
	}
	_, after, ok := bytes.Cut(constants, []byte(" release version "))
	if !ok {
		return ""
	}
	version := after[:len(after)-len(bytes.TrimLeft(after, "0123456789."))]
	return strings.TrimSuffix(clean(string(version), maxField), ".")
}
