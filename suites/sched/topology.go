package sched

import (
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// machineFile returns the text of a file below /sys/devices/system. If there is none, the spec is skipped.
func machineFile(path ...string) string {
	GinkgoHelper()
	return check.KernelFile(filepath.Join(append([]string{"/sys/devices/system"}, path...)...))
}

// nodes returns the NUMA nodes that are online, each with its processors.
func nodes() map[int][]int {
	GinkgoHelper()
	return check.Gather("processors of each node", func() map[int][]int {
		hostsOwn()
		all := map[int][]int{}
		for _, n := range check.ParseKernelList(machineFile("node", "online")) {
			all[n] = check.ParseKernelList(machineFile("node", fmt.Sprintf("node%d", n), "cpulist"))
		}
		return all
	})
}

// hostsOwn skips the spec under a user-mode emulator, whose processors are the host's.
func hostsOwn() {
	check.NeedsKernel(record.Say("the processors are the host's", "处理器属于宿主机"))
}

func topology() {
	It("processors that may be used are online", func() {
		online, may := processorsOnline(), processorsAllowed()
		for _, n := range may {
			Expect(online).To(ContainElement(n))
		}
		Expect(check.Fact("runtime.NumCPU", runtime.NumCPU())).To(Equal(len(may)))
	})
	It("nodes hold every processor once", func() {
		var held []int
		all := nodes()
		for _, processors := range all {
			held = append(held, processors...)
		}
		slices.Sort(held)
		Expect(held).To(Equal(processorsOnline()))
		check.ObserveDiffers("NUMA nodes", len(all), record.Say("each machine has its own", "各机器不同"))
	})
	It("nodes are nearest to themselves, and as far from each other both ways", func() {
		asymmetric := 0 // a firmware's table may be, ACPI 6.5 §5.2.17
		distance := check.Gather("distances of nodes, in the nodes' order", distances)
		for i := range distance {
			Expect(distance[i]).To(HaveLen(len(distance)))
		}
		for i := range distance {
			Expect(distance[i][i]).To(Equal("10")) // LOCAL_DISTANCE, ACPI 6.5 §5.2.17
			for j := range distance {
				if distance[i][j] != distance[j][i] {
					asymmetric++
				}
			}
		}
		check.ObserveDiffers("distances that differ both ways", asymmetric/2, record.Say("each machine has its own", "各机器不同"))
	})
}

// ownPlace registers what holds of the processor that a thread runs on.
func ownPlace() {
	It("node that getcpu names holds the processor that it names", func() {
		all := nodes()
		for range 100 {
			on := check.Gather("processor and node by getcpu", func() [2]int {
				processor, node, err := where()
				check.SkipUnlessKernelAnswered(err)
				check.NoError(err)
				return [2]int{int(processor), int(node)}
			})
			Expect(all[on[1]]).To(ContainElement(on[0]))
			runtime.Gosched()
		}
	})
	It("processor is among its own core's threads, and its package's", func() {
		for n, groups := range check.Gather("threads of each processor's core, and of its package", siblings) {
			for _, group := range groups {
				Expect(group).To(ContainElement(n))
			}
		}
	})
}

func processorsOnline() []int {
	GinkgoHelper()
	return check.Gather("processors online", func() []int {
		hostsOwn()
		return check.ParseKernelList(machineFile("cpu", "online"))
	})
}

func processorsAllowed() []int {
	GinkgoHelper()
	return check.Gather("processors that this process may use", func() []int {
		hostsOwn()
		return check.Processors()
	})
}

func distances() (all [][]string) {
	GinkgoHelper()
	hostsOwn()
	for _, n := range check.ParseKernelList(machineFile("node", "online")) {
		all = append(all, strings.Fields(machineFile("node", fmt.Sprintf("node%d", n), "distance")))
	}
	return all
}

func siblings() map[int][][]int {
	GinkgoHelper()
	hostsOwn()
	all := map[int][][]int{}
	for _, n := range check.Processors() {
		for _, group := range []string{"thread_siblings_list", "core_siblings_list"} {
			all[n] = append(all[n], check.ParseKernelList(machineFile("cpu", fmt.Sprintf("cpu%d", n), "topology", group)))
		}
	}
	return all
}
