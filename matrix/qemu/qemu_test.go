package qemu

import "testing"

func TestParse(t *testing.T) {
	for out, want := range map[string]struct {
		version string
		major   int
	}{
		"qemu-loongarch64 version 10.0.7 (Debian 1:10.0.7+ds-0+deb13u1)\nCopyright (c) 2003-2025 Fabrice Bellard": {"10.0.7", 10},
		"QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18+b1)":                                          {"7.2.22", 7},
		"qemu-aarch64 version 11.0.0-rc1":                                                                         {"11.0.0-rc1", 11},
		"":                                                                                                        {},
		"version none":                                                                                            {},
		"version 99999999999999999999.1":                                                                          {},
	} {
		if version, major := parse([]byte(out)); version != want.version || major != want.major {
			t.Errorf("%q: %q, %d; want %+v", out, version, major, want)
		}
	}
}
