//go:build linux && loong64

package oldworld

import (
	"encoding/binary"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Requests of ptrace(2) for which x/sys has no constants on loong64.
const (
	ptraceTraceme    = 0
	ptraceCont       = 7
	ptraceSyscall    = 24
	ptraceSetOptions = 0x4200
	ptraceGetEvent   = 0x4201
	ptraceGetSiginfo = 0x4202
	ptraceGetRegset  = 0x4204
	ptraceSetRegset  = 0x4205
	ptraceGetSigmask = 0x420a
	ptraceSetSigmask = 0x420b
)

// Register sets (include/uapi/linux/elf.h).
const (
	setGeneral = 1     // NT_PRSTATUS
	setFloat   = 2     // NT_PRFPREG
	setLASX    = 0xa03 // NT_LOONGARCH_LASX
)

// registers is struct user_pt_regs of the new world.
type registers struct {
	r      [32]uint64
	origA0 uint64
	pc     uint64 // csr_era
	badv   uint64
	_      [10]uint64
}

// floats is struct user_fp_state.
type floats struct {
	r    [32]uint64
	fcc  uint64
	fcsr uint32
	_    uint32
}

// vectors are the LASX registers, four words each.
type vectors [128]uint64

func ptrace(request, tid int, addr, data uintptr) error {
	if _, _, e := syscall.RawSyscall6(syscall.SYS_PTRACE, uintptr(request), uintptr(tid), addr, data, 0, 0); e != 0 {
		return e
	}
	return nil
}

// regset reads or writes a whole register set. It returns EINVAL if the kernel's register set has another size.
func regset[T any](request, tid int, kind uintptr, set *T) error {
	size := uint64(unsafe.Sizeof(*set))
	part := syscall.Iovec{Base: (*byte)(unsafe.Pointer(set)), Len: size}
	if err := ptrace(request, tid, kind, uintptr(unsafe.Pointer(&part))); err != nil {
		return err
	}
	if part.Len != size {
		return unix.EINVAL
	}
	return nil
}

func getRegisters(tid int) (r registers, err error) {
	return r, regset(ptraceGetRegset, tid, setGeneral, &r)
}

func setRegisters(tid int, r *registers) error {
	return regset(ptraceSetRegset, tid, setGeneral, r)
}

// signalMask returns the thread's mask of signals 1 to 64; setSignalMask sets it.
func signalMask(tid int) (mask uint64, err error) {
	return mask, ptrace(ptraceGetSigmask, tid, 8, uintptr(unsafe.Pointer(&mask)))
}

func setSignalMask(tid int, mask uint64) error {
	return ptrace(ptraceSetSigmask, tid, 8, uintptr(unsafe.Pointer(&mask)))
}

// readMemory fills b from an address of the program. It returns EFAULT if a part is not mapped.
func readMemory(tid int, address uint64, b []byte) error {
	local := []unix.Iovec{{Base: &b[0], Len: uint64(len(b))}}
	n, err := unix.ProcessVMReadv(tid, local, []unix.RemoteIovec{{Base: uintptr(address), Len: len(b)}}, 0)
	if err == nil && n != len(b) {
		err = unix.EFAULT
	}
	return err
}

// writeMemory writes b to an address of the program. It returns EFAULT if a part cannot be written.
func writeMemory(tid int, address uint64, b []byte) error {
	local := []unix.Iovec{{Base: &b[0], Len: uint64(len(b))}}
	n, err := unix.ProcessVMWritev(tid, local, []unix.RemoteIovec{{Base: uintptr(address), Len: len(b)}}, 0)
	if err == nil && n != len(b) {
		err = unix.EFAULT
	}
	return err
}

func readWord(tid int, address uint64) (uint64, error) {
	var b [8]byte
	err := readMemory(tid, address, b[:])
	return binary.LittleEndian.Uint64(b[:]), err
}

func writeWord(tid int, address, word uint64) error {
	return writeMemory(tid, address, binary.LittleEndian.AppendUint64(nil, word))
}

// readStruct and writeStruct copy a value of fixed layout.
func readStruct[T any](tid int, address uint64, to *T) error {
	return readMemory(tid, address, unsafe.Slice((*byte)(unsafe.Pointer(to)), unsafe.Sizeof(*to)))
}

func writeStruct[T any](tid int, address uint64, from *T) error {
	return writeMemory(tid, address, unsafe.Slice((*byte)(unsafe.Pointer(from)), unsafe.Sizeof(*from)))
}
