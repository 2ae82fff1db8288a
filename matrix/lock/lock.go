// Package lock is the machine lock: a measurement holds it exclusively, and functional specs of several runs share it, so that
// nothing disturbs a measurement.
//
// It is flock(2) on one file per machine. The kernel releases it when its holder ends for any reason, so that nothing has to be
// cleaned up. A person can reserve the machine for some time; a reservation is text in the file, and expires.
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
	"strings"
	"syscall"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/retry"
)

// Holder says who holds the machine lock, or has reserved the machine.
type Holder struct {
	Who   string    `json:"who"`             // user
	What  string    `json:"what"`            // the purpose
	PID   int       `json:"pid,omitempty"`   // 0 for a reservation
	Since time.Time `json:"since"`           // start of the lock or reservation
	Until time.Time `json:"until,omitzero"`  // end of a reservation
	Share bool      `json:"share,omitempty"` // shared by functional work; the fields before are of the process that waits to be alone, if one does
	PIDs  string    `json:"pids,omitempty"`  // of those that share it, as far as the kernel tells: "12, 34"
}

// In returns a sentence about the holder, in the language "en" or "zh".
func (h Holder) In(lang string) string {
	since := h.Since.Local().Format(time.DateTime)
	switch {
	case h.Share && h.PID != 0:
		return record.Sayf("%s (process %d) waits since %s to have the machine alone, and others come after: %s", "%s（进程 %d）自 %s 起等待独占机器，其他须排在其后：%s",
			h.Who, h.PID, since, h.What).In(lang)
	case h.Share && h.PIDs != "":
		return record.Sayf("the machine is shared by functional work (processes %s)", "机器正由功能测试共享（进程 %s）", h.PIDs).In(lang)
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

// Path returns the path of the lock file: the variable XCMATRIX_LOCK, or a file in the directory for temporary files, which all
// users of the machine share.
func Path() string {
	if p := os.Getenv("XCMATRIX_LOCK"); p != "" {
		return p
	}
	return filepath.Join(os.TempDir(), "xcmatrix-machine.lock")
}

// Lock is the machine lock, held by this process.
type Lock struct {
	file  *os.File
	alone bool
}

// poll is the time between two attempts to get the lock. A blocking flock could not be cancelled by a context.
const poll = 200 * time.Millisecond

// Alone waits until nobody else holds the lock, and acquires it exclusively for a purpose. If it has to wait, it calls waiting once
// with the present holder; waiting may be nil. It returns an error if the file cannot be opened or ctx is done.
func Alone(ctx context.Context, path, purpose string, waiting func(Holder)) (*Lock, error) {
	l, err := acquire(ctx, path, syscall.LOCK_EX, purpose, waiting)
	if err != nil {
		return nil, err
	}
	l.alone = true
	return l, errors.Join(writeHolder(l.file, &Holder{Who: userName(), What: purpose, PID: os.Getpid(), Since: time.Now()}))
}

// Shared waits until nobody holds the lock exclusively, and acquires it shared. waiting is as for Alone.
func Shared(ctx context.Context, path string, waiting func(Holder)) (*Lock, error) {
	return acquire(ctx, path, syscall.LOCK_SH, "", waiting)
}

// acquire waits for the lock in a mode of flock(2). The first of the waiting processes holds a second lock, the queue, and the
// others wait for that: otherwise a process that needs the lock exclusively could wait for ever while others share it. The queue's
// file says who that is, and for what purpose, if it waits to be alone.
func acquire(ctx context.Context, path string, mode int, purpose string, waiting func(Holder)) (*Lock, error) {
	var reported *Holder
	once := func(h Holder) {
		if reported == nil && waiting != nil {
			waiting(h)
		}
		reported = &h
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
	if err := wait(ctx, queue, syscall.LOCK_EX, func() { once(first(file, queue)) }, nil); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	_ = queue.Truncate(0) // what a killed process left; who waits is only told
	if mode == syscall.LOCK_EX {
		_ = writeHolder(queue, &Holder{Who: userName(), What: purpose, PID: os.Getpid(), Since: time.Now()})
		defer queue.Truncate(0) //nolint:errcheck // the next one does it too
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

// wait waits for a lock on a file and until check, which may be nil, returns true. It calls busy each time that the file is locked.
func wait(ctx context.Context, file *os.File, mode int, busy func(), check func() bool) error {
	for {
		err := retry.Lock(file.Fd(), mode|syscall.LOCK_NB)
		switch {
		case err == nil && (check == nil || check()):
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

// Unlock releases the lock. It does nothing for a nil Lock.
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

// Status returns the holder of the lock; nil if there is none.
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

// Reserve reserves the machine for the duration d, so that no run uses it. It waits until the lock is free.
func Reserve(ctx context.Context, path, purpose string, d time.Duration) (Holder, error) {
	l, err := acquire(ctx, path, syscall.LOCK_EX, purpose, nil)
	if err != nil {
		return Holder{}, err
	}
	h := Holder{Who: userName(), What: purpose, Since: time.Now(), Until: time.Now().Add(d)}
	return h, errors.Join(writeHolder(l.file, &h), l.file.Close())
}

// Release ends a reservation. It returns a *record.Problem if a process holds the lock.
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

// holder returns who holds the lock: the holder in the file if the lock is exclusive.
func holder(file *os.File) Holder {
	if retry.Lock(file.Fd(), syscall.LOCK_SH|syscall.LOCK_NB) == nil {
		_ = retry.Lock(file.Fd(), syscall.LOCK_UN)
		return Holder{Share: true, PIDs: strings.Join(sharers(file), ", ")}
	}
	h, _ := read(file)
	return h
}

// first returns who holds the lock. Where it is shared, and a process waits to be alone, the holder is that.
func first(file, queue *os.File) Holder {
	h := holder(file)
	if next, err := read(queue); h.Share && err == nil && next.PID != 0 {
		next.Share, next.PIDs = true, h.PIDs
		return next
	}
	return h
}

// reservation returns the reservation in the file; nil if there is none or it has expired. An entry of a process that was killed is
// no reservation.
func reservation(file *os.File) *Holder {
	h, err := read(file)
	if err != nil || h.PID != 0 || time.Now().After(h.Until) {
		return nil
	}
	return &h
}

// read returns the holder in the file.
func read(file *os.File) (Holder, error) {
	var h Holder
	raw, err := io.ReadAll(io.NewSectionReader(file, 0, 4096))
	if err != nil {
		return h, err
	}
	return h, json.Unmarshal(raw, &h)
}

// writeHolder replaces the content of the file by the holder.
func writeHolder(file *os.File, h *Holder) error {
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

// open opens the lock file, and creates it for all users if there is none. It first opens without O_CREAT, because in a directory
// that everybody can write to Linux refuses O_CREAT on another user's file (fs.protected_regular).
func open(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR|syscall.O_NOFOLLOW, 0)
	if errors.Is(err, os.ErrNotExist) {
		file, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o666)
		if err == nil {
			_ = file.Chmod(0o666) // in spite of the umask; it fails if another user has created the file at the same time
		}
	}
	if err != nil {
		return nil, record.Wrongf(path, "the machine's lock cannot be opened: %v; XCMATRIX_LOCK names another file",
			"无法打开机器锁：%v；可用 XCMATRIX_LOCK 指定其他文件", err)
	}
	return file, nil
}

// userName returns the name of the current user, or the user id if it has no name.
func userName() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return fmt.Sprint(os.Getuid())
}
