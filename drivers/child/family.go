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

// A child may start processes that leave its process group (setsid). When the child ends, they become children of this process,
// which has asked the kernel for that (PR_SET_CHILD_SUBREAPER in prctl(2)). A variable in their environment identifies them.
// Processes that have removed the variable are killed when no other child is left to which they could belong, unless this process is
// the first process of a container, which gets the orphans of others too.

// Variable is the name of the environment variable that identifies a child and everything that it starts.
const Variable = "XCMATRIX_PROCESS"

var families struct {
	sync.Mutex
	adopt sync.Once
	last  int
	alive int

	before map[int]bool // children that this process had at the first Start, such as those of a shell that called exec
}

// family is a child and all processes that it starts.
type family struct {
	mark    string // its variable in the environment
	counted bool   // among those to which a process without the variable could belong
}

// newFamily returns the family of a child that will be started. A server is not counted: it outlives the other children, and
// as long as it ran, none of their processes without the variable could be killed.
func newFamily(counted bool) family {
	families.adopt.Do(func() {
		families.before = map[int]bool{}
		for _, pid := range Children() {
			families.before[pid] = true
		}
		_ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) // before Linux 3.4 it fails, and processes that left the group survive
	})
	families.Lock()
	defer families.Unlock()
	families.last++
	if counted {
		families.alive++
	}
	return family{fmt.Sprintf("%s=%s.%d", Variable, Self(), families.last), counted}
}

// forget removes a child that did not start or has ended, and returns the number of the others.
func (f family) forget() (others int) {
	families.Lock()
	defer families.Unlock()
	if f.counted {
		families.alive--
	}
	return families.alive
}

// endTime is how long end waits for killed processes: a process that waits for a disk cannot be killed.
const endTime = 5 * time.Second

// end kills the processes that a child has left behind. The child has ended and was not waited for. Each killed process may leave
// children of its own, so that end repeats until there are none.
func (f family) end(child int) {
	alone := f.forget() == 0 && f.counted
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

// has reports whether a running process belongs to the family.
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

// inGroup reports whether a process is in a child's process group. It may have ended.
func inGroup(pid, child int) bool {
	group, err := unix.Getpgid(pid)
	return err == nil && group == child
}

// strayed reports whether a child of this process is in another session, in which this process never starts children.
func strayed(pid int) bool {
	if os.Getpid() == 1 || families.before[pid] {
		return false
	}
	its, err := unix.Getsid(pid)
	own, errOwn := unix.Getsid(0)
	return err == nil && errOwn == nil && its != own
}

// Children returns the ids of the children of this process.
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

// childrenByParent returns the ids of the children of this process on a kernel without lists of children
// (CONFIG_PROC_CHILDREN): it reads the status of every process.
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

// stat returns the fields of /proc/PID/stat after the name, beginning with the state (proc(5)); nil if there is no such process.
func stat(pid int) []string {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil
	}
	return strings.Fields(string(raw[bytes.LastIndexByte(raw, ')')+1:]))
}

// Self returns a name of this process that no other process ever has: its id and the time of its start.
func Self() string { return Identity(os.Getpid()) }

// Identity returns a process's id and the time of its start in ticks since boot, which no other process ever has; "" if there
// is no such process.
func Identity(pid int) string {
	const started = 19 // the 22nd field
	fields := stat(pid)
	if len(fields) <= started {
		return ""
	}
	return fmt.Sprintf("%d.%s", pid, fields[started])
}
