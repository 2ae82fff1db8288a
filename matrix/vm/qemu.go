package vm

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/xcmatrix/xcmatrix/matrix/qemu"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// emulator is an installed qemu-system program.
type emulator struct {
	path    string
	version string
	env     []string // in addition to what every child gets
	args    []string // before all other arguments
}

// emulatorNames are the names of the programs, by GOARCH.
var emulatorNames = map[string]string{"amd64": "qemu-system-x86_64", "arm64": "qemu-system-aarch64", "loong64": "qemu-system-loongarch64"}

// findEmulator returns the emulator that scripts/kernel has unpacked, or one in PATH, whichever first is new enough. It returns a
// *record.Missing if there is none, and a *record.Problem for an unknown GOARCH.
func findEmulator(ctx context.Context, cache, goarch string) (emulator, error) {
	name, ok := emulatorNames[goarch]
	if !ok {
		return emulator{}, record.Wrongf("", "there are no virtual machines for GOARCH %s: amd64, arm64 or loong64",
			"没有适用于 GOARCH %s 的虚拟机：可用 amd64、arm64 或 loong64", goarch)
	}
	root := filepath.Join(cache, "tools", "qemu-system")
	unpacked := emulator{path: filepath.Join(root, "usr", "bin", name), env: []string{"LD_LIBRARY_PATH=" + libraries(root)},
		args: []string{"-L", filepath.Join(root, "usr", "share", "qemu"), "-L", filepath.Join(root, "usr", "share", "seabios")}}
	candidates := []emulator{unpacked}
	if path, err := exec.LookPath(name); err == nil {
		candidates = append(candidates, emulator{path: path})
	}
	var old string
	for _, e := range candidates {
		version, major := qemu.Version(ctx, e.path, e.env...)
		if major >= qemu.MinMajor {
			e.version = version
			return e, nil
		}
		if version != "" {
			old = version
		}
	}
	reason := record.Sayf("%s %d or newer is not installed", "未安装 %s %d 或更新版本", name, qemu.MinMajor)
	if old != "" {
		reason = record.Sayf("%s is version %s; %d or newer is needed", "%s 的版本是 %s；需要 %d 或更新版本", name, old, qemu.MinMajor)
	}
	return emulator{}, &record.Missing{Reason: reason, Remedy: record.Say("run `scripts/kernel`", "运行 `scripts/kernel`")}
}

// libraries returns the directories with the shared libraries of the unpacked emulator, separated by colons.
func libraries(root string) string {
	var dirs []string
	for _, pattern := range []string{"lib/*-linux-gnu", "usr/lib/*-linux-gnu"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err == nil {
			dirs = append(dirs, found...)
		}
	}
	return strings.Join(dirs, ":")
}

// board holds the settings that differ between architectures.
type board struct {
	machine string
	console string // the kernel's name of the first serial port
	more    string // further kernel arguments
	skip    string // further entries of initcall_blacklist
	serial  bool   // the connection to the guest is the second serial port, because there is no PCI without firmware

	firmware string // the series of scripts/kernel with the firmware; "" if a direct boot gives PCI
}

var boards = map[string]board{
	"amd64": {machine: "q35", console: "ttyS0", more: "tsc=reliable no_timer_check"},
	// Pointer authentication of return addresses takes a tenth of the boot time. Without it its instructions do nothing, as on
	// processors that lack it.
	"arm64": {machine: "virt", console: "ttyAMA0", more: "arm64.nopauth"},
	// Without ACPI the kernel looks for a keyboard controller at an address that is not mapped, and crashes.
	"loong64": {machine: "virt", console: "ttyS0", skip: ",i8042_init", serial: true, firmware: "loong64-uefi"},
}

// quickBootArgs are kernel arguments that save a third of the boot time. Mitigations against speculative execution only cost
// time, because an emulator does not speculate. Also left out are the kernel's self-tests of its cryptography
// (crypto_kdf108_init is only such a test), keys for module signatures and key encryption, and the random numbers from
// jitter: the guest gets its entropy from the host.
const quickBootArgs = "mitigations=off cryptomgr.notests " +
	"initcall_blacklist=load_system_certificate_list,jent_mod_init,crypto_kdf108_init,init_encrypted"

// Descriptors that QEMU inherits, from 3. They refer to sockets and to files in memory, so that no file is left when QEMU ends.
const (
	fdConnection = 3 + iota
	fdKernel
	fdInitramfs
	fdMonitor
	fdDisks
)

// fdFlash returns the first descriptor after those of the disks: of the firmware's flash memories, if there is firmware.
func (m *Machine) fdFlash() int { return fdDisks + len(m.Disks) }

// fdPorts returns the first descriptor of the ports.
func (m *Machine) fdPorts() int {
	if m.firmware == nil {
		return m.fdFlash()
	}
	return m.fdFlash() + 2
}

// arguments returns QEMU's command line without the program.
func (m *Machine) arguments(accelerator string) []string {
	b := m.board()
	cpu := m.CPU
	if accelerator == kvmName && m.GOARCH == "amd64" {
		cpu += ",enforce" // QEMU must fail if the host lacks a feature of the model
	}
	machine := b.machine
	if m.firmware != nil {
		machine += ",pflash0=code,pflash1=vars"
	}
	args := []string{"-machine", machine, "-accel", accelerator, "-cpu", cpu,
		"-smp", fmt.Sprintf("%d,sockets=%d", m.Cores+m.Offline, max(m.Nodes, 1)), "-m", strconv.Itoa(m.Memory), "-display", "none", "-nodefaults", "-no-user-config",
		"-no-reboot", "-nic", "none",
		"-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console",
		"-chardev", fmt.Sprintf("socket,id=line,fd=%d", fdConnection),
		"-chardev", fmt.Sprintf("socket,id=monitor,fd=%d", fdMonitor), "-mon", "chardev=monitor,mode=control",
		"-kernel", fmt.Sprintf("/proc/self/fd/%d", fdKernel), "-initrd", fmt.Sprintf("/proc/self/fd/%d", fdInitramfs)}
	connection := "port"
	if b.serial {
		connection = "serial"
		args = append(args, "-serial", "chardev:line")
	} else {
		args = append(args, "-device", "virtio-serial-pci", "-device", "virtserialport,chardev=line,name=xcmatrix")
		args = append(args, m.ports()...)
	}
	args = append(args, m.nodes()...)
	args = append(args, m.disks()...)
	args = append(args, m.networkDisks()...)
	args = append(args, m.slots()...)
	if m.firmware != nil {
		args = append(args, flashArgs(m.fdFlash())...)
	}
	started := ""
	if m.Offline > 0 {
		started = fmt.Sprintf("maxcpus=%d ", m.Cores)
	}
	return append(args, "-append", strings.TrimSpace(fmt.Sprintf("console=%s panic=-1 quiet loglevel=4 xcmatrix.line=%s %s%s%s %s",
		b.console, connection, started, quickBootArgs, b.skip, b.more))+" -- guest")
}

// nodes returns QEMU's arguments that divide cores and memory equally among the NUMA nodes.
func (m *Machine) nodes() []string {
	if m.Nodes < 2 {
		return nil
	}
	var args []string
	each := (m.Cores + m.Offline) / m.Nodes
	for n := range m.Nodes {
		args = append(args, "-object", fmt.Sprintf("memory-backend-ram,id=node%d,size=%dM", n, m.Memory/m.Nodes),
			"-numa", fmt.Sprintf("node,nodeid=%d,memdev=node%d,cpus=%d-%d", n, n, n*each, (n+1)*each-1))
	}
	return args
}

// disks returns QEMU's arguments for the disks of the target. Their content is in memory and is lost when QEMU ends.
func (m *Machine) disks() []string {
	var args []string
	for i, d := range m.Disks {
		args = append(args, "-add-fd", fmt.Sprintf("fd=%d,set=%d", fdDisks+i, i),
			"-blockdev", fmt.Sprintf("driver=file,node-name=%s,filename=/dev/fdset/%d,locking=off", mediaID(i), i))
		drive := fmt.Sprintf("drive=%s,id=%s", mediaID(i), diskID(i))
		switch d.Bus {
		case "virtio":
			args = append(args, "-device", "virtio-blk-pci,"+drive)
		case "scsi":
			args = append(args, "-device", fmt.Sprintf("virtio-scsi-pci,id=scsi%d", i), "-device", fmt.Sprintf("scsi-hd,bus=scsi%d.0,%s", i, drive))
		case "nvme":
			args = append(args, "-device", fmt.Sprintf("nvme,serial=xcmatrix%d,%s", i, drive))
		case "sd":
			args = append(args, "-device", fmt.Sprintf("sdhci-pci,id=sd%d", i), "-device", "sd-card,bus=sd-bus,"+drive)
		}
	}
	return args
}

// NetworkSerial returns the serial number of a disk of Machine.Network, which are counted from 0.
func NetworkSerial(i int) string { return fmt.Sprintf("network%d", i) }

// networkDisks returns QEMU's arguments for the disks that NBD servers answer for.
func (m *Machine) networkDisks() []string {
	var args []string
	for i := range m.Network {
		args = append(args, "-blockdev", fmt.Sprintf("driver=nbd,node-name=network%d,server.type=fd,server.str=%d,export=disk", i, m.fdPorts()+m.portCount()+i),
			"-device", fmt.Sprintf("virtio-blk-pci,drive=network%d,serial=%s", i, NetworkSerial(i)))
	}
	return args
}
