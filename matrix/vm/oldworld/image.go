//go:build linux && loong64

package oldworld

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// sigreturnCode is the machine code of rt_sigreturn in the vDSO of both worlds: `li.w $a7, 139; syscall 0`.
var sigreturnCode = []byte{0x0b, 0x2c, 0x82, 0x03, 0x00, 0x00, 0x2b, 0x00}

// prepareImage prepares a process after exec: it stores the address of rt_sigreturn in the vDSO, and hides the vDSO from the
// program. It returns an error if there is no vDSO or no rt_sigreturn in it.
func (th *thread) prepareImage() error {
	low, high, err := mapping(th.tid, "[vdso]")
	if err != nil {
		return err
	}
	image := make([]byte, high-low)
	if err := readMemory(th.tid, low, image); err != nil {
		return fmt.Errorf("vDSO: %w", err)
	}
	i := bytes.Index(image, sigreturnCode)
	if i < 0 {
		return fmt.Errorf("the vDSO has no rt_sigreturn")
	}
	*th.ret = low + uint64(i)
	return th.hideVDSO()
}

// mapping returns the address range of a named mapping of a process.
func mapping(pid int, name string) (low, high uint64, err error) {
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		return 0, 0, err
	}
	for line := range strings.SplitSeq(string(maps), "\n") {
		if !strings.HasSuffix(line, name) {
			continue
		}
		from, to, _ := strings.Cut(strings.Fields(line)[0], "-")
		low, errLow := strconv.ParseUint(from, 16, 64)
		high, errHigh := strconv.ParseUint(to, 16, 64)
		if errLow == nil && errHigh == nil && low < high && high-low < 1<<20 {
			return low, high, nil
		}
	}
	return 0, 0, fmt.Errorf("no mapping %s", name)
}

// hideVDSO replaces AT_SYSINFO_EHDR in the auxiliary vector by AT_IGNORE. The stack holds, at the
// program's start, the number of arguments, the arguments, nil, the environment, nil, and the vector.
func (th *thread) hideVDSO() error {
	const ignore, vdso = 1, 33 // AT_IGNORE, AT_SYSINFO_EHDR
	r, err := getRegisters(th.tid)
	if err != nil {
		return err
	}
	at := r.r[3]
	arguments, err := readWord(th.tid, at)
	if err != nil {
		return err
	}
	at += 8 * (arguments + 2)
	for word := uint64(1); word != 0; at += 8 {
		if word, err = readWord(th.tid, at); err != nil {
			return err
		}
	}
	for ; ; at += 16 {
		kind, err := readWord(th.tid, at)
		if err != nil || kind == 0 {
			return err
		}
		if kind == vdso {
			return writeWord(th.tid, at, ignore)
		}
	}
}
