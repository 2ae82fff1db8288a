package broker

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/nats-io/nats.go"

	"github.com/xcmatrix/xcmatrix/matrix/fleet"
	"github.com/xcmatrix/xcmatrix/results/pattern"
)

var digestPattern = pattern.Of(`^sha256:[0-9a-f]{64}$`)

// objectName returns the name of the file with a digest in the object store.
func objectName(digest string) string { return strings.Replace(digest, ":", "-", 1) }

// payload returns a piece of a payload.
func (h *Hub) payload(ctx context.Context, name string, m *nats.Msg) (any, error) {
	var p payloadRequest
	if err := json.Unmarshal(m.Data, &p); err != nil || !digestPattern().MatchString(p.Digest) || p.Offset < 0 {
		return nil, refuse("it is no request for a payload", "不是有效的测试程序请求")
	}
	if _, err := h.member(name, fleet.AgentRole); err != nil {
		return nil, err
	}
	path, err := h.payloadFile(ctx, p.Digest)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	piece := make([]byte, pieceSize)
	n, err := f.ReadAt(piece, p.Offset)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return piece[:n], err
}

// payloadFile returns the path of a payload outside the object store, from which pieces can be read.
func (h *Hub) payloadFile(ctx context.Context, digest string) (string, error) {
	dir := filepath.Join(h.dir.path, payloads)
	path := filepath.Join(dir, objectName(digest))
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	object, err := h.files.Get(ctx, objectName(digest))
	if err != nil {
		return "", refuse("there is no payload %.19s… here: submit the run again", "此处没有测试程序 %.19s…：请重新提交运行", digest)
	}
	defer object.Close()
	f, err := os.CreateTemp(dir, ".payload-*")
	if err != nil {
		return "", err
	}
	defer os.Remove(f.Name())
	sum := sha256.New()
	_, err = io.Copy(io.MultiWriter(f, sum), object)
	if err := errors.Join(err, f.Close()); err != nil {
		return "", err
	}
	if "sha256:"+hex.EncodeToString(sum.Sum(nil)) != digest {
		return "", refuse("the payload that was submitted as %.19s… has another content", "以 %.19s… 提交的测试程序内容不符", digest)
	}
	return path, os.Rename(f.Name(), path)
}
