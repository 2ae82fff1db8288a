package disk

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/disk/device"
	"github.com/xcmatrix/xcmatrix/suites/disk/powercut"
)

// cutSpecs has the spec that a virtual machine runs whose power is cut: `make cuts`. No plan has it.
func cutSpecs() {
	_, name, _ := strings.Cut(record.CutSpec, " / ")
	It(name, check.Within(10*time.Minute), func() {
		var cut record.Cut
		if err := json.Unmarshal([]byte(os.Getenv(record.CutVariable)), &cut); err != nil {
			check.Skip(record.Say("only `make cuts` runs this", "仅由 `make cuts` 运行"))
		}
		reader := device.NewReader(device.Identity{Attribute: "serial", Value: cut.Serial})
		disk, err := reader.Read()
		check.NoError(err)
		dir := filepath.Join(check.TempDir(), "disk")
		check.NoError(os.Mkdir(dir, 0o700))
		check.NoError(unix.Mount(filepath.Join("/dev", disk.Name), dir, "ext4", 0, ""))
		Expect(powercut.Verify(dir, cut.Acknowledged)).To(Succeed())
		differs := record.Say("it counts what one run has written", "统计单次运行写入的数量")
		check.ObserveDiffers("verified", cut.Acknowledged, differs)
		failed := powercut.Writer{Dir: dir, Sync: !cut.NoSync}.Write(cut.Acknowledged+1, func(n uint64) error {
			check.ObserveDiffers(record.CutAcknowledged, n, differs)
			return nil
		})
		if errors.Is(failed, unix.ENOSPC) {
			check.Error(record.Say("the disk is too small for what was written", "磁盘空间不足以容纳写入的数据"))
		}
		check.NoError(failed)
	})
}
