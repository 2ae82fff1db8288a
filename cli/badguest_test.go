package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What is wrong with a virtual machine is said in one sentence, with the place where it stands.
func TestBadGuests(t *testing.T) {
	arm := make([]byte, 100)
	copy(arm[56:], "ARMd")
	for name, c := range map[string]struct {
		kernel      []byte
		more        string // of the vm block
		inKernel    bool   // the place is the kernel, not the matrix
		line        string
		wanted, zhs string
	}{
		"kernel of another architecture": {kernel: arm, inKernel: true, wanted: "the kernel is for arm64, the target is loong64", zhs: "内核适用于 arm64"},
		"no kernel that QEMU loads":      {kernel: []byte("#!/bin/sh"), inKernel: true, wanted: "no kernel image that QEMU loads: give the vmlinuz", zhs: "请使用 linux-image 软件包中的 vmlinuz"},
		"another digest":                 {kernel: arm, more: "      sha256: " + strings.Repeat("0", 64) + "\n", inKernel: true, wanted: "get that one, or change the pin", zhs: "请换成该内核或修改固定值"},
		"no such kernel":                 {inKernel: true, wanted: "the kernel cannot be read", zhs: "无法读取内核"},
		"too little memory":              {kernel: arm, more: "      memory: 100\n", line: ":10", wanted: "100 MiB are too few for a virtual machine: give it 512 or more", zhs: "请至少给 512"},
		"a firmware that is none":        {kernel: arm, more: "      firmware: bios\n", line: ":10", wanted: `no firmware "bios": uefi, or none`, zhs: "没有固件"},
		"a field that is none":           {kernel: arm, more: "      ram: 100\n", line: ":10", wanted: `no field "ram"`, zhs: "没有字段"},
		"a digest that is none":          {kernel: arm, more: "      sha256: abc\n", line: ":10", wanted: "64 hexadecimal digits", zhs: "64 位十六进制数"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			kernel, file := filepath.Join(dir, "vmlinuz"), filepath.Join(dir, "m.yaml")
			if c.kernel != nil {
				if err := os.WriteFile(kernel, c.kernel, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			text := "version: 1\nsuites: [abi]\ntargets:\n  - id: a\n    run: vm\n    goarch: loong64\n    cpu: la464\n    vm:\n      kernel: " + kernel + "\n" + c.more
			if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			place := file + c.line
			if c.inKernel {
				place = kernel
			}
			refused(t, place, c.wanted, c.zhs, "--matrix", file)
		})
	}
}
