package serve

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/xcmatrix/xcmatrix/results/certify"
	"github.com/xcmatrix/xcmatrix/results/certify/profile"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// verified is what the verification of a certificate's folder came to.
type verified struct {
	ended chan struct{} // closed when the others are set
	level profile.Level // that the evidence carries
	wrong record.Sentence
}

// verifications holds what folders came to, by their path and the state of their files: a folder is verified again when a file
// in it is another or was written.
type verifications struct {
	mu    sync.Mutex
	known map[string]*verified
	place chan struct{} // held by the verification that runs
}

func newVerifications() *verifications {
	return &verifications{known: map[string]*verified{}, place: make(chan struct{}, 1)}
}

// Limits of what is verified unasked: the newest certificates, and how long a page waits for them in all. The next page shows
// what came in meanwhile.
const (
	maxVerified = 60
	maxWaited   = 2 * time.Second
)

// verify starts the verification of the first maxVerified folders of list, and sets the levels of those that have ended in time.
func (s Site) verify(list []listed, lang string) {
	wait := time.After(maxWaited)
	var started []*verified
	for _, l := range list[:min(len(list), maxVerified)] {
		var v *verified
		if s.Verify != nil && l.Problem == "" {
			v = s.verifications.start(s.Verify, l)
		}
		started = append(started, v)
	}
	for i, v := range started {
		if v == nil {
			continue
		}
		select {
		case <-v.ended:
		default:
			select {
			case <-v.ended:
			case <-wait:
				wait = closed
				continue
			}
		}
		list[i].Level, list[i].Problem, list[i].Verified = v.level, v.wrong.In(lang), v.wrong.En == ""
	}
}

// closed is a channel of time that is over.
var closed = func() <-chan time.Time {
	c := make(chan time.Time)
	close(c)
	return c
}()

// start returns the verification of a folder, which runs or has ended.
func (all *verifications) start(verify func(string) (*certify.Verification, error), l listed) *verified {
	key := state(l.dir)
	all.mu.Lock()
	defer all.mu.Unlock()
	if v, ok := all.known[key]; ok {
		return v
	}
	if len(all.known) > 10*maxVerified { // folders come and go
		clear(all.known)
	}
	v := &verified{ended: make(chan struct{})}
	all.known[key] = v
	go func() {
		all.place <- struct{}{}
		defer func() { <-all.place }()
		defer close(v.ended)
		v.level, v.wrong = conclusion(verify, l)
	}()
	return v
}

// conclusion verifies a folder. It returns why it is refused, or the level that its evidence carries.
func conclusion(verify func(string) (*certify.Verification, error), l listed) (profile.Level, record.Sentence) {
	v, err := verify(l.dir)
	switch {
	case err != nil:
		return profile.None, record.Sayf("refused: %s", "验证未通过：%s", record.Say(words(err, "en"), words(err, "zh")))
	case !v.OK():
		p := v.Problems[0]
		return profile.None, record.Sayf("refused: %s: %s", "验证未通过：%s：%s", strings.TrimSuffix(p.File+": "+p.Place, ": "), p.What)
	case v.Result == nil:
		return profile.None, record.Say("refused: its evidence was not read", "验证未通过：未能读取其证据")
	case certify.Segment(v.Result.Run) != l.Run || certify.Segment(v.Result.Target.ID) != l.Target:
		return profile.None, record.Sayf("refused: it is the certificate of run %.80q, target %.80q", "验证未通过：这是运行 %.80q、目标 %.80q 的证书", v.Result.Run, v.Result.Target.ID)
	}
	return v.Result.Level, record.Sentence{}
}

// state is a text that changes when a file of a folder does: times of change cannot be set back.
func state(dir string) string {
	var b strings.Builder
	b.WriteString(dir)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return dir
	}
	for _, e := range entries {
		fmt.Fprintf(&b, "\x00%s", e.Name())
		if info, err := os.Lstat(filepath.Join(dir, e.Name())); err == nil {
			if raw, ok := info.Sys().(*syscall.Stat_t); ok {
				fmt.Fprint(&b, " ", raw.Ino, " ", raw.Size, " ", raw.Ctim, " ", raw.Mode)
			}
		}
	}
	return b.String()
}
