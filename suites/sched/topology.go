package sched

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// machineFile is a file below /sys/devices/system; the spec is skipped where it is not there.
func machineFile(path ...string) string {
	GinkgoHelper()
	return check.KernelFile(filepath.Join(append([]string{"/sys/devices/system"}, path...)...))
}

// nodes are the NUMA nodes that are online, each with its processors.
func nodes() map[int][]int {
	GinkgoHelper()
	all := map[int][]int{}
	for _, n := range check.Numbers(machineFile("node", "online")) {
		all[n] = check.Numbers(machineFile("node", fmt.Sprintf("node%d", n), "cpulist"))
	}
	return all
}

// hostsOwn skips the spec under a user-mode emulator, whose processors are the host's.
func hostsOwn() {
	check.NeedsKernel(record.Say("the processors are the host's", "处理器属于宿主机"))
}

func threads() {
	It("of a locked goroutine stays its own", func() {
		ids := make(chan int, 2)
		var both sync.WaitGroup
		meet := make(chan struct{})
		for range 2 {
			both.Go(func() {
				runtime.LockOSThread()
				defer runtime.UnlockOSThread()
				id := unix.Gettid()
				ids <- id
				<-meet
				for range 100 {
					runtime.Gosched()
					if unix.Gettid() != id {
						ids <- -1
						return
					}
				}
			})
		}
		one, two := <-ids, <-ids
		close(meet)
		both.Wait()
		Expect(one).NotTo(Equal(two))
		Expect(ids).To(BeEmpty())
	})
	It("of a goroutine that ends locked ends too", func() {
		lockedEnd := func() int {
			id := make(chan int)
			go func() {
				runtime.LockOSThread()
				id <- unix.Gettid()
			}()
			return <-id
		}
		id := lockedEnd()
		if id == os.Getpid() { // the main thread is parked instead, and runs no goroutine again
			id = lockedEnd()
		}
		err := unix.Tgkill(os.Getpid(), os.Getpid(), 0) // signal 0 only looks whether the thread is there: kill(2)
		check.OwnAnswer(err)
		check.NoError(err)
		check.Eventually(func() error { return unix.Tgkill(os.Getpid(), id, 0) }).Should(MatchError(unix.ESRCH))
	})
	It("pinned to a processor runs there, on each in turn", func() {
		hostsOwn()
		needsGetcpu()
		wrong := make(chan error, 1)
		may := check.Processors()
		go func() { // a thread of its own, that ends with its mask
			runtime.LockOSThread()
			defer close(wrong)
			for _, n := range may {
				var mask unix.CPUSet
				mask.Set(n)
				if err := unix.SchedSetaffinity(0, &mask); err != nil {
					wrong <- fmt.Errorf("processor %d: %w", n, err)
					return
				}
				on, _, err := where()
				if err == nil && int(on) != n {
					err = fmt.Errorf("on %d, not on %d", on, n)
				}
				if err != nil {
					wrong <- err
					return
				}
			}
		}()
		err := <-wrong
		check.OwnAnswer(err)
		Expect(err).NotTo(HaveOccurred())
	})
	It("set spreads over every processor that it may", func() {
		hostsOwn()
		needsGetcpu()
		// The kernel puts threads on an isolated processor only when told to: isolcpus in kernel-parameters.txt.
		isolated, _ := os.ReadFile("/sys/devices/system/cpu/isolated")
		apart := check.Numbers(string(isolated))
		want := min(runtime.GOMAXPROCS(0), len(slices.DeleteFunc(check.Processors(), func(n int) bool { return slices.Contains(apart, n) })))
		var mu sync.Mutex
		seen := map[uint32]bool{}
		spread := func() int {
			var all sync.WaitGroup
			for range 2 * want {
				all.Go(func() {
					spin(20 * time.Millisecond)
					on, _, _ := where()
					mu.Lock()
					seen[on] = true
					mu.Unlock()
				})
			}
			all.Wait()
			return len(seen)
		}
		if check.Native() {
			check.Eventually(spread).Should(BeNumerically(">=", want))
			return
		}
		began := time.Now()
		for spread() < want {
			if took := time.Since(began); took > check.Patience() {
				turnsTaken(record.Sayf("threads came to %d of %d processors in %v", "线程在 %[3]v 内到达 %[1]d/%[2]d 个处理器",
					len(seen), want, took.Round(time.Second)))
			}
		}
	})
}

func topology() {
	It("processors that may be used are online", func() {
		hostsOwn()
		online := check.Numbers(machineFile("cpu", "online"))
		for _, n := range check.Processors() {
			Expect(online).To(ContainElement(n))
		}
		Expect(runtime.NumCPU()).To(Equal(len(check.Processors())))
	})
	It("nodes hold every processor once", func() {
		hostsOwn()
		var held []int
		all := nodes()
		for _, processors := range all {
			held = append(held, processors...)
		}
		slices.Sort(held)
		Expect(held).To(Equal(check.Numbers(machineFile("cpu", "online"))))
		check.ObserveDiffers("NUMA nodes", len(all), record.Say("each machine has its own", "各机器不同"))
	})
	It("nodes are nearest to themselves, and as far from each other both ways", func() {
		hostsOwn()
		asymmetric := 0 // a firmware's table may be, ACPI 6.5 §5.2.17
		order := check.Numbers(machineFile("node", "online"))
		distance := map[int][]string{}
		for _, n := range order {
			distance[n] = strings.Fields(machineFile("node", fmt.Sprintf("node%d", n), "distance"))
			Expect(distance[n]).To(HaveLen(len(order)))
		}
		for i, a := range order {
			Expect(distance[a][i]).To(Equal("10")) // LOCAL_DISTANCE, ACPI 6.5 §5.2.17
			for j, b := range order {
				if distance[a][j] != distance[b][i] {
					asymmetric++
				}
			}
		}
		check.ObserveDiffers("distances that differ both ways", asymmetric/2, record.Say("each machine has its own", "各机器不同"))
	})
	It("node that getcpu names holds the processor that it names", func() {
		hostsOwn()
		all := nodes()
		for range 100 {
			processor, node, err := where()
			check.OwnAnswer(err)
			check.NoError(err)
			Expect(all[int(node)]).To(ContainElement(int(processor)))
			runtime.Gosched()
		}
	})
	It("processor is among its own core's threads, and its package's", func() {
		hostsOwn()
		for _, n := range check.Processors() {
			for _, group := range []string{"thread_siblings_list", "core_siblings_list"} {
				Expect(check.Numbers(machineFile("cpu", fmt.Sprintf("cpu%d", n), "topology", group))).To(ContainElement(n))
			}
		}
	})
}
