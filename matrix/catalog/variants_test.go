package catalog

import (
	"fmt"
	"strings"
	"testing"
)

// variants are other ways in which vendors' kernels, firmware and systems spell a name.
func variants(name string) []string {
	all := []string{strings.ToUpper(name), strings.ToLower(name), "  " + name + "  ", strings.ReplaceAll(name, " ", "  "),
		strings.ReplaceAll(name, " ", "\t"), strings.ReplaceAll(name, " ", "\u00a0"), strings.ReplaceAll(name, " ", "\u3000"),
		strings.ReplaceAll(name, ",", " "), strings.ReplaceAll(name, ",", ", "), strings.ReplaceAll(name, "-", ""),
		strings.ReplaceAll(name, "-", " "), strings.ReplaceAll(name, "-", "_"), strings.ReplaceAll(name, " (", "("),
		strings.ReplaceAll(strings.ReplaceAll(name, "(", "( "), ")", " )"), strings.ReplaceAll(strings.ReplaceAll(name, "(", "（"), ")", "）"),
		strings.ReplaceAll(strings.ReplaceAll(name, " (", "（"), ")", "）"), strings.Map(wide, name)}
	for _, vendor := range []string{"Phytium", "Hygon", "ZHAOXIN", "Loongson"} {
		all = append(all, strings.Replace(name, vendor, vendor+"(R)", 1), strings.Replace(name, vendor, vendor+"®", 1))
	}
	return all
}

func wide(r rune) rune {
	if '!' <= r && r <= '~' {
		return r - '!' + 0xff01
	}
	return r
}

// Each chip and system is recognised under each way to spell what it is recognised by.
func TestSpellings(t *testing.T) {
	spelled := 0
	respelled := func(text, key string, try func(string)) {
		fields := Fields(text)
		value, ok := fields[key]
		if !ok {
			return
		}
		for _, v := range variants(value) {
			if v == value {
				continue
			}
			spelled++
			try(fmt.Sprintf("%s : %s\n%s", key, v, text))
		}
	}
	for _, s := range samples(t, "cpuinfo") {
		want, _ := FindChip(s.expect["chip"])
		if want.Kind != Real {
			continue
		}
		respelled(s.text, "model name", func(text string) {
			if got, _ := RecogniseChip(text, want.GOARCH); got.ID != want.ID {
				t.Errorf("%s as %q: %s", want.ID, Fields(text)["model name"], got.ID)
			}
		})
	}
	for _, s := range samples(t, "os-release") {
		for _, key := range []string{"id", "version", "version_id", "project_codename", "pretty_name", "name"} {
			respelled(s.text, key, func(text string) {
				if got, ok := RecogniseSystem(text, s.expect["kernel"], "amd64"); got.ID != s.expect["system"] && (ok || s.expect["system"] != "none") {
					t.Errorf("%s, %s as %q: %q", s.expect["system"], key, Fields(text)[key], got.ID)
				}
			})
		}
	}
	if spelled < 400 {
		t.Errorf("%d spellings were tried", spelled)
	}
}

// Names that Kylin's kernels and the firmware of machines give, all of them by Phytium's and Huawei's own lists.
func TestNamesOfKernels(t *testing.T) {
	identity := map[string]string{
		"663": "CPU implementer : 0x70\nCPU architecture: 8\nCPU part : 0x663\n", "862": "CPU implementer : 0x70\nCPU architecture: 8\nCPU part : 0x862\n",
		"662": "CPU implementer : 0x70\nCPU architecture: 8\nCPU part : 0x662\n", "664": "CPU implementer : 0x70\nCPU architecture: 8\nCPU part : 0x664\n",
		"d01": "CPU implementer : 0x48\nCPU architecture: 8\nCPU part : 0xd01\n", "d02": "CPU implementer : 0x48\nCPU architecture: 8\nCPU part : 0xd02\n",
	}
	for _, c := range []struct{ part, want, names string }{
		{"663", "phytium-ft2000-4", "Phytium,FT-2000/4-X|Phytium,FT-2000/4|Phytium,FT-2000/4-S|Phytium,FT-2000/4-I|Phytium,FT-2000/4-SI|Phytium,FT-2000/4-2|" +
			"Phytium,FT-2000/4-I2|Phytium,FT-2000/4-M|Phytium,FT-2000/4-EN|Phytium,FT-2000/4-BC|Phytium,FT-2000/4-ULP4C|FT-2000/4|FT2000/4|Phytium FT-2000/4 C00"},
		{"663", "phytium-s2500", "Phytium,S2500/64|Phytium,S2500/64 C00|Phytium,S2500/56 I00|Phytium,S2500/48 C00|S2500|FT-S2500/64"},
		{"663", "phytium-d2000", "Phytium,D2000/8|Phytium,D2000/8 B8C|Phytium,D2000/8 ULP8C|Phytium,D2000/4 S4I|Phytium,D2000/8 EN8I|D2000/8 E8C"},
		{"862", "phytium-s5000c", "Phytium,S5000|Phytium,S5000C|Phytium,S5000C/64|S5000C/64 E64|Phytium S5000C-64|FT-S5000C"},
		{"862", "phytium-d3000", "Phytium,FT-D3000|Phytium,D3000|D3000/8|Phytium,D3000M/8|D3000M"},
		{"662", "phytium-ft2000plus", "Phytium,FT-2000+/64|ARMv8 Processor rev 2 (v8l)"},
		{"664", "phytium-e2000", "Phytium,FT-E2000|Phytium,FT-E2000/Big|Phytium,E2000Q"},
		{"d01", "kunpeng-920", "HUAWEI,Kunpeng 920|HUAWEI Kunpeng 920 5250|Kunpeng-920|HUAWEI,Kunpeng 920 7260"},
		{"d02", "generic-arm64", "Kunpeng-920|HUAWEI Kunpeng 920 7270Z"},
		{"663", "generic-arm64", "Phytium,FT-2000/64|Phytium,FT-2500|Phytium,D20000|Phytium,S25000|FTC663|ARMv8 Processor rev 3 (aarch64)"},
		{"862", "generic-arm64", "Phytium,S5000X|Phytium,S50000|Phytium,D30000|Phytium,S6000C"},
	} {
		for name := range strings.SplitSeq(c.names, "|") {
			if got, _ := RecogniseChip(identity[c.part]+"model name : "+name+"\n", "arm64"); got.ID != c.want {
				t.Errorf("%s with part %s: %s, is %s", name, c.part, got.ID, c.want)
			}
		}
	}
}

func TestNamesOfAMD64(t *testing.T) {
	hygon, zhaoxin := "vendor_id : HygonGenuine\ncpu family : 24\nflags : lm\n", "vendor_id : CentaurHauls\ncpu family : 7\nflags : lm\n"
	for _, c := range []struct{ text, want, names string }{
		{hygon, "hygon-c86-1g", "Hygon C86 7185 32-core Processor|Hygon C86 3185|HYGON C86 5180"},
		{hygon, "hygon-c86-2g", "Hygon C86 7285 32-core Processor|Hygon C86 7285H|Hygon C86 3250|Hygon C86-2G"},
		{hygon, "hygon-c86-3g", "Hygon C86 7390|Hygon C86-3G (OPN:7380)|Hygon C86 7375"},
		{hygon, "hygon-c86-4g", "Hygon C86-4G (OPN:7490)|Hygon C86-4G 3450M|Hygon C86-4G|Hygon C86 7490"},
		{hygon, "generic-x86-64", "Hygon C86 7990|Hygon C86-5G|Hygon C86 71850"},
		{zhaoxin, "zhaoxin-kx-6000", "ZHAOXIN KaiXian KX-U6780A@2.7GHz|ZHAOXIN KaiXian KX-6640MA@2.2+GHz|ZHAOXIN KaiXian KX-U6880A"},
		{zhaoxin, "zhaoxin-kx-7000", "ZHAOXIN KaiXian KX-7000/8@3.0GHz|ZHAOXIN KaiXian KX-7000"},
		{zhaoxin, "zhaoxin-kh-40000", "ZHAOXIN KaiSheng KH-40000/16@2.2GHz|ZHAOXIN KaiSheng KH-40000"},
		{zhaoxin, "generic-x86-64", "ZHAOXIN KaiSheng KH-37800D@2.7GHz|ZHAOXIN KaiXian KX-5640@2.0GHz"},
	} {
		for name := range strings.SplitSeq(c.names, "|") {
			if got, _ := RecogniseChip(c.text+"model name : "+name+"\n", "amd64"); got.ID != c.want {
				t.Errorf("%s: %s, is %s", name, got.ID, c.want)
			}
		}
	}
}
