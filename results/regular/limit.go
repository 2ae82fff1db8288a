package regular

import (
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// Size limits of files that several packages read.
const (
	// MaxText is the largest file that a person writes, in bytes: a profile, waivers, a matrix, certificates in PEM.
	MaxText = 4 << 20
	// MaxManifest is the largest manifest of a run, in bytes.
	MaxManifest = 256 << 20
	// MaxJournal is the largest journal of a run, in bytes.
	MaxJournal = 8 << 30
)

// AtMost returns a reader of r that fails with a *record.Problem at place if there are more than limit bytes.
func AtMost(r io.Reader, place string, limit int64) io.Reader {
	return &bounded{in: r, left: limit, err: func() error { return tooLong(place, limit) }}
}

// bounded is the reader of AtMost.
type bounded struct {
	in   io.Reader
	left int64
	err  func() error
}

func (b *bounded) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if b.left == 0 {
		var one [1]byte
		if n, err := b.in.Read(one[:]); n == 0 {
			return 0, err
		}
		return 0, b.err()
	}
	n, err := b.in.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

// maxRatio is the largest ratio of a file's unpacked length to its packed length. That of a journal, each line of which
// ends with a hash of its own, is below 30; deflate can reach 1032.
const maxRatio = 100

// freely is the unpacked length, in bytes, that a file may have whatever its packed length is.
const freely = 16 << 20

// Gunzip returns a reader of the content of a gzip stream of packed bytes. The reader fails with a *record.Problem at
// place if the stream is damaged, or the content is longer than limit bytes or than maxRatio allows.
func Gunzip(r io.Reader, place string, packed, limit int64) (io.Reader, error) {
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, damaged(place, err)
	}
	most := max(freely, packed*maxRatio)
	if most >= limit {
		return &unpacked{AtMost(z, place, limit), place}, nil
	}
	return &unpacked{&bounded{in: z, left: most, err: func() error {
		return record.Wrongf(place, "its %s unpack to more than %s: no results do", "其 %s 解压后超过 %s：结果文件不会如此", size(packed), size(most))
	}}, place}, nil
}

// unpacked is the reader of Gunzip.
type unpacked struct {
	in    io.Reader
	place string
}

func (u *unpacked) Read(p []byte) (int, error) {
	n, err := u.in.Read(p)
	if _, told := err.(*record.Problem); err != nil && err != io.EOF && !told {
		err = damaged(u.place, err)
	}
	return n, err
}

// damaged returns the problem that a stream is damaged.
func damaged(place string, err error) error {
	return record.Wrongf(place, "it cannot be unpacked: %v", "无法解压：%v", err)
}

// size returns a number of bytes for people.
func size(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%d GiB", n>>30)
	case n >= 1<<20:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 1<<10:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d B", n)
}
