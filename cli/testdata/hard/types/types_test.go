package types

import (
	"syscall"
	"testing"
)

func TestLinks(t *testing.T) {
	var stat syscall.Stat_t
	var links uint64 = stat.Nlink // 32 bits on arm64 and loong64
	_ = links
}
