package machine

import (
	"strings"
)

// firmware is the machine's description by its firmware.
type firmware struct {
	bios      string // vendor, version, date
	board     string // manufacturer and product
	processor string // the name of the processor in SMBIOS
	rootOnly  bool   // there is an SMBIOS table that only root may read
}

// readFirmware reads DMI, or the device tree on a machine without DMI.
func readFirmware(t tree) firmware {
	const (
		dmi   = "sys/class/dmi/id/"
		table = "sys/firmware/dmi/tables/DMI"
	)
	smbios := t.read(table)
	hw := firmware{
		bios:      join(t.firstLine(dmi+"bios_vendor"), t.firstLine(dmi+"bios_version"), t.firstLine(dmi+"bios_date")),
		board:     join(t.firstLine(dmi+"sys_vendor"), t.firstLine(dmi+"product_name")),
		processor: processorName(smbios),
		rootOnly:  smbios == "" && t.exists(table),
	}
	if hw.board == "" {
		// Device-tree strings end with a zero byte, which clean drops.
		hw.board = join(t.firstLine("proc/device-tree/compatible"), t.firstLine("proc/device-tree/model"))
	}
	return hw
}

// join joins words with one space between them.
func join(parts ...string) string {
	return strings.Join(strings.Fields(strings.Join(parts, " ")), " ")
}

// processorName returns the Processor Version string of the first Processor Information structure that has one, which is type 4
// of the SMBIOS table (DMTF DSP0134, 7.5); "" if there is none. A structure is a header (type, length, handle), its formatted area, then its
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
				if name := clean(all[i-1], maxField); isChipName(name) {
					return strings.ReplaceAll(name, "\n", " ")
				}
			}
		}
		table = rest[end+len(stringsEndMark):]
	}
	return ""
}

// isChipName reports whether s is the name of a chip. It is not if it is a placeholder of a board's firmware, the text that
// vendors' kernels print for any arm64 core ("ARMv8 Processor rev 1 (v8l)"), or QEMU's name of a machine ("virt-7.2").
func isChipName(s string) bool {
	lowerCase := strings.ToLower(s)
	for _, prefix := range []string{"not specified", "not available", "unknown", "to be filled", "default string", "none", "n/a", "armv8 processor", "aarch64 processor", "virt-", "pc-"} {
		if strings.HasPrefix(lowerCase, prefix) {
			return false
		}
	}
	return s != ""
}
