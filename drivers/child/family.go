package child

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/retry"
)

// A child may start processes that leave its group (setsid). When it ends they become this process's own children,
// which asks the kernel for that (PR_SET_CHILD_SUBREAPER in prctl(2)), and are known by a variable in their environment.
// Those that have none any more are ended when no other child is left whose they could be, and nobody else's orphans come
// here: a container's first process has these anyway.

// Variable is in the environment of every child, and of what that starts: whose it is.
const Variable = "XCMATRIX_PROCESS"

var families struct {
	sync.Mutex
	adopt sync.Once
	last  int
	alive int

	before map[int]bool // children that this process had already, such as a server that a shell started before it became this
}

// family is a child with all that it starts.
type family struct{ mark string }

// newFamily counts a child that is to be started.
func newFamily() family {
	families.adopt.Do(func() {
		families.before = map[int]bool{}
		for _, pid := range Children() {
			families.before[pid] = true
		}
		_ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) // without it, what left its group stays: Linux before 3.4
	})
	families.Lock()
	defer families.Unlock()
	families.last++
	families.alive++
	return family{fmt.Sprintf("%s=%s.%d", Variable, Self(), families.last)}
}

// forget leaves out a child that did not start, or has ended.
func (f family) forget() (others int) {
	families.Lock()
	defer families.Unlock()
	families.alive--
	return families.alive
}

// endTime is how long the processes of a family may take to end: one that waits for a disk cannot be ended.
const endTime = 5 * time.Second

// end ends what a child leaves behind that has ended and was not waited for. Each process that ends leaves its own children, so that it looks
// until there are none.
func (f family) end(child int) {
	alone := f.forget() == 0
	killed := map[int]bool{}
	for until := time.Now().Add(endTime); time.Now().Before(until); time.Sleep(time.Millisecond) {
		found := false
		for _, pid := range Children() {
			if pid != child && !killed[pid] && (inGroup(pid, child) || f.has(pid) || alone && strayed(pid)) {
				killed[pid], found = true, true
				_ = syscall.Kill(pid, syscall.SIGKILL)
			}
		}
		for pid := range killed {
			reaped, err := retry.Value(func() (int, error) { return syscall.Wait4(pid, nil, syscall.WNOHANG, nil) })
			if err != nil || reaped == pid {
				delete(killed, pid)
			}
		}
		if len(killed) == 0 && !found {
			return
		}
	}
}

// has reports whether a process that runs is one of the family.
func (f family) has(pid int) bool {
	environment, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
	if err != nil {
		return false
	}
	for e := range bytes.SplitSeq(environment, []byte{0}) {
		if string(e) == f.mark {
			return true
		}
	}
	return false
}

// inGroup reports whether a process, which may have ended, is in a child's group.
func inGroup(pid, child int) bool {
	group, err := unix.Getpgid(pid)
	return err == nil && group == child
}

// strayed reports whether a child of this process is in another session. This process starts none there.
func strayed(pid int) bool {
	if os.Getpid() == 1 || families.before[pid] {
		return false
	}
	its, err := unix.Getsid(pid)
	own, errOwn := unix.Getsid(0)
	return err == nil && errOwn == nil && its != own
}

// Children returns the processes whose parent is this one.
func Children() []int {
	lists, err := filepath.Glob("/proc/self/task/*/children")
	if err != nil || len(lists) == 0 {
		return childrenByParent()
	}
	var pids []int
	for _, list := range lists {
		raw, err := os.ReadFile(list)
		if err != nil {
			continue // the thread has ended
		}
		for field := range strings.FieldsSeq(string(raw)) {
			if pid, err := strconv.Atoi(field); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}

// childrenByParent looks at every process, where the kernel keeps no list (CONFIG_PROC_CHILDREN).
func childrenByParent() []int {
	var pids []int
	all, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range all {
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil {
			continue
		}
		if fields := stat(pid); len(fields) > 1 && fields[1] == strconv.Itoa(os.Getpid()) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// stat returns the fields of /proc/PID/stat behind the name, the state first (proc(5)); nil for no process.
func stat(pid int) []string {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil
	}
	return strings.Fields(string(raw[bytes.LastIndexByte(raw, ')')+1:]))
}

// Self names this process for good: its number and when it was started.
func Self() string { return name(os.Getpid()) }

// name returns a process's number and the time of its start in ticks since boot; "" for no process.
func name(pid int) string {
	const started = 19 // the 22nd field
	fields := stat(pid)
	if len(fields) <= started {
		return ""
	}
	return fmt.Sprintf("%d.%s", pid, fields[started])
}
