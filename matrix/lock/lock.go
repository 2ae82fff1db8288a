// Package lock keeps what disturbs measuring away from what measures, on one machine: who measures holds the machine
// alone, who checks function shares it with others of the kind.
//
// It is flock(2) on one file for the whole machine. The kernel lets go of it when its holder ends, SIGKILL included, so
// there is nothing to clean up. A person who needs the machine for longer than a command reserves it; a reservation is
// text in the file, and runs out.
package lock

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"path/filepath"
	"syscall"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/retry"
)

// Holder is who has the machine.
type Holder struct {
	Who   string    `json:"who"`             // user
	What  string    `json:"what"`            // what for
	PID   int       `json:"pid,omitempty"`   // 0 for a reservation
	Since time.Time `json:"since"`           // when it was taken
	Until time.Time `json:"until,omitzero"`  // when a reservation runs out
	Share bool      `json:"share,omitempty"` // with others that check function; then nobody is named
}

// In says it in a sentence.
func (h Holder) In(lang string) string {
	since := h.Since.Local().Format(time.DateTime)
	switch {
	case h.Share:
		return record.Say("the machine is shared by functional work", "机器正由功能测试共享").In(lang)
	case h.PID == 0:
		return record.Sayf("the machine is reserved by %s since %s until %s: %s", "机器由 %s 自 %s 起预留至 %s：%s", h.Who, since,
			h.Until.Local().Format(time.DateTime), h.What).In(lang)
	default:
		return record.Sayf("the machine is held by %s (process %d) since %s: %s", "机器由 %s（进程 %d）自 %s 起独占：%s", h.Who, h.PID,
			since, h.What).In(lang)
	}
}

// Path is the machine's lock file: what XCMATRIX_LOCK names, or one in the directory for temporary files, which all
// users of the machine share.
func Path() string {
	if p := os.Getenv("XCMATRIX_LOCK"); p != "" {
		return p
	}
	return filepath.Join(os.TempDir(), "xcmatrix-machine.lock")
}

// Lock is a hold on the machine.
type Lock struct {
	file  *os.File
	alone bool
}

// poll is how often a waiter looks again. flock itself would wait, but not for a context.
const poll = 200 * time.Millisecond

// Alone waits until nobody else has the machine, and takes it. waiting, which may be nil, is told once who has it.
func Alone(ctx context.Context, path, what string, waiting func(Holder)) (*Lock, error) {
	l, err := take(ctx, path, syscall.LOCK_EX, waiting)
	if err != nil {
		return nil, err
	}
	l.alone = true
	return l, errors.Join(write(l.file, &Holder{Who: who(), What: what, PID: os.Getpid(), Since: time.Now()}))
}

// Shared waits until nobody has the machine alone, and takes a share.
func Shared(ctx context.Context, path string, waiting func(Holder)) (*Lock, error) {
	return take(ctx, path, syscall.LOCK_SH, waiting)
}

// take waits its turn at a second lock, which whoever waits for the machine holds: so one that wants it alone is not
// overtaken for ever by those that share it.
func take(ctx context.Context, path string, mode int, waiting func(Holder)) (*Lock, error) {
	var told *Holder
	once := func(h Holder) {
		if told == nil && waiting != nil {
			waiting(h)
		}
		told = &h
	}
	file, err := open(path)
	if err != nil {
		return nil, err
	}
	queue, err := open(path + ".queue")
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	defer queue.Close()
	if err := wait(ctx, queue, syscall.LOCK_EX, func() { once(holder(file)) }, nil); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	free := func() bool {
		reserved := reservation(file)
		if reserved != nil {
			once(*reserved)
		}
		return reserved == nil
	}
	if err := wait(ctx, file, mode, func() { once(holder(file)) }, free); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &Lock{file: file}, nil
}

// wait waits for a lock on a file, and then for what else must be so. busy is called each time that it is not free.
func wait(ctx context.Context, file *os.File, mode int, busy func(), also func() bool) error {
	for {
		err := retry.Lock(file.Fd(), mode|syscall.LOCK_NB)
		switch {
		case err == nil && (also == nil || also()):
			return nil
		case err == nil:
			err = retry.Lock(file.Fd(), syscall.LOCK_UN)
		case errors.Is(err, syscall.EWOULDBLOCK):
			busy()
			err = nil
		}
		if err != nil && !errors.Is(err, syscall.EINTR) {
			return fmt.Errorf("machine lock %s: %w", file.Name(), err)
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(poll):
		}
	}
}

// Unlock lets go.
func (l *Lock) Unlock() error {
	if l == nil {
		return nil
	}
	var err error
	if l.alone {
		err = l.file.Truncate(0)
	}
	return errors.Join(err, l.file.Close())
}

// Status tells who has the machine; nil if nobody does.
func Status(path string) (*Holder, error) {
	file, err := open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if retry.Lock(file.Fd(), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
		return reservation(file), nil
	}
	h := holder(file)
	return &h, nil
}

// Reserve keeps the machine from being used by commands for some time. It waits until it is free.
func Reserve(ctx context.Context, path, what string, d time.Duration) (Holder, error) {
	l, err := take(ctx, path, syscall.LOCK_EX, nil)
	if err != nil {
		return Holder{}, err
	}
	h := Holder{Who: who(), What: what, Since: time.Now(), Until: time.Now().Add(d)}
	return h, errors.Join(write(l.file, &h), l.file.Close())
}

// Release ends a reservation. What a process holds ends with the process alone.
func Release(path string) error {
	file, err := open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := retry.Lock(file.Fd(), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		h := holder(file)
		return record.Wrongf("", "%s; it is free when that ends", "%[2]s；该进程结束后即释放", h.In("en"), h.In("zh"))
	}
	return file.Truncate(0)
}

// holder is who keeps others out: the one that the file names, if it has the machine alone.
func holder(file *os.File) Holder {
	if retry.Lock(file.Fd(), syscall.LOCK_SH|syscall.LOCK_NB) == nil {
		_ = retry.Lock(file.Fd(), syscall.LOCK_UN)
		return Holder{Share: true}
	}
	h, _ := read(file)
	return h
}

// reservation is the one that the file holds, if it has not run out. What a killed process left there is none.
func reservation(file *os.File) *Holder {
	h, err := read(file)
	if err != nil || h.PID != 0 || time.Now().After(h.Until) {
		return nil
	}
	return &h
}

func read(file *os.File) (Holder, error) {
	var h Holder
	raw, err := io.ReadAll(io.NewSectionReader(file, 0, 4096))
	if err != nil {
		return h, err
	}
	return h, json.Unmarshal(raw, &h)
}

func write(file *os.File, h *Holder) error {
	raw, err := json.Marshal(h)
	if err != nil {
		return err
	}
	if err := file.Truncate(0); err != nil {
		return err
	}
	_, err = file.WriteAt(raw, 0)
	return err
}

// open opens the file, which every user of the machine may. It is not created over one that is there: in a directory
// that all can write to, Linux refuses that for another user's file (fs.protected_regular).
func open(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR|syscall.O_NOFOLLOW, 0)
	if errors.Is(err, os.ErrNotExist) {
		file, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o666)
		if err == nil {
			_ = file.Chmod(0o666) // past the umask; not ours to change where another user was quicker
		}
	}
	if err != nil {
		return nil, record.Wrongf(path, "the machine's lock cannot be opened: %v; XCMATRIX_LOCK names another file",
			"无法打开机器锁：%v；可用 XCMATRIX_LOCK 指定其他文件", err)
	}
	return file, nil
}

func who() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return fmt.Sprint(os.Getuid())
}
