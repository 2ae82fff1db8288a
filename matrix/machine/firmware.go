package machine

import (
	"strings"
)

// firmware is what the firmware says of the machine.
type firmware struct {
	bios      string // vendor, version, date
	board     string // maker and product
	processor string // SMBIOS' name of the processor
	closed    bool   // there is an SMBIOS table, and root alone may read it
}

// readFirmware reads DMI, or the device tree of a machine without it.
func readFirmware(t tree) firmware {
	const (
		dmi   = "sys/class/dmi/id/"
		table = "sys/firmware/dmi/tables/DMI"
	)
	smbios := t.read(table)
	hw := firmware{
		bios:      join(t.line(dmi+"bios_vendor"), t.line(dmi+"bios_version"), t.line(dmi+"bios_date")),
		board:     join(t.line(dmi+"sys_vendor"), t.line(dmi+"product_name")),
		processor: processorName(smbios),
		closed:    smbios == "" && t.has(table),
	}
	if hw.board == "" {
		// Device-tree strings end with a zero byte, which clean drops.
		hw.board = join(t.line("proc/device-tree/compatible"), t.line("proc/device-tree/model"))
	}
	return hw
}

func join(parts ...string) string {
	return strings.Join(strings.Fields(strings.Join(parts, " ")), " ")
}

// processorName is the Processor Version string of the first Processor Information structure that has one: type 4 of
// the SMBIOS table (DMTF DSP0134, 7.5). A structure is a header (type, length, handle), its formatted area, then its
// strings, numbered from 1, each ended by a zero byte and the last by two.
func processorName(table string) string {
	const (
		typeProcessor  = 4
		versionAt      = 0x10
		headerBytes    = 4
		maxStructures  = 4096
		stringsEndMark = "\x00\x00"
	)
	for range maxStructures {
		if len(table) < headerBytes || int(table[1]) < headerBytes || int(table[1]) > len(table) {
			return ""
		}
		kind, formatted, rest := table[0], table[:table[1]], table[table[1]:]
		end := strings.Index(rest, stringsEndMark)
		if end < 0 {
			return ""
		}
		if kind == typeProcessor && len(formatted) > versionAt {
			all := strings.Split(rest[:end], "\x00")
			if i := int(formatted[versionAt]); i > 0 && i <= len(all) {
				if name := clean(all[i-1], maxField); named(name) {
					return strings.ReplaceAll(name, "\n", " ")
				}
			}
		}
		table = rest[end+len(stringsEndMark):]
	}
	return ""
}

// named tells a chip's name from what boards put where there is none, from what vendors' kernels print for any arm64 core
// ("ARMv8 Processor rev 1 (v8l)"), and from QEMU's name of a machine ("virt-7.2").
func named(s string) bool {
	lower := strings.ToLower(s)
	for _, none := range []string{"not specified", "not available", "unknown", "to be filled", "default string", "none", "n/a", "armv8 processor", "aarch64 processor", "virt-", "pc-"} {
		if strings.HasPrefix(lower, none) {
			return false
		}
	}
	return s != ""
}
