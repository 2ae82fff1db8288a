package kernel

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/suites/check"
)

func TestSpecsCanFail(t *testing.T) {
	check.ProveFailures(t, Suite, broken, "descriptor / of io_uring and of perf are there, or are refused, by the system's choice")
}

// arrived returns what inotify tells of a file with a name.
func arrived(name string) []byte {
	return append(make([]byte, unix.SizeofInotifyEvent), name+"\x00"...)
}

var broken = check.BrokenFacts{
	"limit / of open files is raised by Go to what is allowed": {{"limit of open files": unix.Rlimit{Cur: 1024, Max: 4096}}},
	"limit / of open files ends in EMFILE": {
		{check.Sound: nil, "files that could be opened, and their limit": [2]int{256, 256}, "answer to a file too many": unix.EMFILE},
		{"files that could be opened, and their limit": [2]int{257, 256}, "answer to a file too many": unix.EMFILE},
		{"files that could be opened, and their limit": [2]int{256, 256}, "answer to a file too many": unix.ENFILE},
		{"files that could be opened, and their limit": [2]int{256, 256}, "answer to a file too many": nil},
	},
	"limit / of open files does not go above fs.nr_open, for root either": {
		{"answer to a limit of open files above fs.nr_open": nil}, {"answer to a limit of open files above fs.nr_open": unix.EINVAL},
	},
	"limit / of open files in the system is counted": {
		{check.Sound: nil, "fs.file-nr": [3]uint64{900, 0, 1000}, "fs/file-max": int64(1000)},
		{"fs.file-nr": [3]uint64{900, 1, 1000}, "fs/file-max": int64(1000)},
		{"fs.file-nr": [3]uint64{900, 0, 1001}, "fs/file-max": int64(1000)},
	},
	"limit / of process numbers lies in the kernel's range":               {{"kernel/pid_max": int64(300)}, {"kernel/pid_max": int64(1<<22 + 1)}},
	"limit / of process numbers refuses what is out of range with EINVAL": {{"answer to kernel/pid_max = 4194305": nil}, {"answer to kernel/pid_max = 4194305": unix.ERANGE}},
	"limit / of mappings is enough for a Go program":                      {{"vm/max_map_count": int64(100), "mappings of this process": 100}},
	"limit / of threads is enough for a Go program":                       {{"kernel/threads-max": int64(9), "threads of this process": 10}},
	"limit / of processors is what the affinity mask says": {
		{check.Sound: nil, "processors of the affinity mask": []int{0, 2}, "Cpus_allowed_list": []int{0, 1, 2}, "processors online": []int{0, 2}},
		{"processors of the affinity mask": []int{}, "Cpus_allowed_list": []int{0, 1, 2}, "processors online": []int{0, 2}},
		{"processors of the affinity mask": []int{0, 3}, "Cpus_allowed_list": []int{0, 1, 2}, "processors online": []int{0, 3}},
		{"processors of the affinity mask": []int{0, 2}, "Cpus_allowed_list": []int{0, 1, 2}, "processors online": []int{0, 1}},
	},
	"limit / of locked memory counts for those without privilege": {
		{"answer to more locked memory than may be": nil}, {"answer to more locked memory than may be": unix.EINVAL},
	},

	"queue of connections / of a Go listener is as long as net.core.somaxconn": {{"longest queue of a Go listener": int64(128), "net/core/somaxconn": int64(4096)}},
	"queue of connections / that is full makes clients wait, and refuses none": {
		{"clients of 64 that came into a queue of one": 0}, {"clients of 64 that came into a queue of one": 64},
	},
	"queue of connections / that does not exist refuses": {{"answer where nobody listens": nil}, {"answer where nobody listens": unix.EHOSTUNREACH}},

	"control group / version is what is mounted": {
		{check.Sound: nil, "version of control groups": 2, "this process has a line for the unified hierarchy": true},
		{"version of control groups": 2, "this process has a line for the unified hierarchy": false},
	},
	"control group / v1 names are not those of v2":            {{"names of the memory limit, of the own version and the other": []bool{false, true}}},
	"control group / counts this process among its tasks":     {{"tasks of the control group": uint64(0)}},
	"control group / of memory holds what this process takes": {{"usage and limit of the control group's memory": [2]uint64{2 << 20, 1 << 20}}},

	"namespace / of users cannot be left by one thread of many": {
		{"answer to a thread that leaves the user namespace": nil}, {"answer to a thread that leaves the user namespace": unix.EUSERS},
	},
	"namespace / of users has its limit, beside which Debian's switch may stand": {{"user/max_user_namespaces": int64(-1)}},
	"namespace / of names is a thread's own": {
		{check.Sound: nil, "name of the host before and after a thread has set its own": [2]string{"lab", "lab"}},
		{"name of the host before and after a thread has set its own": [2]string{"lab", "xcmatrix-thread"}},
	},

	"seccomp / answers for the kernel on the thread that asked for it, and no other": {
		{check.Sound: nil, "answer to setsid under a filter": unix.ENOTTY},
		{"answer to setsid under a filter": unix.Errno(0)}, {"answer to setsid under a filter": unix.EPERM},
		{"answer to setsid under a filter": unix.ENOTTY, "answer to getsid on a thread without it": unix.ENOTTY},
	},
	"seccomp / that denies clone3 stops no goroutine":          {{"answer to clone3 that is denied": unix.EINVAL}},
	"seccomp / that denies memfd_create stops no goroutine":    {{"answer to memfd_create that is denied": unix.EFAULT}},
	"seccomp / that denies perf_event_open stops no goroutine": {{"answer to perf_event_open that is denied": unix.EFAULT}},
	"seccomp / that denies ptrace stops no goroutine":          {{"answer to ptrace that is denied": nil}},
	"seccomp / that denies bpf stops no goroutine":             {{"answer to bpf that is denied": unix.EINVAL}},
	"seccomp / needs no_new_privs of those without privilege":  {{"answer to a filter without no_new_privs": unix.Errno(0)}, {"answer to a filter without no_new_privs": unix.EINVAL}},
	"seccomp / can kill, trap, trace and allow": {
		{check.Sound: nil, "seccomp actions": []string{"kill_process", "kill_thread", "trap", "errno", "user_notif", "trace", "log", "allow"}},
		{"seccomp actions": []string{"kill_thread", "errno", "trace", "allow"}},
	},

	"descriptor / of a pipe holds sixteen pages":                      {{"bytes in a pipe": 1000}, {"bytes in a pipe": 0}, {"bytes in a pipe": 64 << 20}},
	"descriptor / of a full pipe is EAGAIN":                           {{"answer of a full pipe": unix.EBADF}},
	"descriptor / of events counts up, and is read as one sum":        {{"sum of events 1, 2 and 3": uint64(3)}, {"answer of events that were read": nil, "sum of events 1, 2 and 3": uint64(6)}},
	"descriptor / of a timer is ready when it is due, and not before": {{"time of a timer of 30 ms": 29 * time.Millisecond}},
	"descriptor / of inotify tells of a new file by name": {
		{check.Sound: nil, `event of inotify for the file "arrived"`: arrived("arrived")},
		{`event of inotify for the file "arrived"`: arrived("another")}, {`event of inotify for the file "arrived"`: arrived("")[:unix.SizeofInotifyEvent]},
	},
	"descriptor / of sealed memory refuses a write": {{"answer of sealed memory to a write": nil}, {"answer of sealed memory to a write": unix.EINVAL}},
	"descriptor / of a process can be signalled":    {{"answer to a signal by a process's descriptor": unix.EINVAL}},
	"descriptor / of epoll at an edge tells once":   {{"events of epoll at an edge, and again": []int{1, 1}}, {"events of epoll at an edge, and again": []int{0, 0}}},

	"memory / advised away is zero when it comes back":            {{"byte of a page that was advised away": byte(1)}},
	"memory / is reserved by the hundred GiB without being taken": {{"answer to a reservation of 100 GiB": unix.EINVAL}},
	"memory / of random numbers is ready": {
		{"random numbers of 32 bytes, twice": [][]byte{make([]byte, 32), make([]byte, 32)}},
		{"random numbers of 32 bytes, twice": [][]byte{make([]byte, 32), make([]byte, 31)}},
	},
	"memory / waited on by futex wakes at its time": {
		{"answer of a futex after 20 ms": unix.EAGAIN}, {"time of a futex of 20 ms": 19 * time.Millisecond},
		{"answer of a futex with another value": unix.ETIMEDOUT},
	},

	"socket / of Go sends small writes at once": {{"TCP_NODELAY of a Go connection": 0}},
	"socket / shares a port with SO_REUSEPORT": {
		{"answer to a second listener that shares the port": unix.EADDRINUSE}, {"answer to a listener that does not share it": nil},
	},
	"socket / pair hands a descriptor over":       {{"what came through a descriptor that was handed over": ""}},
	"socket / pair tells who is at its other end": {{"process and user at the other end": []int{1, 0}}},
}
