package exits

import (
	"os"
	"syscall"
	"testing"
)

func TestBefore(t *testing.T) {}

func TestExit(t *testing.T) { os.Exit(0) }

func TestSilent(t *testing.T) { syscall.Exit(0) }

func TestAfter(t *testing.T) {}
