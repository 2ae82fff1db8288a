package disk

import (
	"maps"
	"slices"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/disk/unplug"
)

const (
	// fewRemovals and manyRemovals are how often a device is removed in a default run, and in one with the label deep.
	fewRemovals  = 5
	manyRemovals = 1000
)

// removals is what several specs judge: a device is removed for the first of them that runs.
var removals struct {
	once   sync.Once
	report *unplug.Report
	err    error
}

func removed() unplug.Report {
	GinkgoHelper()
	return check.Gather("removals of a device that is read", func() unplug.Report {
		check.NeedsKernel(record.Say("requests to a device would be the host's", "对设备的请求由宿主机内核处理"))
		dir := check.TempDir()
		removals.once.Do(func() { removals.report, removals.err = unplug.Cycles(dir, fewRemovals) })
		needsDevice(removals.err)
		check.NoError(removals.err)
		return *removals.report
	})
}

func removalSpecs() {
	It("shows EIO, no size, ENODEV or ENOENT in this order, and then the device again", func() {
		r := removed()
		Expect(r.Wrong).To(BeZero(), "%v", r.Sequences)
		for _, s := range slices.Sorted(maps.Keys(r.Sequences)) {
			check.ObserveDiffers("removal", s, record.Say("drivers and kernels may leave out steps", "驱动和内核可能跳过某些阶段"))
		}
	})
	It("shows the same order to a reader that never stops", func() {
		r := removed()
		Expect(r.Beside).To(BeEmpty())
		Expect(r.Reads).To(BeNumerically(">", 0))
	})
	It("is overcome by a reader that looks for the device by its identity", func() { Expect(removed().NotSeen).To(BeZero()) })
	It("leaves a reader with the size of the device that came back", func() { Expect(removed().WrongSizes).To(BeZero()) })
	It("is final for a descriptor of its size: ENODEV, also when the device is back", func() {
		r := removed()
		Expect(r.KeptSize).To(BeZero())
		Expect(r.Kept).To(HaveEach(BeNumerically(">", 0)))
		Expect(slices.Sorted(maps.Keys(r.Kept))).To(Equal([]string{"back ENODEV", "removed ENODEV"}))
	})
	It("is not undone by a reader of sizes", func() { Expect(removed().Revived).To(BeZero()) })
	It("does not pass the name on to another device", func() { Expect(removed().Stranger).To(BeZero()) })
	It("leaves no descriptor open", func() { r := removed(); Expect(r.Descriptors[1]).To(Equal(r.Descriptors[0])) })
	It("leaves no goroutine behind", func() { r := removed(); Expect(r.Goroutines[1]).To(BeNumerically("<=", r.Goroutines[0])) })
	It("is overcome a thousand times, and leaves nothing behind", check.Deep(), check.Within(15*time.Minute), func() {
		r := check.Gather("a thousand removals", func() unplug.Report {
			check.NeedsKernel(record.Say("requests to a device would be the host's", "对设备的请求由宿主机内核处理"))
			r, err := unplug.Cycles(check.TempDir(), manyRemovals)
			needsDevice(err)
			check.NoError(err)
			return *r
		})
		Expect([]int{r.Wrong, len(r.Beside), r.NotSeen, r.WrongSizes, r.KeptSize, r.Revived, r.Stranger}).To(HaveEach(0), "%+v", r)
		Expect(r.Descriptors[1]).To(Equal(r.Descriptors[0]))
		Expect(r.Goroutines[1]).To(BeNumerically("<=", r.Goroutines[0])) // others of this process may end meanwhile
	})
}
