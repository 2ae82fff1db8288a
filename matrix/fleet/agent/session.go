package agent

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix/fleet"
	"github.com/xcmatrix/xcmatrix/matrix/remote"
	"github.com/xcmatrix/xcmatrix/results/plain"
)

// session runs the session of a job, or goes on with it, and sets the frames of the result.
func (a *agent) session(ctx context.Context, j fleet.Job, r *fleet.Result) error {
	payload, err := a.payload(ctx, j.Payload)
	if err != nil {
		return err
	}
	for {
		frames, err := a.follow(ctx, payload, j)
		switch {
		case err == nil:
			r.Frames = frames
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.Is(err, errEnded):
			pause(ctx, time.Second) // another supervisor begins where the one that ended stopped
		default:
			return err
		}
	}
}

// errEnded says that a session's supervisor has ended before its run.
var errEnded = errors.New("the supervisor has ended")

// follow starts or continues the session of a job, and returns its frames once it has ended.
func (a *agent) follow(ctx context.Context, payload string, j fleet.Job) ([]byte, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := exec.CommandContext(ctx, payload, "remote", j.Session())
	cmd.Env = append(a.Env, "XDG_CACHE_HOME="+a.cache())
	cmd.Dir = a.Dir
	var told bytes.Buffer
	cmd.Stderr = &told
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	frames, err := talk(in, out, j.Open)
	if err == nil {
		in.Close() // ends the process; the session stays until its result is at the hub
	} else {
		cancel()
	}
	_ = cmd.Wait() // it ends as its input does
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		if text := plain.Tail(told.Bytes(), 300); text != "" && !strings.Contains(text, errEnded.Error()) {
			return nil, errors.New(text)
		}
		return nil, errEnded
	}
	return frames, err
}

// talk sends a request, and returns the frames up to the last one.
func talk(in io.Writer, out io.Reader, open remote.Open) ([]byte, error) {
	w, err := remote.NewWriter(in)
	if err != nil {
		return nil, err
	}
	if err := w.Write(remote.Frame{Open: &open}); err != nil {
		return nil, err
	}
	reader, err := remote.NewReader(out)
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	var frames bytes.Buffer
	kept, err := remote.NewWriter(&frames)
	if err != nil {
		return nil, err
	}
	for {
		f, err := reader.Next()
		if err != nil {
			return nil, err
		}
		if f.Ping || f.Waiting != nil {
			continue
		}
		if err := kept.Hold(f); err != nil {
			return nil, err
		}
		if f.End != nil || f.Hello != nil && (f.Hello.Lost || len(f.Hello.Without) > 0) {
			err := kept.Flush()
			return frames.Bytes(), err
		}
		if frames.Len() > fleet.MaxResult {
			return nil, fmt.Errorf("the result has more than %d MiB", fleet.MaxResult>>20)
		}
	}
}

// payload returns the path of the file with a digest, which it fetches from the hub if it is not here. Its content is verified
// before each execution: the directory may have been changed.
func (a *agent) payload(ctx context.Context, digest string) (string, error) {
	name, ok := strings.CutPrefix(digest, "sha256:")
	if !ok || len(name) != 64 || strings.Trim(name, "0123456789abcdef") != "" {
		return "", fmt.Errorf("%.80q is no digest of a payload", digest)
	}
	dir := filepath.Join(a.Dir, "payloads")
	path := filepath.Join(dir, name)
	if sum, err := fileDigest(path); err == nil && sum == digest {
		return path, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	f, err := os.CreateTemp(dir, ".payload-*")
	if err != nil {
		return "", err
	}
	defer os.Remove(f.Name())
	sum := sha256.New()
	err = a.Post.Payload(ctx, digest, io.MultiWriter(f, sum))
	if err := errors.Join(err, f.Chmod(0o700), f.Close()); err != nil {
		return "", err
	}
	if got := "sha256:" + hex.EncodeToString(sum.Sum(nil)); got != digest {
		return "", fmt.Errorf("the hub's payload has digest %.19s…, and %.19s… was submitted: it is not executed", got, digest)
	}
	return path, os.Rename(f.Name(), path)
}

// fileDigest returns "sha256:" and the SHA-256 hash of a file.
func fileDigest(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum := sha256.New()
	_, err = io.Copy(sum, f)
	return "sha256:" + hex.EncodeToString(sum.Sum(nil)), err
}

// cache returns the directory in which payloads keep their sessions.
func (a *agent) cache() string { return filepath.Join(a.Dir, "cache") }

// forget removes the session of a job whose result is at the hub.
func (a *agent) forget(j fleet.Job) {
	_ = os.RemoveAll(filepath.Join(a.cache(), "xcmatrix", "sessions", j.Session())) // it only takes space
}
