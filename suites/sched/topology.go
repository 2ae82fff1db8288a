package sched

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// list is the names in a directory; nil where there is none.
func list(dir string) []string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// numbers reads a list such as "0-3,8", cpuset(7).
func numbers(text string) []int {
	GinkgoHelper()
	var all []int
	for part := range strings.SplitSeq(strings.TrimSpace(text), ",") {
		if part == "" {
			continue
		}
		first, last, ranged := strings.Cut(part, "-")
		from, err := strconv.Atoi(first)
		Expect(err).NotTo(HaveOccurred(), text)
		to := from
		if ranged {
			to, err = strconv.Atoi(last)
			Expect(err).NotTo(HaveOccurred(), text)
		}
		for n := from; n <= to; n++ {
			all = append(all, n)
		}
	}
	return all
}

// machineFile is a file below /sys/devices/system; the spec is skipped where it is not there.
func machineFile(path ...string) string {
	GinkgoHelper()
	name := filepath.Join(append([]string{"/sys/devices/system"}, path...)...)
	text, err := os.ReadFile(name)
	if err != nil {
		check.Skip(record.Sayf("the kernel has no %s", "内核没有 %s", name))
	}
	return string(text)
}

// nodes are the NUMA nodes that are online, each with its processors.
func nodes() map[int][]int {
	GinkgoHelper()
	all := map[int][]int{}
	for _, n := range numbers(machineFile("node", "online")) {
		all[n] = numbers(machineFile("node", fmt.Sprintf("node%d", n), "cpulist"))
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
		task := filepath.Join("/proc/self/task", strconv.Itoa(id))
		Eventually(func() bool { _, err := os.Stat(task); return os.IsNotExist(err) }).WithTimeout(soon).Should(BeTrue())
	})
	It("pinned to a processor runs there, on each in turn", func() {
		hostsOwn()
		wrong := make(chan string, 1)
		may := allowed()
		go func() { // a thread of its own, that ends with its mask
			runtime.LockOSThread()
			defer close(wrong)
			for _, n := range may {
				var mask unix.CPUSet
				mask.Set(n)
				if err := unix.SchedSetaffinity(0, &mask); err != nil {
					wrong <- fmt.Sprintf("processor %d: %v", n, err)
					return
				}
				if on, _ := where(); int(on) != n {
					wrong <- fmt.Sprintf("on %d, not on %d", on, n)
					return
				}
			}
		}()
		Expect(<-wrong).To(BeEmpty())
	})
	It("set spreads over every processor that it may", func() {
		hostsOwn()
		want := min(runtime.GOMAXPROCS(0), len(allowed()))
		var mu sync.Mutex
		seen := map[uint32]bool{}
		Eventually(func() int {
			var all sync.WaitGroup
			for range 2 * want {
				all.Go(func() {
					for end := time.Now().Add(20 * time.Millisecond); time.Now().Before(end); {
					}
					on, _ := where()
					mu.Lock()
					seen[on] = true
					mu.Unlock()
				})
			}
			all.Wait()
			return len(seen)
		}).WithTimeout(soon).Should(BeNumerically(">=", want))
	})
}

func topology() {
	It("processors that may be used are online", func() {
		hostsOwn()
		online := numbers(machineFile("cpu", "online"))
		for _, n := range allowed() {
			Expect(online).To(ContainElement(n))
		}
		Expect(runtime.NumCPU()).To(Equal(len(allowed())))
	})
	It("nodes hold every processor once", func() {
		hostsOwn()
		var held []int
		all := nodes()
		for _, processors := range all {
			held = append(held, processors...)
		}
		slices.Sort(held)
		Expect(held).To(Equal(numbers(machineFile("cpu", "online"))))
		check.ObserveDiffers("NUMA nodes", len(all), record.Say("each machine has its own", "各机器不同"))
	})
	It("nodes are nearest to themselves, and as far from each other both ways", func() {
		hostsOwn()
		order := numbers(machineFile("node", "online"))
		distance := map[int][]string{}
		for _, n := range order {
			distance[n] = strings.Fields(machineFile("node", fmt.Sprintf("node%d", n), "distance"))
			Expect(distance[n]).To(HaveLen(len(order)))
		}
		for i, a := range order {
			Expect(distance[a][i]).To(Equal("10")) // LOCAL_DISTANCE, ACPI 6.5 §5.2.17
			for j, b := range order {
				Expect(distance[a][j]).To(Equal(distance[b][i]), "%d and %d", a, b)
			}
		}
	})
	It("node that getcpu names holds the processor that it names", func() {
		hostsOwn()
		all := nodes()
		for range 100 {
			processor, node := where()
			Expect(all[int(node)]).To(ContainElement(int(processor)))
			runtime.Gosched()
		}
	})
	It("processor is among its own core's threads, and its package's", func() {
		hostsOwn()
		for _, n := range allowed() {
			for _, group := range []string{"thread_siblings_list", "core_siblings_list"} {
				Expect(numbers(machineFile("cpu", fmt.Sprintf("cpu%d", n), "topology", group))).To(ContainElement(n))
			}
		}
	})
}
