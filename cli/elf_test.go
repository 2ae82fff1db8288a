package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Exit statuses and sentences of `elf`, in both languages.
func TestELF(t *testing.T) {
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	raw, err := os.ReadFile(own)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	executableStack := append([]byte(nil), raw...)
	executableStack[18] = 0xb7 // the machine of arm64, in a file of amd64 or loong64; and the other way round
	if raw[18] == 0xb7 {
		executableStack[18] = 0x3e
	}
	for _, c := range []struct {
		name, path string
		code       int
		en, zh     string
	}{
		{"own file", own, exitPass, "✓ in order", "✓ 正常"},
		{"another machine's header", write("machine", executableStack), exitFound, "✗ Go built it for ", "✗ Go 构建目标为 "},
		{"text", write("text", []byte("#!/bin/sh\n")), exitUsage, "no ELF file", "不是 ELF 文件"},
		{"half", write("half", raw[:len(raw)/2]), exitUsage, "truncated", "文件不完整"},
		{"a directory", dir, exitUsage, "a directory", "目录"},
		{"nothing", filepath.Join(dir, "absent"), exitUsage, "no such file", "无法读取"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for lang, want := range map[string]string{"en": c.en, "zh": c.zh} {
				s := call("elf", c.path, "--lang", lang)
				if s.code != c.code || !strings.Contains(s.out+s.err, want) || c.code == exitUsage && strings.Count(s.out+s.err, "\n") != 1 {
					t.Errorf("exit status %d: %s%s", s.code, s.out, s.err)
				}
			}
		})
	}
	s := call("elf", own, filepath.Join(dir, "text"), "--json")
	var files []elfFile
	if err := json.Unmarshal([]byte(s.out), &files); err != nil || s.code != exitUsage || len(files) != 2 || files[0].Facts == nil || files[0].Go == nil || files[1].Error == "" {
		t.Errorf("exit status %d, %v: %.500s%s", s.code, err, s.out, s.err)
	}
	if s := call("elf"); s.code != exitUsage || !strings.Contains(s.err, "xcmatrix elf FILE") {
		t.Errorf("without a file: %+v", s)
	}
}
