package supervisor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"

	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/matrix/lock"
	"github.com/xcmatrix/xcmatrix/matrix/remote"
	"github.com/xcmatrix/xcmatrix/matrix/run"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// Supervise runs the cells of a session to their end. It reads the job first, and writes begunWord to told when the
// journal exists. o has the options that depend on the program's suites.
func Supervise(ctx context.Context, name string, job io.Reader, told io.WriteCloser, o run.Options) error {
	s, err := Open(name)
	if err != nil {
		return err
	}
	var j remote.Job
	if err := json.NewDecoder(job).Decode(&j); err != nil {
		return fmt.Errorf("job: %w", err)
	}
	held, free, err := s.hold()
	if err != nil || !free {
		return err // nil if another supervisor has the session
	}
	defer held.Close()
	if _, err := held.WriteAt(fmt.Appendf(nil, "%d\n", os.Getpid()), 0); err != nil {
		return err
	}
	if err := s.fill(&o, j); err != nil {
		return err
	}
	if j.Bound {
		bound, end := context.WithCancel(ctx)
		defer end()
		go func() {
			io.Copy(io.Discard, job) //nolint:errcheck // only its end matters
			end()
		}()
		ctx = bound
	}
	o.Begun = func(store.Manifest) {
		io.WriteString(told, begunWord+"\n") //nolint:errcheck // the reader may have ended
		told.Close()
	}
	err = s.carry(ctx, o, j)
	if ctx.Err() != nil {
		return nil // stopped: the session can be continued
	}
	return s.end(err)
}

// begunWord is the message that the journal exists.
const begunWord = "begun"

// variables returns the variables of an environment ("NAME=value"), by name. The last value of a variable counts.
func variables(env []string) map[string]string {
	all := map[string]string{}
	for _, e := range env {
		name, value, _ := strings.Cut(e, "=")
		all[name] = value
	}
	return all
}

// fill sets the options of a run by a job.
func (s Session) fill(o *run.Options, j remote.Job) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	before, err := s.attempts(j)
	if err != nil {
		return err
	}
	o.Root, o.Variables = s.path(runsDir), variables(j.Env)
	o.Builder = &build.Builder{Given: &build.Payload{Path: self, Digest: j.Payload}}
	o.Manifest, o.Attempts, o.Launcher = j.Manifest, before, &j.Launcher
	o.Memory, o.Jobs, o.Noise, o.Lock = j.Memory, j.Jobs, j.Noise, lock.Path()
	if o.Jobs == 0 {
		o.Jobs = runtime.NumCPU()
	}
	o.Files = func(item string) map[string][]byte { return j.Files[item] }
	o.Waiting = s.waiting
	return nil
}

// attempts returns the numbers of attempts of the cells before the session, from the job that began it.
func (s Session) attempts(j remote.Job) ([]int, error) {
	raw, err := os.ReadFile(s.path(attemptsFile))
	if err == nil {
		var before []int
		return before, json.Unmarshal(raw, &before)
	}
	if raw, err = json.Marshal(j.Attempts); err != nil {
		return nil, err
	}
	return j.Attempts, os.WriteFile(s.path(attemptsFile), raw, 0o600)
}

// carry begins the run, or continues it.
func (s Session) carry(ctx context.Context, o run.Options, j remote.Job) error {
	var err error
	if dir := s.run(); dir != "" {
		_, err = run.Resume(ctx, dir, o)
	} else {
		_, err = run.Given(ctx, j.Manifest, o)
	}
	return err
}

// waiting keeps who has the machine, for whoever looks.
func (s Session) waiting(h lock.Holder) {
	if raw, err := json.Marshal(h); err == nil {
		_ = os.WriteFile(s.path(waitingFile), raw, 0o600) // it is only said
	}
}

// end notes that the run has ended, and how.
func (s Session) end(err error) error {
	var why *record.Sentence
	if err != nil {
		said := record.Sayf("%v", "%v", err)
		var speaks interface{ In(lang string) string }
		if errors.As(err, &speaks) {
			said = record.Say(speaks.In("en"), speaks.In("zh"))
		}
		why = &said
	}
	raw, errJSON := json.Marshal(remote.End{Why: why})
	if errJSON != nil {
		return errJSON
	}
	tmp := s.path("." + endFile)
	if err := os.WriteFile(tmp, raw, 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, s.path(endFile))
}
